kokon unshare --pidd --explain
