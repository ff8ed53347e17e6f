kokon run --explain -v relative:/x --rootfs / true
