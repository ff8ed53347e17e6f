# SPDX-License-Identifier: Apache-2.0
# kokon bridge: several namespaces joined in one line. The bridge is in a namespace made here too.

load lib

P=kokon-test-br

setup() {
	common_setup
	if is_root; then
		for n in hub a b c; do "$KOKON" netns add "$P-$n"; done
	fi
}

teardown() {
	if is_root; then
		for n in /run/netns/$P*; do "$KOKON" netns delete "${n##*/}" 2>/dev/null; done
	fi
	as_user "$KOKON" netns delete --all 2>/dev/null
	common_teardown
}

inside() { "$KOKON" netns exec "$P-$1" "${@:2}"; }
links() { inside "$1" ls /sys/class/net | tr '\n' ' '; }
user() { as_user "$KOKON" "$@"; }

@test "root: three on a bridge, everybody reaches everybody; remove takes it all" {
	need_root
	need ping
	run -0 "$KOKON" bridge br0=10.88.0.254/24 --in $P-hub $P-a=10.88.0.1/24 $P-b=10.88.0.2/24 $P-c:net0=10.88.0.3/24
	is "${lines[0]}" "$P-hub br0 10.88.0.254/24"
	is "${lines[3]}" "  veth2 - $P-c net0 10.88.0.3/24"
	inside a ping -q -c 1 -W 5 10.88.0.3
	inside c ping -q -c 1 -W 5 10.88.0.2
	inside b ping -q -c 1 -W 5 10.88.0.254
	inside hub ping -q -c 1 -W 5 10.88.0.1
	is "$(links hub)" "br0 lo veth0 veth1 veth2 "
	"$KOKON" bridge --in $P-hub --remove br0
	is "$(links hub)$(links a)$(links b)$(links c)" "lo lo lo lo "
}

@test "root: the caller's namespace is where it is made without --in" {
	need_root
	inside hub "$KOKON" bridge br1 $P-a
	is "$(links hub)" "br1 lo veth0 "
	inside hub "$KOKON" bridge br2
	is "$(links hub)" "br1 br2 lo veth0 "
	inside hub "$KOKON" bridge --remove br2
	inside hub "$KOKON" bridge --remove br1
	is "$(links hub)" "lo "
}

@test "root: undone whole when a target fails; what others made is not removed" {
	need_root
	need ip
	refused 1 "two interfaces 'x' are asked for" -- "$KOKON" bridge br0 --in $P-hub $P-a:x $P-b $P-a:x
	inside b sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	refused 1 "cannot give the address 'fd00::2/64'" -- "$KOKON" bridge br0=10.0.0.1/24 --in $P-hub $P-a=10.0.0.2/24 $P-b=fd00::2/64 $P-c
	is "$(links hub)$(links a)$(links b)$(links c)" "lo lo lo lo "
	inside hub ip link add br0 type bridge
	refused 1 "cannot make the interface 'br0'" "File exists" -- "$KOKON" bridge br0 --in $P-hub $P-a
	refused 1 "was not made by 'kokon bridge'" "ip -n $P-hub link delete br0" -- "$KOKON" bridge --remove br0 --in $P-hub
	refused 1 "there is no bridge 'br9' in '$P-hub'" -- "$KOKON" bridge --remove br9 --in $P-hub
	refused 1 "'lo' in '$P-hub' is no bridge" -- "$KOKON" bridge --remove lo --in $P-hub
	# A port that somebody added stays.
	"$KOKON" bridge br1 --in $P-hub $P-a
	inside hub ip link add own0 type veth peer name own1
	inside hub ip link set own0 master br1
	"$KOKON" bridge --remove br1 --in $P-hub
	is "$(links hub)" "br0 lo own0 own1 "
}

@test "nonsense" {
	refused 2 "the name of the bridge is missing" -- "$KOKON" bridge
	refused 2 "--remove takes the name alone" -- "$KOKON" bridge --remove br0 x
	need_root
	refused 1 "--remove takes the name alone" -- "$KOKON" bridge --remove br0=10.0.0.1/24 --in $P-hub
	refused 1 "--in" "no container or network namespace '$P-x'" -- "$KOKON" bridge br0 --in $P-x
	refused 1 "too long" -- "$KOKON" bridge 1234567890123456 --in $P-hub
	refused 1 "is empty" -- "$KOKON" bridge =10.0.0.1/24 --in $P-hub
	refused 1 "has no length" -- "$KOKON" bridge br0=10.0.0.1 --in $P-hub
}

@test "root: explain does what the command does" {
	need_root
	need ip
	need ping
	"$KOKON" bridge --explain br0=10.88.0.254/24 --in $P-hub $P-a=10.88.0.1/24 $P-b=10.88.0.2/24 >"$T/script"
	is "$(links hub)" "lo "
	sh -e "$T/script"
	inside a ping -q -c 1 -W 5 10.88.0.2
	is "$(links hub)" "br0 lo veth0 veth1 "
	"$KOKON" bridge --explain --remove br0 --in $P-hub >"$T/remove"
	sh -e "$T/remove"
	is "$(links hub)$(links a)" "lo lo "
}

@test "root: sixty targets" {
	need_root
	local i
	local -a ends=()
	for i in {1..60}; do ends+=("$P-a=10.88.0.$i/24"); done
	"$KOKON" bridge br0 --in $P-hub "${ends[@]}" >/dev/null
	is "$(links hub | wc -w)" 62
	is "$(links a | wc -w)" 61
}

@test "user: three of his own on a bridge in a fourth" {
	need_user_namespaces
	need ping
	local n
	for n in hub a b c; do user netns add $n; done
	user bridge br0=10.88.0.254/24 --in hub a=10.88.0.1/24 b=10.88.0.2/24 c=10.88.0.3/24
	user netns exec a ping -q -c 1 -W 5 10.88.0.3
	user netns exec c ping -q -c 1 -W 5 10.88.0.254
	user bridge --remove br0 --in hub
	is "$(user netns exec a ls /sys/class/net)" lo
	refused 1 "cannot change the network of 'host'" -- user bridge br0 a
}
