kokon unshare -c -R /new/root --explain /bin/sh -c "echo hi"
