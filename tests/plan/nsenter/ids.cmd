kokon nsenter -n/proc/self/ns/net -S 5 --explain id; kokon nsenter -n/proc/self/ns/net -G 6 --explain id; kokon nsenter -n/proc/self/ns/net -S x
