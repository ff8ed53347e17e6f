kokon unshare -mount-proc --explain
