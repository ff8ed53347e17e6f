kokon unshare -muinpCT --explain true
