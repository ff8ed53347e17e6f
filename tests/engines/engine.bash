# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # bats gives output and status
# What the suites under the engines have in common. $RUNTIME is the runtime that the engine is given
# (build/kokon-oci; another to see what the tests say of it), $E the folder of this file's engine.
#
# The engine lives in a network namespace with a loopback interface only: with a way out it would ask
# name servers for images, and its bridges and rules stay out of the machine.

load ../system/lib

# engine_lacks PROGRAM...: whether this file's tests cannot be made here; they are then skipped.
engine_lacks() {
	local one
	export UNAVAILABLE=
	is_root || UNAVAILABLE="needs root"
	for one; do
		command -v "$one" >/dev/null || UNAVAILABLE="no $one on this machine"
	done
	[ -n "$UNAVAILABLE" ]
}

setup() {
	[ -z "$UNAVAILABLE" ] || skip "$UNAVAILABLE"
	common_setup
}

teardown() {
	[ -z "$UNAVAILABLE" ] || return 0
	! declare -F engine_teardown >/dev/null || engine_teardown
	common_teardown
}

engine_setup_file() {
	E=$BATS_FILE_TMPDIR
	RUNTIME=${RUNTIME:-$BUILD/kokon-oci}
	NETNS=engine-$$
	export E RUNTIME NETNS
	mkdir -p /run/netns
	ip netns add "$NETNS"
	ip -n "$NETNS" link set lo up
	make_root "$E/img"
	echo 'u:x:1000:1000::/tmp:/bin/sh' >>"$E/img/etc/passwd"
	mkdir -p "$E/img/var/www" "$E/img/data"
	chmod 1777 "$E/img/tmp"
	echo 'the page' >"$E/img/var/www/index.html"
	tar -C "$E/img" -cf "$E/img.tar" .
}

engine_teardown_file() {
	[ -z "$UNAVAILABLE" ] || return 0
	[ -z "${NETNS:-}" ] || ip netns del "$NETNS"
	# What an engine mounted below its folder.
	[ -z "${E:-}" ] || awk -v e="$E/" 'index($5, e) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r dir; do umount -l "$dir"; done
	# The group that containers of this file are below, in each hierarchy.
	[ -z "${NETNS:-}" ] || find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -name "$NETNS" | while read -r dir; do
		wait_for remove_group "$dir"
	done
}

remove_group() {
	find "$1" -depth -type d -exec rmdir {} +
	[ ! -e "$1" ]
}

# in_net COMMAND...: in the engine's network namespace, a minute and a half at most.
in_net() { timeout ${FOREGROUND:-} -k 5 ${KOKON_TEST_EMULATED:+4}90 nsenter --net="/run/netns/$NETNS" "$@" 3>&- 4>&-; }

# The controller's file of a container, read where the runtime put it. $1: pid, $2: file
group_file() {
	local line dir
	while IFS=: read -r _ controllers dir; do
		for line in $(awk -v c="$controllers" '$(NF-2) ~ /^cgroup2?$/ && (c == "" || index("," $NF ",", "," c ",")) { print $5 }' /proc/self/mountinfo); do
			[ ! -f "$line$dir/$2" ] || { cat "$line$dir/$2"; return; }
		done
	done <"/proc/$1/cgroup"
	return 1
}
