kokon unshare --monotonic 1 --explain true; kokon unshare -T --monotonic 1.5 --explain true; kokon unshare -T --boottime x --explain true
