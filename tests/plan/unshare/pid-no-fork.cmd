kokon unshare --pid --explain true
