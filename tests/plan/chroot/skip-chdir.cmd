kokon chroot --explain --skip-chdir / pwd; kokon chroot --skip-chdir /usr pwd
