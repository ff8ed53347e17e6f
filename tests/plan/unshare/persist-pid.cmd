kokon unshare --pid=/run/p --explain true; kokon unshare --fork --pid=/run/p --explain true
