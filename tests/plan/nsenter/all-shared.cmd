kokon nsenter -t $$ --all --explain true
