kokon nsenter -n/proc/self/ns/net -u=/proc/self/ns/uts --explain true
