# What differs between machines (merged /usr, the folders on the way) is left out.
here=$(mktemp -d) && cd "$here" || exit
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\076\000\001\000\000\000' >prog
head -c 40 /dev/zero >>prog
chmod 755 prog
kokon rootfs create root --bin ./prog --explain | sed -e "s|$here|/here|g" |
	sed -e '/machine/{N;d}' -e '/^mkdir.*kokon-new\/usr/d'
rm -rf "$here"
