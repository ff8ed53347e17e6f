kokon nsenter -t $$ -nu --explain true | sed "s/$$/PID/g"
