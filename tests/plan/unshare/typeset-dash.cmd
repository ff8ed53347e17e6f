kokon unshare —pid --explain
