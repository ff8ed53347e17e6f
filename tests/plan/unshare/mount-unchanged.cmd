kokon unshare -Um --propagation unchanged --explain true
