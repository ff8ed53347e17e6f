kokon unshare -c --keep-caps --explain id
