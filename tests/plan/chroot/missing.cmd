kokon chroot --explain /nonexistent true
