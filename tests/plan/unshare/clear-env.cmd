kokon unshare --clear-env --explain env
