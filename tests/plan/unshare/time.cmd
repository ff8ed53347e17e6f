kokon unshare -T --monotonic 10 --boottime -20 --explain true
