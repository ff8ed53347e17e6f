here=$(mktemp -d) && cd "$here" || exit
printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\076\000\001\000\000\000' >prog
head -c 40 /dev/zero >>prog
chmod 755 prog
kokon rootfs create root --bin ./prog --explain | sed "s|$here|/here|g;" | grep -v -e 'directory of this machine' -e 'merged its' -e 'usr' -e 'mkdir -m [01]*[0-7]* .*/\(tmp\|var\|var/tmp\|var/lib\)$'
rm -rf "$here"
