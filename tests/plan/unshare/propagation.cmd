for p in private shared slave unchanged wrong; do kokon unshare -m --propagation=$p --explain true; done
