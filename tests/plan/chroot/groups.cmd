for g in 5 5,6 daemon,7 ""; do kokon chroot --explain --groups=$g / id; done
