kokon unshare -Urpf --mount-proc --explain
