kokon unshare -UmuinpCT --explain true
