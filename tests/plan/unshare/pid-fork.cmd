kokon unshare --pid --fork --explain true
