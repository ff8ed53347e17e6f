kokon unshare --map-users=1000,0,10 --explain id
