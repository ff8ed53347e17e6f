kokon chroot --explain /usr ls; kokon chroot --explain /usr; SHELL= kokon chroot --explain /usr
