kokon unshare -c --explain id
