kokon nsenter -t 4194304 -m --explain true
