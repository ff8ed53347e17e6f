kokon unshare -UmuinpCT --fork --explain -- ls -l '/a b'
