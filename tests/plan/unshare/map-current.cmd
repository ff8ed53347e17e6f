kokon unshare --map-current-user --explain id
