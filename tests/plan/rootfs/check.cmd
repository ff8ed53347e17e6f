here=$(mktemp -d) && cd "$here" || exit
mkdir -p root/bin
printf '#!/no/such -e\n' >root/bin/script
kokon rootfs check root script
chmod 755 root/bin/script
kokon rootfs check root script
kokon rootfs check --json root /bin/script
rm -rf "$here"
