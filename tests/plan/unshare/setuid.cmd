kokon unshare -S 5 -G 6 --explain id; kokon unshare -S x --explain id; kokon unshare -G -1 --explain id
