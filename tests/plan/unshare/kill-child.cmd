kokon unshare -Urp --kill-child=TERM --explain true
