kokon unshare --map-users=0:1000:10 --map-groups=0:1000:10 --explain id
