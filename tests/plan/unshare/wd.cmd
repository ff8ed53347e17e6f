kokon unshare -w /usr --explain pwd
