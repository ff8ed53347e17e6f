kokon unshare -U --map-users 0:100000:1000 --map-groups 0:100000:1000 --explain true
