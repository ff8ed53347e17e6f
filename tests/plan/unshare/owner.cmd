kokon unshare --owner 1000:1001 --explain id
