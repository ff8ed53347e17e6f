kokon run --explain --memory 5x --rootfs / true
