kokon chroot; kokon chroot --frob / true; kokon chroot --userspec=a,b / true; kokon chroot --groups=, / true; kokon chroot --userspec=4294967295 / true; kokon chroot --groups
