kokon unshare --mount=/proc/self/ns/mnt --explain
