kokon unshare -Um --explain true
