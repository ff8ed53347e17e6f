kokon unshare -U --setgroups allow --map-root-user --explain true
