kokon unshare --mount=/proc/1/ns/mnt true
