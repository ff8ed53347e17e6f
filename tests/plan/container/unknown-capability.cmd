kokon run --explain --cap-add SYS_FOO --rootfs / true
