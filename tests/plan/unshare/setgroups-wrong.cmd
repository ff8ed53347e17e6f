kokon unshare -r --setgroups=allow --explain id; kokon unshare --setgroups=maybe --explain id
