kokon unshare -rpf --mount-proc --explain ps
