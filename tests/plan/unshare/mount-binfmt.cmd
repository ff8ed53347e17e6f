kokon unshare -r --mount-binfmt --explain true; kokon unshare -r --mount-binfmt=/bm --explain true
