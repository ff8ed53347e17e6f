kokon unshare -rpf --mount-proc=/some/dir --propagation=shared --explain ps
