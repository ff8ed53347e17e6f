for r in 1 1:2 1:2:0 a:b:c 1:2:3:4 4294967290:0:10 ""; do kokon unshare --map-users="$r" --explain id; done
kokon unshare --map-users=0:0:4294967295 --map-groups=0:0:4294967295 --explain id
kokon unshare --map-users=0:1:4294967295 --explain id
