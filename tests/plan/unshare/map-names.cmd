kokon unshare --map-user=root --map-group=root --explain id
