kokon run --explain --rootfs /nonexistent true
