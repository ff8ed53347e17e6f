kokon nsenter -t $$ -n -S follow -G follow --explain id | sed "s/$$/PID/g"
