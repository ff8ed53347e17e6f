kokon unshare -Ur --root / --wd /tmp --explain pwd
