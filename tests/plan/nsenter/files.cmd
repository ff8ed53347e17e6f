kokon nsenter --net=/proc/self/ns/net --uts=/proc/self/ns/uts --explain true
