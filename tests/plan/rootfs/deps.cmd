here=$(mktemp -d) && cd "$here" || exit
printf '#!/no/such -e\n' >script
kokon rootfs deps ./script | sed "s|$here|/here|g"
kokon rootfs deps --json ./script | sed "s|$here|/here|g"
rm -rf "$here"
