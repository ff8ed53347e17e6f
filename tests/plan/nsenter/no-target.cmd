kokon nsenter -m --explain true
