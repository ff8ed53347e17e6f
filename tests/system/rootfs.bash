# SPDX-License-Identifier: Apache-2.0
# What the suites of kokon rootfs share.

setup() {
	common_setup
	R=$T/root
	unset LC_ALL LC_CTYPE
	export TERM=xterm LANG=C
}

# in_root DIR COMMAND…: with DIR as the root of a new mount namespace, as root or an ordinary user.
in_root() { unshare --user --map-root-user chroot "$@"; }

# What a root holds: kinds, modes, sizes, links; without times.
listing() { (cd "$1" && find . -mindepth 1 \( -type f -printf 'f %m %u %s %P\n' \) -o \( -type l -printf 'l %P %l\n' \) -o -printf '%y %m %u %P\n' | sort -k4); }

# The file that a program's name stands for in PATH.
file_of() { readlink -f "$(type -P "$1")"; }
