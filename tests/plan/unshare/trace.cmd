kokon unshare -rm --trace true 2>&1 | sed "s/ [ 0-9]* us$/ N us/"
