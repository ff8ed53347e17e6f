kokon unshare -Ur --setuid 0 --setgid 0 --explain id
