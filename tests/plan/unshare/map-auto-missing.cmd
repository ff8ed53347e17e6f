kokon unshare --map-auto --explain id
