# SPDX-License-Identifier: Apache-2.0
# kokon veth: two ends in one line, as root and as an ordinary user. Traffic stays in namespaces made here.

load lib

P=kokon-test-veth

setup() {
	common_setup
	if is_root; then
		"$KOKON" netns add $P-a
		"$KOKON" netns add $P-b
	fi
}

teardown() {
	if is_root; then
		for n in /run/netns/$P*; do "$KOKON" netns delete "${n##*/}" 2>/dev/null; done
		"$KOKON" netns exec --all true >/dev/null 2>&1
	fi
	as_user "$KOKON" netns delete --all 2>/dev/null
	common_teardown
}

inside() { "$KOKON" netns exec "$P-$1" "${@:2}"; }
links() { inside "$1" ls /sys/class/net | tr '\n' ' '; }
user() { as_user "$KOKON" "$@"; }

@test "root: a pair with addresses of both families, ping both ways at once" {
	need_root
	need ip
	need ping
	run -0 "$KOKON" veth $P-a=10.77.0.1/24,fd77::1/64 $P-b=10.77.0.2/24,fd77::2/64
	is "$output" "$P-a eth0 10.77.0.1/24 fd77::1/64 - $P-b eth0 10.77.0.2/24 fd77::2/64"
	inside a ping -q -c 1 -W 5 10.77.0.2
	inside b ping -q -c 1 -W 5 10.77.0.1
	inside a ping -q -c 1 -W 5 fd77::2
	inside a ping -q -c 1 -W 5 10.77.0.1 # its own address answers by the loopback
	is "$(inside b cat /sys/class/net/lo/flags)" 0x9
	run -0 inside a ip -4 address show dev eth0
	has "10.77.0.1/24 brd 10.77.0.255"
}

@test "root: names, prefixes, processes, files; names with a colon" {
	need_root
	spawn unshare --net sleep 1000
	local pid=$spawned_pid
	wait_for sh -c "grep -q sleep /proc/$pid/comm && [ \$(readlink /proc/$pid/ns/net) != $(ns_of net) ]"
	"$KOKON" veth netns:$P-a:left "pid:$pid:right"
	"$KOKON" veth $P-a:up0=10.1.0.1/30 "ns:/run/netns/$P-b:down0=10.1.0.2/30"
	is "$(links a)" "left lo up0 "
	is "$(links b)" "down0 lo "
	nsenter --net --target "$pid" grep -q right: /proc/net/dev
	"$KOKON" netns add "$P-c:d"
	"$KOKON" veth "netns:$P-c:d:x" $P-b
	is "$("$KOKON" netns exec "$P-c:d" ls /sys/class/net | tr '\n' ' ')" "lo x "
	# Both ends in one.
	run -0 "$KOKON" veth $P-b:one $P-b:two
	run -0 "$KOKON" veth "$pid" "$pid"
	is "$output" "$pid eth1 - $pid eth0"
	is "$(links b)" "down0 eth0 lo one two "
}

@test "root: host is where kokon runs" {
	need_root
	run -0 inside a "$KOKON" veth host:in0=10.3.0.1/24 $P-b:in1=10.3.0.2/24
	is "$(links a)" "in0 lo "
	is "$(inside b cat /sys/class/net/in1/carrier)" 1
}

@test "root: undone whole when a step fails" {
	need_root
	need ip
	inside b ip link add taken type bridge
	refused 1 "cannot make the interface 'taken' in '$P-b': File exists" "choose another" -- "$KOKON" veth $P-a:x $P-b:taken
	is "$(links a)" "lo "
	# The second end's address fails after the pair was made: no IPv6 there.
	inside b sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	refused 1 "cannot give the address 'fd00::2/64'" -- "$KOKON" veth $P-a=fd00::1/64 $P-b=fd00::2/64
	is "$(links a)" "lo "
	is "$(links b)" "lo taken "
	is "$(inside a cat /sys/class/net/lo/flags)" 0x8
	refused 1 "cannot give the address '10.0.0.1/24'" "File exists" -- "$KOKON" veth $P-a=10.0.0.1/24,10.0.0.1/24 $P-b
	is "$(links a)$(links b)" "lo lo taken "
}

@test "nonsense: one message each, nothing left" {
	need_root
	refused 2 "both ends are missing" -- "$KOKON" veth
	refused 2 "the second end is missing" -- "$KOKON" veth $P-a
	refused 2 "unexpected argument 'x'" -- "$KOKON" veth $P-a $P-b x
	refused 1 "no container or network namespace '$P-none'" -- "$KOKON" veth $P-none $P-b
	refused 1 "'$P-a=10.0.0.1'" "has no length" "10.0.0.1/24" -- "$KOKON" veth $P-a=10.0.0.1 $P-b
	refused 1 "'10.0.0.1/33'" -- "$KOKON" veth $P-a=10.0.0.1/33 $P-b
	refused 1 "'10.0.0/24' is no address" -- "$KOKON" veth $P-a=10.0.0/24 $P-b
	refused 1 "is no address" -- "$KOKON" veth $P-a= $P-b
	refused 1 "is empty" -- "$KOKON" veth $P-a: $P-b
	refused 1 "is too long" "allows 15 characters; this has 16" -- "$KOKON" veth $P-a:1234567890123456 $P-b
	refused 1 "no name of a network interface" -- "$KOKON" veth "$P-a:a b" $P-b
	refused 1 "two interfaces 'x'" -- "$KOKON" veth $P-a:x $P-a:x
	refused 1 "is a uts namespace" -- "$KOKON" veth ns:/proc/self/ns/uts:x $P-b
	refused 1 "the target is empty" -- "$KOKON" veth =10.0.0.1/24 $P-b
	is "$(links a)$(links b)" "lo lo "
}

@test "root: explain does what the command does" {
	need_root
	need ip
	"$KOKON" netns add $P-c
	"$KOKON" netns add $P-d
	"$KOKON" veth --explain $P-c:x=10.0.0.1/24,fd00::1/64 $P-d=10.0.0.2/31 >"$T/script"
	is "$("$KOKON" netns exec $P-c ls /sys/class/net)" lo
	sh -e "$T/script"
	"$KOKON" veth $P-a:x=10.0.0.1/24,fd00::1/64 $P-b=10.0.0.2/31
	# But for what is chosen by chance, both are the same.
	state_of() {
		"$KOKON" netns exec "$1" ip address | sed -E 's/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/; /fe80::/,+1d; s/link-netns.*//; s/@[^:]*//; s/<.*//; s/link.ether.*//'
	}
	is "$(state_of $P-c)" "$(state_of $P-a)"
	is "$(state_of $P-d)" "$(state_of $P-b)"
	run -0 "$KOKON" veth --trace $P-a:t1 $P-b:t2
	has "# done after"
	has "ip -n $P-a link add t1 type veth peer name t2 netns $P-b"
}

@test "root: twenty at once between the same two" {
	need_root
	local i
	for i in {1..20}; do "$KOKON" veth "$P-a=10.0.$i.1/24" "$P-b=10.0.$i.2/24" >/dev/null & done
	wait
	is "$(links a | wc -w)" 21
	is "$(links b | wc -w)" 21
}

@test "root: kokon killed at any system call, the pair is whole or not there" {
	need_root
	need strace
	local call when
	for call in sendto recvmsg setns clone3 wait4; do
		for when in 1 2 3 4; do
			strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$when" "$KOKON" veth $P-a:ka=10.0.0.1/24 $P-b:kb=10.0.0.2/24 >/dev/null 2>&1 3>&- || true
			wait_for pair_is_settled || { echo "killed at $call $when: $(links a)/ $(links b)"; false; }
		done
	done
}

@test "root: its worker killed, the pair is whole or not there" {
	need_root
	need strace
	local when worker
	for when in 1 2 3 4 5; do
		# The call takes long, so that there is time to kill.
		spawn strace -f -qq -o /dev/null -e "inject=sendto:delay_enter=400000:when=$when" "$KOKON" veth $P-a:ka=10.0.0.1/24 $P-b:kb=10.0.0.2/24
		worker=
		wait_for worker_of "$spawned_pid"
		[ -z "$worker" ] || kill -KILL "$worker" || true
		wait "$spawned_pid" || true
		pair_is_settled || { echo "killed at $when: $(links a)/ $(links b)"; false; }
	done
	grep -q "was killed; what it did is undone" "$T"/out.*
}
# The child of the kokon that is the child of strace; or it has ended: there were fewer calls.
worker_of() {
	local kokon
	[ -n "$(ps -o stat= -p "$1" | grep -v Z)" ] || return 0
	kokon=$(<"/proc/$1/task/$1/children") && [ -n "$kokon" ] && worker=$(<"/proc/${kokon% }/task/${kokon% }/children") && [ -n "$worker" ] && worker=${worker% }
}
# Both ends with their addresses, or none; then none. The process that goes on may take a moment.
pair_is_settled() {
	case "$(links a)/$(links b)" in
	"lo /lo ") return 0 ;;
	"ka lo /kb lo ") ;;
	*) return 1 ;;
	esac
	inside a cat /proc/net/fib_trie | grep -q 10.0.0.1 && inside b cat /proc/net/fib_trie | grep -q 10.0.0.2 || return 1
	inside a ip link delete ka
}

@test "user: two namespaces of his own, ping both ways; the host's is refused" {
	need_user_namespaces
	need ip
	need ping
	user netns add red
	user netns add blue
	run -0 user veth red=10.0.0.1/24 blue=10.0.0.2/24
	is "$output" "red eth0 10.0.0.1/24 - blue eth0 10.0.0.2/24"
	user netns exec red ping -q -c 1 -W 5 10.0.0.2
	user netns exec blue ping -q -c 1 -W 5 10.0.0.1
	refused 1 "cannot change the network of 'host'" "run this as root" -- user veth red host
	run -0 user veth --explain red:e0 blue:e1
	has "nsenter --target"
	output=$(user veth --explain red:e0=10.9.0.1/24 blue:e1=10.9.0.2/24 | as_user sh -e 2>&1)
	is "$output" ""
	user netns exec red ping -q -c 1 -W 5 10.9.0.2
	# From inside one of them.
	user netns exec red "$KOKON" veth red:i0 blue:i1
	is "$(user netns exec blue ls /sys/class/net | tr '\n' ' ')" "e1 eth0 i1 lo "
	if is_root; then
		refused 1 "cannot change the network of 'netns:$P-a'" -- user veth red netns:$P-a
	fi
}
