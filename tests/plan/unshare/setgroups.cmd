kokon unshare -r --setgroups=deny --explain id; kokon unshare -U --setgroups=allow --explain id
