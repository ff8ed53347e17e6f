kokon unshare --whitelist-env LANG,NONE --whitelist-env TERM --explain env
