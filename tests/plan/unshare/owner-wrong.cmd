kokon unshare --owner 1000 --explain id; kokon unshare --owner a:b --explain id
