kokon unshare -r -R /root/dir -l ':x:E::xx::/bin/x:F' --explain true
