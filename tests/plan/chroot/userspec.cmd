kokon chroot --explain --userspec 5:7 --groups 8,9 / ls -l
