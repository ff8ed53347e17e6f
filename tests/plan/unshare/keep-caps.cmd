kokon unshare -c --keep-caps --explain id; kokon unshare --keep-caps --explain id
