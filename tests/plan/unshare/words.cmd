kokon unshare --explain echo 'two words' "it's" ''
