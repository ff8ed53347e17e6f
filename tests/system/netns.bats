# SPDX-License-Identifier: Apache-2.0
# kokon netns, as root and as an ordinary user, beside ip netns.

load lib

P=kokon-test-netns # begins every name

setup() {
	common_setup
	etc=
}

teardown() {
	local n
	if is_root; then
		for n in /run/netns/$P*; do
			while umount -l "$n" 2>/dev/null; do :; done
			rm -f "$n"
		done
		[ -z "$etc" ] || rm -rf /etc/netns/$P
	fi
	as_user "$KOKON" netns delete --all 2>/dev/null
	common_teardown
}

user_netns() { as_user "$KOKON" netns "$@"; }
holder() { cut -d' ' -f1 "$U/run/kokon/netns/.holder"; }
is_gone() { [ ! -e "/proc/$1/ns/net" ]; }

@test "without arguments: the list of commands" {
	run -0 "$KOKON" netns
	for word in add list exec delete attach identify pids monitor set; do has "$word"; done
	refused 2 "unknown command 'ad'" "kokon netns add" -- "$KOKON" netns ad
	refused 2 "name of a network namespace is missing" -- "$KOKON" netns add
	refused 2 "unexpected argument 'b'" -- "$KOKON" netns add a b
	refused 2 "a command is missing" -- "$KOKON" netns exec a
	refused 2 "--all takes no name" -- "$KOKON" netns delete --all a
}

@test "root: add, list, exec, delete; a new namespace is empty and its loopback down" {
	need_root
	run -0 "$KOKON" netns add $P-a
	is "$output" ""
	run -0 "$KOKON" netns list
	has "$P-a"
	run -0 "$KOKON" netns list --json
	is "$(jq -r ".netns[] | select(.name == \"$P-a\").path" <<<"$output")" "/run/netns/$P-a"
	is "$(jq -r ".netns[] | select(.name == \"$P-a\").inode" <<<"$output")" "$(stat -c %i "/run/netns/$P-a")"
	run -0 "$KOKON" netns exec $P-a cat /proc/net/dev
	is "${#lines[@]}" 3
	run -0 "$KOKON" netns exec $P-a cat /sys/class/net/lo/operstate
	is "$output" down
	"$KOKON" netns delete $P-a
	run -0 "$KOKON" netns list
	lacks "$P-a"
	[ ! -e /run/netns/$P-a ]
}

@test "root: ip netns and kokon see each other's names" {
	need_root
	need ip
	"$KOKON" netns add $P-a
	ip netns add $P-b
	run -0 ip netns list
	has $P-a
	run -0 "$KOKON" netns list
	has $P-b
	is "$(ip netns exec $P-a readlink /proc/self/ns/net)" "$("$KOKON" netns exec $P-a readlink /proc/self/ns/net)"
	is "$(ip netns exec $P-b readlink /proc/self/ns/net)" "$("$KOKON" netns exec $P-b readlink /proc/self/ns/net)"
	ip -n $P-a link set lo up
	run -0 "$KOKON" netns exec $P-a cat /sys/class/net/lo/operstate
	is "$output" unknown
	"$KOKON" netns set $P-a 4711
	run -0 ip netns list
	has "$P-a (id: 4711)"
	run -0 "$KOKON" netns list
	has "$P-a (id: 4711)"
	ip netns del $P-a
	"$KOKON" netns delete $P-b
	run -0 ip netns list
	lacks $P
}

@test "root: the directory is a shared mount, so a name is seen in other mount namespaces" {
	need_root
	"$KOKON" netns add $P-a
	awk '$5 == "/run/netns"' /proc/self/mountinfo | grep -q shared:
	# One that follows ours sees a name come and go.
	spawn unshare --mount --propagation slave sh -c "touch $T/ready; while [ ! -e $T/stop ]; do sleep 0.05; done; stat -f -c %T /run/netns/$P-b >$T/seen"
	wait_for test -e "$T/ready"
	"$KOKON" netns add $P-b
	touch "$T/stop"
	wait_for test -s "$T/seen"
	is "$(cat "$T/seen")" nsfs
	spawn unshare --mount --propagation slave sh -c "touch $T/ready2; exec sleep 1000"
	wait_for test -e "$T/ready2"
	"$KOKON" netns delete $P-b $P-a
	! grep -q "$P" "/proc/$spawned_pid/mountinfo"
}

@test "root: exec shows /etc/netns/NAME and the namespace's /sys, and keeps control groups" {
	need_root
	local groups
	etc=1
	mkdir -p /etc/netns/$P
	echo "nameserver 192.0.2.1" >/etc/netns/$P/resolv.conf
	echo odd >"/etc/netns/$P/kokon test"
	"$KOKON" netns add $P
	groups=$(ls /sys/fs/cgroup)
	run -0 --separate-stderr "$KOKON" netns exec $P cat /etc/resolv.conf
	is "$output" "nameserver 192.0.2.1"
	case $stderr in *"cannot show '/etc/netns/$P/kokon test'"*) ;; *) echo "$stderr"; false ;; esac
	rm "/etc/netns/$P/kokon test"
	is "$("$KOKON" netns exec $P ls /sys/class/net)" lo
	is "$("$KOKON" netns exec $P ls /sys/fs/cgroup)" "$groups"
	is "$("$KOKON" netns exec $P awk '$5 ~ "^/sys/fs/cgroup" { n++ } END { print n + 0 }' /proc/self/mountinfo)" \
		"$(awk '$5 ~ "^/sys/fs/cgroup" { n++ } END { print n + 0 }' /proc/self/mountinfo)"
	# Outside nothing changed, and the caller's folder is kept.
	! grep -q 192.0.2.1 /etc/resolv.conf
	cd "$T"
	is "$("$KOKON" netns exec $P pwd)" "$T"
}

@test "root: exec gives the command's status, 126 and 127" {
	need_root
	"$KOKON" netns add $P
	run -7 "$KOKON" netns exec $P sh -c 'exit 7'
	run -7 "$KOKON" netns exec $P -- sh -c 'exit 7'
	refused 127 "no-such-program" -- "$KOKON" netns exec $P no-such-program
	refused 126 "/etc/passwd" -- "$KOKON" netns exec $P /etc/passwd
	refused 1 "there is no network namespace '$P-none'" -- "$KOKON" netns exec $P-none true
}

@test "root: -all exec and exec --all" {
	need_root
	"$KOKON" netns add $P-a
	"$KOKON" netns add $P-b
	run -0 "$KOKON" netns -all exec readlink /proc/self/ns/net
	has "netns: $P-a"
	has "net:[$(stat -c %i /run/netns/$P-b)]"
	run -3 "$KOKON" netns exec --all -- sh -c 'exit 3'
}

@test "root: attach, identify, pids" {
	need_root
	spawn unshare --net sleep 1000
	local inode pid=$spawned_pid
	wait_for sh -c "[ \$(readlink /proc/$pid/ns/net) != $(ns_of net) ] && grep -q sleep /proc/$pid/comm"
	"$KOKON" netns attach $P-a "pid:$pid"
	inode=$(readlink "/proc/$pid/ns/net")
	is "$("$KOKON" netns exec $P-a readlink /proc/self/ns/net)" "$inode"
	is "$("$KOKON" netns identify "$pid")" "$P-a"
	is "$("$KOKON" netns pids $P-a)" "$pid"
	is "$("$KOKON" netns exec $P-a "$KOKON" netns identify)" "$P-a"
	"$KOKON" netns attach $P-b netns:$P-a
	is "$("$KOKON" netns identify "$pid" | tr '\n' ' ')" "$P-a $P-b "
	if command -v ip >/dev/null; then ip netns identify "$pid" | grep -q "^$P-"; fi
	refused 1 "no process '2147483647'" -- "$KOKON" netns attach $P-c pid:2147483647
	refused 1 "File exists" "there is one of that name" -- "$KOKON" netns attach $P-a "$pid"
}

@test "root: monitor tells what comes and goes" {
	need_root
	mkdir -p /run/netns
	spawn "$KOKON" netns monitor
	wait_for grep -q inotify "/proc/$spawned_pid/fdinfo/3"
	wait_for sh -c "grep -qh '^inotify' /proc/$spawned_pid/fdinfo/*"
	"$KOKON" netns add $P-a
	"$KOKON" netns delete $P-a
	wait_for grep -q "delete $P-a" "$spawned_out"
	is "$(cat "$spawned_out")" "add $P-a
delete $P-a"
}

@test "root: names that are none, exist, are missing, are leftovers" {
	need_root
	local long
	long=$(printf 'x%.0s' {1..256})
	refused 1 "'a/b' is no name" "no '/'" -- "$KOKON" netns add a/b
	refused 1 "'..' is no name" -- "$KOKON" netns add ..
	refused 1 "'.' is no name" -- "$KOKON" netns delete .
	refused 1 "'' is no name" -- "$KOKON" netns add ''
	refused 1 "too long" "255 bytes; this has 256" -- "$KOKON" netns add "$long"
	refused 1 "control character \x0a" -- "$KOKON" netns add $'a\nb'
	"$KOKON" netns add $P-a
	refused 1 "'$P-a': File exists" "kokon netns delete $P-a" -- "$KOKON" netns add $P-a
	refused 1 "there is no network namespace '$P-A'" "did you mean '$P-a'?" -- "$KOKON" netns delete $P-A
	refused 1 "there is no network namespace 'zzzzzz'" "kokon netns list" -- "$KOKON" netns delete zzzzzz
	touch /run/netns/$P-left
	refused 1 "File exists" "a leftover without a namespace" -- "$KOKON" netns add $P-left
	refused 1 "holds no network namespace" "kokon netns delete $P-left" -- "$KOKON" netns exec $P-left true
	run -0 "$KOKON" netns list
	has "$P-left (no namespace: a leftover)"
	"$KOKON" netns delete $P-left
	mkdir /run/netns/$P-dir
	refused 1 "Is a directory" -- "$KOKON" netns delete $P-dir
	rmdir /run/netns/$P-dir
	refused 1 "'x' is no number" "auto" -- "$KOKON" netns set $P-a x
	"$KOKON" netns set $P-a 4712
	refused 1 "has one already" -- "$KOKON" netns set $P-a 4713
	# In use: the name goes, the process keeps its namespace.
	spawn "$KOKON" netns exec $P-a sleep 1000
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	"$KOKON" netns delete $P-a
	[ -e "/proc/$spawned_pid/ns/net" ]
}

@test "root: list-id: numbers from here and from elsewhere, as ip lists them" {
	need_root
	need jq
	local one two
	one=$((RANDOM + 100000)) two=$((RANDOM + 200000))
	"$KOKON" netns add $P-a
	"$KOKON" netns add $P-b
	"$KOKON" netns set $P-a $one
	ip -n $P-a netns set $P-b $two
	run -0 "$KOKON" netns list-id
	has "nsid $one (netns name: $P-a)"
	run -0 "$KOKON" netns list-id nsid $one
	is "$output" "nsid $one (netns name: $P-a)"
	run -0 "$KOKON" netns list-id target-nsid $one
	is "$output" "nsid $two current-nsid unassigned"
	is "$output" "$(ip netns list-id target-nsid $one | sed 's/ *$//')"
	"$KOKON" netns set $P-b 77$one
	run -0 "$KOKON" netns list-id nsid $two target-nsid $one
	is "$output" "nsid $two current-nsid 77$one (netns name: $P-b)"
	run -0 "$KOKON" netns list-id --json target-nsid $one
	is "$(jq -c . <<<"$output")" "[{\"nsid\":$two,\"current-nsid\":77$one,\"name\":\"$P-b\"}]"
	refused 1 "no network namespace has the number 5$two" "kokon netns list-id" -- "$KOKON" netns list-id nsid 5$two
	refused 1 "no network namespace has the number 5$two" -- "$KOKON" netns list-id target-nsid 5$two
	refused 2 "'-1' is no number" -- "$KOKON" netns list-id -- nsid -1
	refused 2 "'nsid' needs a number" -- "$KOKON" netns list-id nsid
	refused 2 "unexpected argument 'x'" -- "$KOKON" netns list-id x 1
}

@test "root: forty at once, of kokon and ip, with the same names" {
	need_root
	need ip
	local i mounts
	"$KOKON" netns add $P-first
	mounts=$(grep -c " /run/netns " /proc/self/mountinfo)
	for i in {1..10}; do
		"$KOKON" netns add "$P-$i" &
		ip netns add "$P-i$i" &
		"$KOKON" netns add "$P-same" 2>/dev/null &
		"$KOKON" netns add "$P-k$i" &
	done
	wait
	is "$("$KOKON" netns list | grep -c "^$P")" 32
	is "$(grep -c " /run/netns/$P" /proc/self/mountinfo)" 32
	is "$(grep -c " /run/netns " /proc/self/mountinfo)" "$mounts"
	for i in {1..10}; do
		"$KOKON" netns delete "$P-$i" "$P-i$i" &
		ip netns del "$P-k$i" &
	done
	wait
	"$KOKON" netns delete $P-same $P-first
	is "$("$KOKON" netns list | grep -c "^$P")" 0
}

@test "root: explain does what the command does" {
	need_root
	"$KOKON" netns add --explain $P-a >"$T/add"
	[ ! -e /run/netns/$P-a ]
	sh -e "$T/add"
	is "$(stat -f -c %T /run/netns/$P-a)" nsfs
	"$KOKON" netns attach --explain $P-b netns:$P-a >"$T/attach"
	sh -e "$T/attach"
	is "$(stat -c %i /run/netns/$P-b)" "$(stat -c %i /run/netns/$P-a)"
	"$KOKON" netns exec --explain $P-a sh -c 'readlink /proc/self/ns/net; ls /sys/class/net /sys/fs/cgroup' >"$T/exec"
	is "$(sh -e "$T/exec")" "$("$KOKON" netns exec $P-a sh -c 'readlink /proc/self/ns/net; ls /sys/class/net /sys/fs/cgroup')"
	run -0 --separate-stderr "$KOKON" netns exec --trace $P-a ls /sys/class/net
	is "$output" lo
	[[ $stderr == *"/run/netns/$P-a"*"# done after "*" ms" ]]
	"$KOKON" netns delete --explain $P-a >"$T/delete"
	sh -e "$T/delete"
	[ ! -e /run/netns/$P-a ]
	run -0 "$KOKON" netns delete --trace $P-b
	has "umount --lazy /run/netns/$P-b"
	has "# done after"
}

@test "root: move takes an interface with its addresses, under another name, and back" {
	need_root
	need ip
	"$KOKON" netns add $P-a
	"$KOKON" netns add $P-b
	ip -n $P-a link add here0 type bridge
	ip -n $P-a address add 10.7.0.1/24 dev here0
	ip -n $P-a address add fd07::1/64 dev here0 nodad
	ip -n $P-a link set here0 up
	refused 1 "here0" -- "$KOKON" netns move --from $P-a here0 $P-b # the kernel keeps bridges where they are
	ip -n $P-a link delete here0
	"$KOKON" veth $P-a:here0=10.7.0.1/24,fd07::1/64 $P-a:other0
	run -0 "$KOKON" netns move --from $P-a --explain here0 $P-b:there0
	has "ip -n $P-a link set here0 netns $P-b name there0"
	"$KOKON" netns move --from $P-a here0 $P-b:there0
	run -0 ip -n $P-b address show dev there0
	has "inet 10.7.0.1/24"
	has "inet6 fd07::1/64"
	has ",UP"
	"$KOKON" netns exec $P-b "$KOKON" netns move there0 $P-a
	run -0 ip -n $P-a address show dev there0
	has "inet 10.7.0.1/24"
	refused 1 "there is an 'lo' already" -- "$KOKON" netns move --from $P-a there0 $P-b:lo
	refused 1 "there is no network interface 'none0'" -- "$KOKON" netns move --from $P-a none0 $P-b
	refused 1 "'there0' is in '$P-a' already" -- "$KOKON" netns move --from $P-a there0 $P-a
	refused 2 "where it is to go is missing" -- "$KOKON" netns move there0
	refused 2 "a network interface is missing" -- "$KOKON" netns move
}

@test "user: move between namespaces of his own; the host's interfaces stay" {
	need_user_namespaces
	user_netns add red
	user_netns add blue
	as_user "$KOKON" veth red:x0=10.7.0.1/24 red:y0
	user_netns move --from red x0 blue:z0
	is "$(user_netns exec blue ls /sys/class/net | tr '\n' ' ')" "lo z0 "
	refused 1 "cannot change the network of 'host'" -- user_netns move lo red
}

@test "user: names of his own, in one namespace that is gone with the last" {
	need_user_namespaces
	local pid
	run -0 user_netns list
	is "$output" ""
	user_netns add red
	user_netns add blue
	pid=$(holder)
	is "$(user_netns list | tr '\n' ' ')" "blue red "
	is "$(user_netns list --json | jq -r '.netns[1].path')" "$U/run/kokon/netns/red"
	is "$(user_netns exec red id -u)" 0
	is "$(user_netns exec red readlink /proc/self/ns/user)" "$(user_netns exec blue readlink /proc/self/ns/user)"
	[ "$(user_netns exec red readlink /proc/self/ns/net)" != "$(user_netns exec blue readlink /proc/self/ns/net)" ]
	is "$(user_netns exec red ls /sys/class/net)" lo
	is "$(user_netns exec red ls /sys/fs/cgroup)" "$(ls /sys/fs/cgroup)"
	cd "$U"
	is "$(user_netns exec red pwd)" "$U"
	# Every command finds them, from outside and from inside.
	is "$(as_user "$KOKON" nsenter -t netns:red readlink /proc/self/ns/net)" "$(user_netns exec red readlink /proc/self/ns/net)"
	run -0 as_user "$KOKON" ns red
	is "$(user_netns exec red "$KOKON" netns list | tr '\n' ' ')" "blue red "
	is "$(user_netns exec red "$KOKON" netns identify)" red
	user_netns exec red "$KOKON" netns add green
	is "$(user_netns exec blue "$KOKON" netns exec green "$KOKON" netns identify)" green
	refused 1 "File exists" -- user_netns add red
	refused 1 "no name" -- user_netns add .red
	user_netns delete red blue green
	wait_for is_gone "$pid"
	is "$(find "$U/run/kokon/netns" -mindepth 1)" ""
	run -0 user_netns list
	is "$output" ""
	refused 1 "there is no network namespace 'red'" "there is none with a name" -- user_netns delete red
	refused 1 "there is no network namespace 'red'" "kokon netns add red" -- user_netns exec red true
}

@test "user: a killed holder leaves nothing that is taken for a namespace" {
	need_user_namespaces
	local pid
	user_netns add red
	pid=$(holder)
	as_user kill -KILL "$pid"
	wait_for is_gone "$pid"
	run -0 user_netns list
	is "$output" ""
	refused 1 "there is no network namespace 'red'" -- user_netns exec red true
	user_netns add red
	is "$(user_netns list)" red
	user_netns exec red true
}

@test "user: what is running inside goes on when the last name is gone" {
	need_user_namespaces
	local pid
	user_netns add red
	pid=$(holder)
	touch "$U/go"
	spawn as_user "$KOKON" netns exec red sh -c "while [ -e $U/go ]; do sleep 0.05; done; readlink /proc/self/ns/net"
	wait_for user_has_process red
	user_netns delete red
	wait_for is_gone "$pid"
	rm "$U/go"
	wait_for grep -q net: "$spawned_out"
	user_netns add red # in a new one
	is "$(user_netns pids red)" ""
}
user_has_process() { [ -n "$(user_netns pids "$1")" ]; }

@test "user: ten at once make one namespace" {
	need_user_namespaces
	local i
	for i in {1..10}; do user_netns add "n$i" & done
	wait
	is "$(user_netns list | wc -l)" 10
	is "$(user_netns -all exec readlink /proc/self/ns/user | grep -c user)" 10
	is "$(user_netns -all exec readlink /proc/self/ns/user | grep user | sort -u | wc -l)" 1
	for i in {1..10}; do user_netns delete "n$i" & done
	wait
	run -0 user_netns list
	is "$output" ""
}

@test "user: root's names are root's; explain works without any right" {
	need_user_namespaces
	if is_root; then
		"$KOKON" netns add $P-root
		refused 1 "there is no network namespace '$P-root'" "is root's" -- user_netns exec $P-root true
		run -0 as_user "$KOKON" ns netns:$P-root
	fi
	run -0 user_netns add --explain red
	has "unshare --user --map-root-user --mount"
	[ ! -e "$U/run/kokon/netns/red" ]
	user_netns add blue
	user_netns add --explain red >"$T/add"
	chmod 644 "$T/add"
	as_user sh -e "$T/add"
	is "$(user_netns list | tr '\n' ' ')" "blue red "
	user_netns exec red true
	user_netns delete --explain red >"$T/delete"
	as_user sh -e "$T/delete"
	is "$(user_netns list)" blue
	is "$(user_netns exec --explain blue readlink /proc/self/ns/net | as_user sh -e)" "$(user_netns exec blue readlink /proc/self/ns/net)"
}

@test "user: run enters one" {
	need_user_namespaces
	mkdir -p "$U/root"
	make_root "$U/root"
	chown -R "$TEST_UID:$TEST_UID" "$U/root" 2>/dev/null || true
	user_netns add red
	is "$(as_user "$KOKON" run --rm --cgroups=disabled --net netns:red --rootfs "$U/root" readlink /proc/self/ns/net)" \
		"$(user_netns exec red readlink /proc/self/ns/net)"
}
