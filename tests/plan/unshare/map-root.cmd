kokon unshare --map-root-user --explain id
