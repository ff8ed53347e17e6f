kokon unshare --net=/run/n --uts=/run/u --explain true
