kokon unshare -Ur --mount-binfmt --explain true
