kokon unshare --fork --explain true
