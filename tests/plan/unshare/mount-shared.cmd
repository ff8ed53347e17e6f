kokon unshare -Um --propagation shared --explain true
