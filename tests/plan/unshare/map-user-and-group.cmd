kokon unshare --map-user 7 --map-group 8 --explain id
