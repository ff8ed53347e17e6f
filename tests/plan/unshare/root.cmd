kokon unshare -r -R /new/root --explain sh
