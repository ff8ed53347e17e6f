kokon unshare -Ur --clear-env --whitelist-env HOME --explain env
