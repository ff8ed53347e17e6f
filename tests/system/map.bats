# SPDX-License-Identifier: Apache-2.0
# kokon map: network namespaces, what joins them and what is wrong. Every laboratory is made inside a
# mount and network namespace of its own, with a /run/netns of its own, and is gone with it.

load lib

# lab SCRIPT: run in a fresh network and mount namespace; as_lab=as_user: of an ordinary user.
lab() {
	local -a options=(--mount --net --propagation private)
	[ "$as_lab" != as_user ] || options+=(--user --map-root-user)
	printf '%s\n' 'set -e' 'mount -t tmpfs tmpfs /run' 'mkdir /run/netns' "$1" >"$T/lab.sh"
	chmod 755 "$T/lab.sh"
	run -0 $as_lab env PATH="$(dirname "$KOKON"):$PATH" unshare "${options[@]}" sh "$T/lab.sh"
}

need_pairs() {
	need ip
	unshare --net ip link add pair0 type veth peer name pair1 2>/dev/null ||
		as_user unshare --user --map-root-user --net ip link add pair0 type veth peer name pair1 2>/dev/null ||
		skip "this kernel has no veth pairs"
}

setup() {
	common_setup
	as_lab=
}

# ids TITLE NAME: what is wrong with that namespace, by the map in NAME.json.
ids() { jq -r --arg t "$1" '[.problems[] | select(.title == $t) | .id] | sort | join(" ")' "$T/$2.json"; }

# Three namespaces on a bridge, as in the lecture.
three='
ip link set lo up
ip link add br0 type bridge
ip address add 10.0.0.1/24 dev br0
ip link set br0 up
i=2
for n in red blue green; do
	ip netns add $n
	ip link add v-$n type veth peer name eth0 netns $n
	ip link set v-$n master br0 up
	ip -n $n address add 10.0.0.$i/24 dev eth0
	ip -n $n link set eth0 up
	ip -n $n link set lo up
	i=$((i + 1))
done
'

check_three() {
	lab "$three"'
		kokon map --json >'"$1"'/map.json
		kokon map'
	has "eth0 in netns:red"
	has "v-red in host"
	grep -qE '^netns:blue .*no process, held by /run/netns/blue' <<<"$output"
	grep -qE '^. .─br0 +up +10\.0\.0\.1/24 +bridge|^.─br0 +up +10\.0\.0\.1/24 +bridge|^[`|]-br0 +up +10\.0\.0\.1/24 +bridge' <<<"$output"
	[ "$1" = "$T" ] || cp "$1/map.json" "$T/"
	is "$(ids netns:red map)" no-route # others' namespaces may be on the map too
	# each pair knows its other end, both ways
	run -0 jq -r '.namespaces[] | .title as $t | .interfaces[] | select(.peer) | $t + " " + .name + " " + .peer.name' "$1/map.json"
	is "$(grep -c '^host v-' <<<"$output")" 3
	has "host v-green eth0"
	has "netns:green eth0 v-green"
	run -0 jq -r '.namespaces[0] | .title, .here, (.interfaces[] | select(.name == "v-red") | .master)' "$1/map.json"
	is "$(xargs <<<"$output")" "host true br0"
}

@test "three namespaces on a bridge" {
	need_root
	need_pairs
	check_three "$T"
}

@test "three namespaces on a bridge, as an ordinary user" {
	need_user_namespaces
	need_pairs
	as_lab=as_user
	check_three "$U"
}

@test "what is wrong is found, and its remedy mends it" {
	need_root
	need_pairs
	lab '
		ip link set lo up
		kokon unshare --net sleep 1000 & inner=$!
		trap "kill $inner" EXIT
		until [ "$(cat /proc/$inner/comm)" = sleep ]; do sleep 0.05; done
		kokon map --json >'"$T"'/0.json
		ip link add out type veth peer name in netns /proc/$inner/ns/net
		ip address add 10.5.0.1/24 dev out
		ip link set out up
		kokon map $inner >'"$T"'/1.txt
		kokon map --json >'"$T"'/1.json
		echo "inner pid:$inner"
		mend() {
			kokon map --json | jq -r --arg t pid:$inner --arg i $1 ".problems[] | select(.title == \$t and .id == \$i) | .remedy" >'"$T"'/mend
			[ -s '"$T"'/mend ]
			sh -e '"$T"'/mend
		}
		mend loopback-down
		mend peer-down
		kokon map --json >'"$T"'/2.json
		mend no-address
		kokon map --json >'"$T"'/3.json
		mend no-route
		kokon map --json >'"$T"'/4.json
		ping -c 1 -W 5 10.5.0.2 >/dev/null && echo it answers
	'
	has "it answers"
	inner=$(sed -n 's/^inner //p' <<<"$output")
	is "$(ids "$inner" 0)" "loopback-down no-interface"
	is "$(ids "$inner" 1)" "loopback-down peer-down"
	is "$(ids "$inner" 2)" "no-address"
	is "$(ids "$inner" 3)" "no-route"
	is "$(ids "$inner" 4)" ""
	is "$(ids host 4)" "forwarding-off no-route"
	output=$(<"$T/1.txt")
	has "! $inner lo: is down: addresses of its own, 127.0.0.1"
	has "kokon nsenter -t ${inner#pid:} -n ip link set dev lo up"
}

@test "faults between namespaces" {
	need_root
	need_pairs
	lab "$three"'
		ip -n blue address flush dev eth0
		ip -n blue address add 10.0.0.2/24 dev eth0
		ip -n green address flush dev eth0
		ip -n green address add 10.7.0.4/24 dev eth0
		ip -n red route add default via 10.0.0.1
		ip -n green link set eth0 mtu 9000
		ip link set v-blue down
		ip link add br1 type bridge
		ip netns add alone
		kokon map --json >'"$T"'/f.json'
	is "$(ids netns:blue f)" "address-twice no-route"
	is "$(ids netns:green f)" "mtu-differs no-route subnets-differ"
	is "$(ids netns:red f)" ""
	is "$(ids netns:alone f)" "loopback-down no-interface"
	is "$(ids host f)" "bridge-empty forwarding-off no-route port-down"
}

@test "one namespace: addresses, routes, who listens, forwarding" {
	need_root
	need_pairs
	need python3
	lab "$three"'
		ip -n red route add default via 10.0.0.1
		ip netns exec red python3 -c "
import socket, sys, time
s = socket.socket(); s.bind((\"10.0.0.2\", 8080)); s.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind((\"127.0.0.1\", 53))
open(\"/run/ready\", \"w\").close()
time.sleep(1000)" & server=$!
		trap "kill $server" EXIT
		until [ -e /run/ready ]; do sleep 0.05; done
		kokon map red
		kokon map netns:red --json >'"$T"'/red.json
		kokon map ns:/run/netns/red >/dev/null
		kokon map $server >/dev/null'
	has "default via 10.0.0.1 dev eth0"
	has "10.0.0.0/24 dev eth0"
	has "Sockets: 1 TCP listening, 0 connected, 0 closing; 1 UDP"
	grep -qE '^tcp +10\.0\.0\.2 +8080 [0-9]+ python3' <<<"$output"
	grep -qE '^udp +127\.0\.0\.1 +53 [0-9]+ python3' <<<"$output"
	has "Forwarding: IPv4 off, IPv6 off"
	lacks netns:blue
	run -0 jq -r '.namespaces | length, .[0].title' "$T/red.json"
	is "$(xargs <<<"$output")" "1 netns:red"
}

@test "rules of nftables are counted, and NAT is seen" {
	need_root
	need_pairs
	need nft
	lab "$three"'
		kokon map host
		nft "table ip t { chain c { type nat hook postrouting priority 100; oifname \"x\" masquerade; counter; }; }"
		kokon map host
		ip netns exec red kokon map --json >'"$T"'/red.json
		sysctl -qw net.ipv4.ip_forward=1
		kokon map host'
	has "Firewall: 0 nftables rules in 0 tables"
	has "Firewall: 2 nftables rules in 1 table, with NAT"
	has "nat-unused" || has "rules translate addresses (NAT), but IPv4 forwarding is off"
	has "Forwarding: IPv4 on"
}

@test "the picture and the graph are well formed, whatever the names are" {
	need_root
	need_pairs
	need python3
	lab "$three"'
		cp "$(command -v sleep)" "/run/<b>&\"x"
		ip netns exec blue "/run/<b>&\"x" 1000 & evil=$!
		trap "kill $evil" EXIT
		ip link add "<g>&\"'"'"'" type veth peer name "$(printf "e\033[1m\001")"
		ip netns add "<script>"
		until grep -q "^<b>" /proc/$evil/comm; do sleep 0.05; done
		kokon map --svg >'"$T"'/map.svg
		kokon map --dot >'"$T"'/map.dot
		kokon map --json >'"$T"'/map.json
		kokon map >'"$T"'/map.txt
		kokon map blue --svg >'"$T"'/blue.svg'
	# well formed: the parser of Python, which knows no mercy
	run -0 python3 - "$T/map.svg" "$T/blue.svg" <<'END'
import sys, xml.etree.ElementTree as tree
for name in sys.argv[1:]:
    root = tree.parse(name).getroot()
    texts = [t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any('<b>&"x' in t for t in texts), texts
    assert {e.tag.split("}")[1] for e in root.iter()} <= {"svg", "title", "style", "g", "rect", "path", "circle", "text"}
    assert not any(k.startswith("on") or k.endswith("href") for e in root.iter() for k in e.attrib)
    size = [int(root.get(k)) for k in ("width", "height")]
    for r in root.iter("{http://www.w3.org/2000/svg}rect"):  # nothing lies outside of the page
        if r.get("width").isdigit() and int(r.get("x", 0)) > 0:
            assert int(r.get("x")) + int(r.get("width")) <= size[0] and int(r.get("y")) + int(r.get("height")) <= size[1]
END
	run -0 jq -r '[.namespaces[].processes[].command] | map(select(startswith("<b>")))[0]' "$T/map.json"
	is "$output" '<b>&"x'
	! grep -q "$(printf '[\001\033]')" "$T/map.svg" "$T/map.dot" "$T/map.json" "$T/map.txt"
	run -0 cat "$T/map.dot"
	has '[label="<g>&\"'"'"'"'
	if command -v dot >/dev/null; then dot -Tsvg "$T/map.dot" >/dev/null; fi
	if command -v rsvg-convert >/dev/null; then rsvg-convert "$T/map.svg" -o "$T/map.png"; fi
}

@test "containers and their processes are named" {
	need_root
	make_root "$T/root"
	spawn "$KOKON" run --name mapped --rootfs "$T/root" -- sleep 1000
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -q mapped"
	run -0 "$KOKON" map container:mapped
	grep -qE '^container:mapped .*[0-9]+ sleep \(mapped\)' <<<"$output"
	run -0 "$KOKON" map --json
	run -0 jq -r '.namespaces[] | select(.title == "container:mapped") | .processes[] | .command + " " + .container' <<<"$output"
	is "$output" "sleep mapped"
	"$KOKON" kill --signal KILL mapped || "$KOKON" stop mapped
}

@test "an ordinary user: own namespaces, and what is not seen is said" {
	need_root
	need_user_namespaces
	need ip
	spawn setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups \
		unshare --user --map-root-user --net sh -c 'ip link set lo up; exec sleep 1000'
	pid=$spawned_pid
	wait_for grep -qx sleep "/proc/$pid/comm"
	run -0 as_user "$KOKON" map
	grep -qE '^pid:'"$pid"' .*1 process: [0-9]+ sleep' <<<"$output"
	grep -qE 'lo +up +127\.0\.0\.1/8' <<<"$output"
	grep -qE 'the namespaces of [0-9]+ process.* root sees those of every user' <<<"$output"
	run -0 as_user "$KOKON" map "$pid"
	has "Firewall: 0 nftables rules"
	# its remedy enters the user namespace too
	run -0 as_user "$KOKON" map --json
	run -0 as_user "$KOKON" map 1 || true
	refused 1 "cannot open the net namespace of '1'" "run this as root" -- as_user "$KOKON" map 1
}

@test "a hundred namespaces, each once" {
	need_root
	need ip
	lab 'seq 100 | sed "s/.*/netns add m&/" | ip -batch -
		kokon map --json'
	run -0 jq -r '[.namespaces[] | select(.title | startswith("netns:m")) | .inode] | length, (unique | length)' <<<"$output"
	is "$(xargs <<<"$output")" "100 100"
}

@test "nothing is changed by looking" {
	need_root
	need_pairs
	lab "$three"'
		state() { ip -d -o address; ip route; ip netns; readlink /proc/$$/ns/net; for n in red blue green; do ip -n $n -o address; done; }
		state >'"$T"'/before
		kokon map >/dev/null
		kokon map --svg >/dev/null
		state >'"$T"'/after'
	diff "$T/before" "$T/after"
}

@test "text for a terminal: its width, no escapes, ASCII where the locale has no more" {
	need ip
	run -0 env COLUMNS=40 LC_ALL=C "$KOKON" map host
	lacks "├"
	lacks $'\033'
	run -0 env LC_ALL=C.UTF-8 "$KOKON" map host
	has "─lo "
}

@test "refusals" {
	refused 1 "no container or network namespace 'nosuch'" -- "$KOKON" map nosuch
	refused 1 "no process '999999999'" -- "$KOKON" map 999999999
	refused 2 "unexpected argument 'b'" -- "$KOKON" map host b
	refused 2 "only one form at a time; '--svg' is given too" -- "$KOKON" map --svg --dot
	refused 2 "--colour" -- "$KOKON" map --colour
	refused 1 "is a uts namespace, not a net namespace" -- "$KOKON" map ns:/proc/self/ns/uts
	run -0 "$KOKON" map --json --json host
	run -0 sh -c "'$KOKON' map --json | jq -e '.namespaces | length > 0'"
	run -1 sh -c "'$KOKON' map >/dev/full"
}
