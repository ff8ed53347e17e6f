kokon unshare -r --user=/run/u --net=/run/n --explain true
