# SPDX-License-Identifier: Apache-2.0
# kokon run --netdev: an interface goes into a container and comes back. The "host" is a network namespace
# made here, where kokon is called.

load lib

P=kokon-test-netdev

setup() {
	common_setup
	if is_root; then
		make_root "$T/root"
		"$KOKON" netns add $P
		"$KOKON" veth $P:card0=10.66.0.1/24,fd66::1/64 $P:card1=10.66.1.1/24
	fi
}

teardown() {
	! is_root || "$KOKON" netns delete $P 2>/dev/null
	common_teardown
}

host() { "$KOKON" netns exec $P "$@"; }
start() { nsenter --net=/run/netns/$P "$KOKON" run --rm --cgroups=disabled "$@"; }
addresses() { host ip -o address show dev "$1" scope global | awk '{ print $4 }' | tr '\n' ' '; }
has_link() { host test -e "/sys/class/net/$1"; }
lacks_link() { ! has_link "$1"; }

@test "root: it goes in with its addresses and comes back with them" {
	need_root
	need ip
	run -0 start --netdev card0:eth0 --rootfs "$T/root" ip address show eth0
	has "inet 10.66.0.1/24"
	has "inet6 fd66::1/64"
	has ",UP"
	is "$(addresses card0)" "10.66.0.1/24 fd66::1/64 "
	# Two, one under its own name; a container that fails
	run -7 start --netdev card0:eth0 --netdev card1 --rootfs "$T/root" sh -c 'ls /sys/class/net | grep -c card1 >/dev/null; exit 7'
	is "$(addresses card0)$(addresses card1)" "10.66.0.1/24 fd66::1/64 10.66.1.1/24 "
	run -127 start --netdev card0:eth0 --rootfs "$T/root" no-such-program
	is "$(addresses card0)" "10.66.0.1/24 fd66::1/64 "
}

@test "root: kokon killed: the next command brings it back, to where it was" {
	need_root
	need ip
	spawn nsenter --net=/run/netns/$P "$KOKON" run --cgroups=disabled --name $P-c --netdev card0:eth0 --rootfs "$T/root" sleep 1000
	wait_for lacks_link card0
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -q $P-c"
	kill -KILL "$spawned_pid"
	wait_for brought_back
	is "$(addresses card0)" "10.66.0.1/24 fd66::1/64 "
	[ ! -e /run/kokon/$P-c ]
}
brought_back() { "$KOKON" ps >/dev/null 2>&1; has_link card0; }

@test "root: kokon killed in a mount namespace of its own: it comes back all the same, at once" {
	need_root
	need ip
	spawn "$KOKON" netns exec $P "$KOKON" run --cgroups=disabled --name $P-c --netdev card0:eth0 --netdev card1 --rootfs "$T/root" sleep 1000
	wait_for lacks_link card1
	wait_for sh -c "'$KOKON' ps -q | grep -q $P-c"
	kill -KILL "$spawned_pid"
	wait_for has_link card0
	wait_for eval '[ "$(addresses card0)$(addresses card1)" = "10.66.0.1/24 fd66::1/64 10.66.1.1/24 " ]'
	wait_for eval '"$KOKON" ps >/dev/null; [ ! -e /run/kokon/$P-c ]'
	is "$(addresses card0)" "10.66.0.1/24 fd66::1/64 "
}

@test "refusals: missing, nonsense, shared network, taken name, ordinary user" {
	need_root
	refused 125 "--netdev" "there is no network interface 'none0'" -- start --netdev none0 --rootfs "$T/root" true
	refused 125 "too long" -- start --netdev card0:1234567890123456 --rootfs "$T/root" true
	refused 125 "network namespace of the container's own" -- start --net host --netdev card0 --rootfs "$T/root" true
	refused 125 "there is an 'lo' already" -- start --netdev card0:lo --rootfs "$T/root" true
	is "$(addresses card0)" "10.66.0.1/24 fd66::1/64 "
	refused 125 "cannot take the network interface 'lo' away" "run this as root" -- as_user "$KOKON" run --netdev lo --rootfs "$T/root" true
	run -0 start --explain --netdev card0:eth0 --rootfs "$T/root" true
	has "card0"
	is "$(addresses card0)" "10.66.0.1/24 fd66::1/64 "
}
