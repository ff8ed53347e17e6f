kokon unshare --map-user=5 --map-group=6 --explain id
