kokon nsenter -t $$ -n -u --explain true | sed "s/$$/PID/g"
