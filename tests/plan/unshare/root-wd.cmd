kokon unshare -r -R /new/root -w "/it's here" --explain sh
