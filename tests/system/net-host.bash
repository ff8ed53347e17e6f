# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # those who load it use these
# "The host" of tests of networks: a network and mount namespace of the test, with folders of its own
# where kokon keeps state, so that the machine's interfaces, rules and parameters are never touched.

# What a file of tests begins with, unless it has a setup of its own.
setup() {
	common_setup
	HOST=
	is_root || return 0
	need nft
	make_host
}

# make_host: after common_setup, as root.
make_host() {
	need ip
	make_root "$T/root"
	mkdir -p "$T/run" "$T/lib" "$T/netns"
	"$KOKON" unshare --net --mount --propagation slave sh -c "mount --bind '$T/run' /run/kokon 2>/dev/null ||
		{ mkdir -p /run/kokon && mount --bind '$T/run' /run/kokon; }
		chmod 700 /run/kokon; mkdir -p /var/lib/kokon && mount --bind '$T/lib' /var/lib/kokon
		ip link set lo up && touch '$T/host-is-up' && exec sleep 1000" 3>&- </dev/null >"$T/host.out" 2>&1 &
	HOST=$!
	spawned+=("$HOST")
	wait_for test -e "$T/host-is-up" || { cat "$T/host.out"; return 1; }
}

# on_host COMMAND...: in the namespaces that stand for the host.
on_host() { nsenter -t "$HOST" --net --mount -- "$@"; }
K() { on_host "$KOKON" "$@"; }
# A container of busybox.
box() { K run --rootfs "$T/root" "$@"; }
# spawn_box NAME OPTION... -- COMMAND...: in the background; waits until it runs.
spawn_box() {
	local name=$1
	shift
	spawn nsenter -t "$HOST" --net --mount -- "$KOKON" run --rootfs "$T/root" --name "$name" "$@"
	wait_for running "$name" || { cat "$spawned_out"; return 1; }
}
running() { grep -q '^status running' "$T/run/$1/record"; }
