for r in 1 1:2 1:2:0 a:b:c 1:2:3:4 4294967290:0:10 ""; do kokon unshare --map-users="$r" --explain id; done
