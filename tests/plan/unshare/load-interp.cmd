kokon unshare -Ur --load-interp ':arm:M::A:B:/usr/bin/qemu:F' --explain true
