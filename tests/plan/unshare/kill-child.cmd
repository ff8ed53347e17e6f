kokon unshare --kill-child --explain true; kokon unshare --pid --kill-child=TERM --explain true
