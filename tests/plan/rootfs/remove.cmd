here=$(mktemp -d) && cd "$here" || exit
mkdir -p 'my root/usr'
kokon rootfs remove 'my root' --explain
kokon rootfs remove none --explain
rm -rf "$here"
