kokon unshare --uts=/tmp/uts --user --explain true
