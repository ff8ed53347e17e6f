kokon unshare --map-users=0:1000:10 --map-user=5 --explain id
