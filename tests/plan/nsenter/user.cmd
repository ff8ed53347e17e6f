kokon nsenter -U/proc/self/ns/user --explain id; kokon nsenter -U/proc/self/ns/user --preserve-credentials --keep-caps --explain id; kokon nsenter -U/proc/self/ns/user -S 5 -G 6 --explain id
