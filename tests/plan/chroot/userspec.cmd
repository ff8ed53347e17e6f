for u in 5 5:6 :6 5: +5:+6 daemon root:daemon ""; do kokon chroot --explain --userspec=$u / id; done
