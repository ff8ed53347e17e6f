kokon chroot --explain --skip-chdir / pwd
