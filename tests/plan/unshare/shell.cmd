kokon unshare --explain; SHELL=/bin/bash kokon unshare --explain; SHELL= kokon unshare --explain; kokon unshare --clear-env --explain
