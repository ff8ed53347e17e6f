kokon unshare --map-subids --explain id
