kokon unshare -UrT --monotonic 100 --boottime -50 --fork --explain true
