kokon chroot / --explain
