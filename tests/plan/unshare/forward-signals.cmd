kokon unshare --forward-signals --explain true
