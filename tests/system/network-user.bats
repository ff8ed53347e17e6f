# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154 # inner shells expand their own; bats gives output
# Networks of an ordinary user, all in one namespace of the user's. As root everything happens in network
# namespaces made here, as in network.bats: "the host" is one of them.
load lib

setup() {
	common_setup
	need_user_namespaces
	need nft
	need ip
	need jq
	HOST=
	make_root "$U/root"
	! is_root || chown -R "$TEST_UID:$TEST_UID" "$U/root"
	is_root || return 0
	"$KOKON" unshare --net --mount --propagation slave sh -c "ip link set lo up && touch '$T/host-is-up' &&
		exec sleep 1000" 3>&- </dev/null >"$T/host.out" 2>&1 &
	HOST=$!
	spawned+=("$HOST")
	wait_for test -e "$T/host-is-up" || { cat "$T/host.out"; return 1; }
}

# What the test made ends before folders are compared; the keeper ends with its last member.
teardown() {
	[ -z "${T:-}" ] || end_all
	common_teardown
}

end_all() {
	local record
	for record in "$U"/run/kokon/*/record; do
		[ ! -e "$record" ] || kill -KILL "$(sed -n 's/^owner //p' "$record")" 2>/dev/null
	done
	wait_for swept
	wait_for router_is_gone
	rm -rf "${U:?}/run/kokon/.network"
}

swept() { K ps && ! compgen -G "$U/run/kokon/*/record"; }

on_host() { if [ -n "$HOST" ]; then nsenter -t "$HOST" --net --mount -- "$@"; else "$@"; fi; }
# K COMMAND...: as the ordinary user, on the host.
K() {
	local -a as=()
	[ -z "$HOST" ] || as=(nsenter -t "$HOST" --net --mount -- setpriv --reuid "$TEST_UID" --regid "$TEST_UID"
		--clear-groups --inh-caps=-all --)
	env -i HOME="$U" USER="$TEST_USER" XDG_RUNTIME_DIR="$U/run" PATH="$PATH" TERM=dumb "${as[@]}" "$KOKON" "$@"
}
box() { K run --rootfs "$U/root" "$@"; }
# spawn_box NAME OPTION... -- COMMAND...: in the background; waits until it runs.
spawn_box() {
	local name=$1
	shift
	spawn K run --rootfs "$U/root" --name "$name" "$@"
	wait_for running "$name" || { cat "$spawned_out"; return 1; }
}
running() { grep -q '^status running' "$U/run/kokon/$1/record"; }
as_test_user() { if is_root; then setpriv --reuid "$TEST_UID" --clear-groups -- "$@"; else "$@"; fi; }
owner_of() { sed -n 's/^owner //p' "$U/run/kokon/$1/record"; }
router() { K netns exec kokon-router "$@"; }
router_is_gone() { ! [ -e "$U/run/kokon/netns/kokon-router" ] && ! [ -e "$U/run/kokon/.network/router" ] && ! [ -e "$U/run/kokon/netns/.holder" ]; }
used() { K network inspect "$1" | jq '.[0].containers | length'; }
same() { [ "$(eval "$1")" = "$2" ]; }

@test "user: two containers on one network reach each other by address and name" {
	run -0 --separate-stderr K network create lab
	is "$output" lab
	is "$(ls "$U/run/kokon/netns" 2>/dev/null)" ""
	spawn_box nu-web --net lab:alias=www -- sleep 1000
	run -0 box --net lab -- sh -c 'ping -c1 -W20 10.210.0.2 && ping -c1 -W20 nu-web && ping -c1 -W20 www && ip -4 -o addr show eth0 && ip route && cat /etc/resolv.conf'
	has "10.210.0.3/24"
	has "default via 10.210.0.1"
	has "nameserver 127.0.0.11"
	run -0 K exec nu-web ping -c1 -W20 10.210.0.1
	run -0 router ip -o addr show kn-lab
	has "10.210.0.1/24"
	run -0 router nft list table inet kokon
	has masquerade
	is "$(K netns list)" kokon-router
	run -0 K map --json
	is "$(jq -r '[.. | strings | select(. == "kn-lab")] | length > 0' <<<"$output")" true
	# The host has none of it.
	lacks_on_host kn-lab
	run -0 K stop -t 0 nu-web
	wait_for router_is_gone
	is "$(used lab)" 0
	run -0 K network rm lab
}
lacks_on_host() { ! on_host ip -o link show "$1" 2>/dev/null; }

@test "user: a container's user namespace lies in that of the networks, with the same ids as without" {
	K network create lab
	local plain own
	plain=$(box -- cat /proc/self/uid_map | awk '{ print $1, $3 }')
	own=$(box --net lab -- cat /proc/self/uid_map | awk '{ print $1, $3 }')
	is "$own" "$plain"
	run -0 box --net lab -- sh -c 'touch /root/made && id -u'
	is "$(stat -c %u "$U/root/root/made")" "$(stat -c %u "$U/root")"
	spawn_box nu-one --net lab -- sleep 1000
	run -0 K exec nu-one sh -c 'id -u; readlink /proc/self/ns/user'
	[ "${lines[1]}" != "$(router readlink /proc/self/ns/user)" ]
	is "$(router unshare --user true && echo nested)" nested
	# Another's user namespace cannot be the one of a container on a network.
	refused 125 "user namespace" "leave out --userns" -- box --net lab --userns container:nu-one -- true
	run -0 box --net lab --explain -- true
	has "kokon netns add kokon-router"
	has "netns exec kokon-router"
}

@test "user: several networks, addresses asked for, internal and isolated ones" {
	K network create a
	K network create --internal inner
	K network create --ipv6 b
	spawn_box nu-two --net a:ip=10.210.0.50,mac=02:00:00:00:00:09 --net b --net inner -- sleep 1000
	run -0 K exec nu-two ip -4 -o addr
	has "eth0    inet 10.210.0.50/24"
	has "eth1    inet 10.210.2.2/24"
	has "eth2    inet 10.210.1.2/24"
	run -0 K exec nu-two cat /sys/class/net/eth0/address
	is "$output" 02:00:00:00:00:09
	run -0 box --net b -- sh -c 'ping -c1 -W20 nu-two && ip -6 -o addr show eth0 scope global'
	has "fd"
	run -0 box --net inner -- ping -c1 -W20 10.210.1.2
	refused 125 "in use" -- box --net a:ip=10.210.0.50 -- true
	refused 1 "in use by 1 container" -- K network rm a
}

@test "user: killed, a container leaves neither addresses nor interfaces, nor the router" {
	K network create lab
	spawn_box nu-one --net lab -- sleep 1000
	spawn_box nu-two --net lab -- sleep 1000
	kill -KILL "$(owner_of nu-one)"
	wait_for same 'router ls /sys/class/net | grep -c ^kv' 1
	K ps >/dev/null
	wait_for same 'used lab' 1
	kill -KILL "$(owner_of nu-two)"
	wait_for router_is_gone
	K ps >/dev/null
	is "$(used lab)" 0
	run K system check # others' groups may be on the machine
	lacks address
	lacks interface
}

@test "user: a killed keeper is replaced, and what it kept goes on" {
	K network create lab
	spawn_box nu-one --net lab -- sleep 1000
	local keeper netns
	read -r keeper _ netns <"$U/run/kokon/.network/router"
	kill -KILL "$keeper"
	run -0 box --net lab -- ping -c1 -W20 nu-one
	is "$(router readlink /proc/self/ns/net)" "net:[$netns]"
	K kill nu-one
	wait_for router_is_gone
}

@test "user: thirty at once" {
	K network create --internal lab
	local i
	local -a pids=()
	for i in {1..30}; do
		box --net lab -- ip -4 -o addr show eth0 >"$T/all.$i" 2>"$T/errors.$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	cat "$T"/errors.* >"$T/errors"
	cat "$T"/all.* >"$T/all"
	is "$(cat "$T/errors")" ""
	is "$(grep -o '10\.210\.0\.[0-9]*/' "$T/all" | sort -u | wc -l)" 30
	wait_for router_is_gone
	is "$(used lab)" 0
}

@test "user: connect and disconnect: a running container is plugged in and out" {
	K network create a
	K network create b
	spawn_box nu-one --net a -- sleep 1000
	run -0 K network connect --alias db --ip 10.210.1.9 b nu-one
	run -0 K exec nu-one ip -4 -o addr
	has "eth1    inet 10.210.1.9/24"
	run -0 box --net b -- sh -c 'ping -c1 -W20 db && ping -c1 -W20 nu-one'
	refused 1 "already" -- K network connect b nu-one
	run -0 K network disconnect b nu-one
	run -0 K exec nu-one ip -4 -o addr
	lacks eth1
	is "$(used b)" 0
	refused 1 "is not on the network" -- K network disconnect b nu-one
	run -0 K network disconnect --force b nu-one
	# One that was started without a network has its user namespace elsewhere.
	spawn_box nu-alone --net none -- sleep 1000
	run -0 --separate-stderr K network connect --explain b nu-alone
	has "ip link add kvPLACE"
	run -0 K network connect --ip 10.210.1.20 b nu-alone
	run -0 K exec nu-alone ip -4 -o addr
	has "eth0    inet 10.210.1.20/24"
	run -0 K exec nu-alone ping -c1 -W20 10.210.1.1
	run -0 box --net b -- ping -c1 -W20 nu-alone
	run -0 K network disconnect b nu-alone
	run -0 K exec nu-alone ip -4 -o addr
	lacks eth0
	run -0 K network connect b nu-alone
	# What is on a network that goes is unplugged.
	run -0 K network rm --force a
	run -0 K exec nu-one ip -4 -o addr
	lacks eth0
	! router ip link show kn-a
	# It keeps the router by itself when it is the last one, and lets it go.
	run -0 K kill nu-one
	wait_for eval '! [ -e "$U/run/kokon/nu-one" ]'
	run -0 K exec nu-alone ping -c1 -W20 10.210.1.1
	run -0 K kill nu-alone
	wait_for router_is_gone
	is "$(used b)" 0
	# And the router is made for one alone.
	spawn_box nu-first --net none -- sleep 1000
	run -0 K network connect b nu-first
	run -0 K exec nu-first ping -c1 -W20 10.210.1.1
	run -0 K kill nu-first
	wait_for router_is_gone
}

@test "user: a pair between a named network namespace and containers, and not to the host" {
	K network create lab
	K netns add red
	spawn_box nv-on --net lab -- sleep 1000
	spawn_box nv-off --net none -- sleep 1000
	run -0 K veth red:to-on=10.9.0.1/24 container:nv-on:cable=10.9.0.2/24
	run -0 K netns exec red busybox ping -c1 -W20 10.9.0.2
	run -0 K exec nv-on ping -c1 -W20 10.9.0.1
	run -0 K veth red:to-off=10.9.1.1/24 nv-off=10.9.1.2/24
	run -0 K exec nv-off ping -c1 -W20 10.9.1.1
	run -0 K veth nv-on:x=10.9.2.1/24 nv-off:y=10.9.2.2/24
	run -0 K exec nv-off ping -c1 -W20 10.9.2.1
	# A failure undoes both ends.
	refused 1 "there is one of that name" -- K veth red:fresh nv-off:y
	run -0 K netns exec red ip -o link
	lacks fresh
	run -0 K bridge --in red br0=10.9.3.254/24 nv-on:b0=10.9.3.1/24 nv-off:b0=10.9.3.2/24
	run -0 K exec nv-on ping -c1 -W20 10.9.3.2
	run -0 K bridge --in red --remove br0
	run -0 K netns move --from red to-on nv-off:moved
	run -0 K exec nv-off ip -4 -o addr show moved
	has "10.9.0.1/24"
	refused 1 "cannot change the network of 'host'" "root" -- K veth host red
	refused 1 "'pid:1'" "another user" -- K veth pid:1 red
	K kill nv-on
	K kill nv-off
	K netns delete red
	wait_for router_is_gone
}

@test "user: network prune removes what nobody is on" {
	K network create used
	K network create idle
	K network create --internal idle2
	run -0 K network prune --explain
	has "ip link delete kn-idle"
	is "$(K network ls -q | paste -sd' ')" "idle idle2 used"
	spawn_box np-one --net used -- sleep 1000
	box --net idle -- true
	run -0 K network prune
	is "$(sort <<<"$output" | paste -sd' ')" "idle idle2"
	is "$(K network ls -q)" used
	run router ip -o link
	has kn-used
	lacks kn-idle
	K kill np-one
	wait_for router_is_gone
	run -0 K network prune -f
	is "$output" used
	is "$(K network ls -q)" ""
}

@test "user: system check finds what nobody answers for in the networks' namespace, and --repair removes it" {
	K network create lab
	spawn_box nu-one --net lab -- sleep 1000
	router ip link add kv-orphan type veth peer name kv-x
	router ip link set kv-orphan alias "kokon container nobody"
	router nft flush ruleset
	run K system check
	has "interface 'kv-orphan'"
	has "firewall rules"
	run K system check --repair
	has "removed: interface 'kv-orphan'"
	run K system check
	lacks interface
	lacks firewall
	router nft list table inet kokon | grep -q masquerade
	run -0 K network reload
	is "$output" lab
}

@test "user: system check finds a router without a keeper, names without a holder, and writable layers" {
	local keeper holder
	K network create lab
	spawn_box nt-a --net lab -- sleep 1000
	keeper=$(cut -d' ' -f1 "$U/run/kokon/.network/router")
	as_test_user kill -KILL "$keeper"
	wait_for eval '! [ -e /proc/$keeper/ns/net ]'
	K kill nt-a
	wait_for eval '! [ -e "$U/run/kokon/nt-a" ]'
	mkdir -p "$U/.local/share/kokon/tops/nt-gone/"{upper,work}
	touch -d '2 hours ago' "$U/.local/share/kokon/tops/nt-gone"
	! is_root || chown -R "$TEST_UID:$TEST_UID" "$U/.local"
	! is_root || chown -R 700010:700010 "$U/.local/share/kokon/tops/nt-gone/upper"
	run K system check
	has "network namespace 'kokon-router': of networks that no container is on"
	has "writable layer 'nt-gone': $U/.local/share/kokon/tops/nt-gone"
	run K system check --repair
	has "removed: network namespace 'kokon-router'"
	has "removed: writable layer 'nt-gone'"
	[ ! -e "$U/.local/share/kokon/tops/nt-gone" ]
	run K netns list
	is "$output" ""
	# The holder of the names killed: what was mounted on them is gone with it.
	K netns add red
	holder=$(cut -d' ' -f1 "$U/run/kokon/netns/.holder")
	as_test_user kill -KILL "$holder"
	wait_for eval '! [ -e /proc/$holder/ns/net ]'
	run K system check
	has "name 'red': of a network namespace, and none is on it"
	run K system check --repair
	has "removed: name 'red'"
	# Its record lost: with the last name it ends as ever.
	K netns add red
	holder=$(cut -d' ' -f1 "$U/run/kokon/netns/.holder")
	rm "$U/run/kokon/netns/.holder"
	run K system check --repair
	has "removed: name 'red'"
	wait_for eval '! [ -e /proc/$holder/ns/net ]'
	[ ! -e "$U/run/kokon/netns/red" ]
}

# make_internet: beside the host, by eth0, a namespace 'outside' with a web server and a UDP echo.
make_internet() {
	need_root
	need pasta
	need curl
	need python3
	local outside=$T/outside
	on_host mknod "$T/tun" c 10 200
	on_host chmod 666 "$T/tun"
	on_host mount --bind "$T/tun" /dev/net/tun 2>/dev/null || skip "no /dev/net/tun"
	spawn nsenter -t "$HOST" --net --mount -- unshare --net sh -c "ip link set lo up; touch $outside; exec sleep 1000"
	wait_for test -e "$outside"
	OUTSIDE=$spawned_pid
	on_host ip link add eth0 type veth peer name eth0 netns "$OUTSIDE"
	on_host ip addr add 192.0.2.1/24 dev eth0
	on_host ip link set eth0 up
	outside ip addr add 192.0.2.2/24 dev eth0
	outside ip link set eth0 up
	mkdir -p "$U/root/www"
	echo "hello from a user" >"$U/root/www/index.html"
	chown -R "$TEST_UID:$TEST_UID" "$U/root/www"
}
outside() { nsenter -t "$OUTSIDE" --net -- "$@"; }

@test "user: out to a pretended internet by NAT, a published port from there and from here" {
	make_internet
	K network create lab
	# Without a way out the network is one for its containers. It is said once.
	spawn_box nu-one --net lab -- sleep 1000
	grep "note: your networks do not reach the outside" "$spawned_out"
	grep "no route to the outside" "$spawned_out"
	run -0 box --net lab -- ping -c1 -W20 nu-one
	lacks note
	K kill nu-one
	wait_for router_is_gone
	on_host ip route add default via 192.0.2.2
	spawn nsenter -t "$OUTSIDE" --net -- python3 -m http.server 8000 --bind 192.0.2.2 --directory "$U/root/www"
	wait_for on_host curl -sf --max-time 5 http://192.0.2.2:8000/
	spawn_box nu-web --net lab -p 8080:80 -- sh -c 'exec httpd -f -p 80 -h /www -vv 2>&1'
	local web_out=$spawned_out
	lacks_file "note" "$web_out"
	run -0 K exec nu-web timeout 20 wget -q -O - http://192.0.2.2:8000/
	is "$output" "hello from a user"
	run -0 box --net lab -- timeout 20 wget -q -O - http://192.0.2.2:8000/
	is "$output" "hello from a user"
	# The host itself is reached by its address, as from outside.
	wait_for on_host curl -sf --max-time 5 http://127.0.0.1:8080/
	run -0 on_host curl -s --max-time 20 http://192.0.2.1:8080/
	is "$output" "hello from a user"
	run -0 outside curl -s --max-time 20 http://192.0.2.1:8080/
	is "$output" "hello from a user"
	# The server sees who asks.
	wait_for grep -q "192\.0\.2\.2" "$web_out"
	run -0 K network inspect lab
	has 8080
	refused 125 "8080/tcp" "in use" -- box --net lab -p 8080:80 -- true
	refused 125 "80/tcp" "for root" -- box --net lab -p 80:80 -- true
	cat >"$U/root/echo.py" <<-'PY'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(('0.0.0.0', 7))
		while True:
		    s.sendto(b'back', s.recvfrom(99)[1])
	PY
	spawn_box nu-udp --net lab -p 127.0.0.1:5353:7/udp -p 192.0.2.1:5354:7/udp -v /usr:/usr:ro -v /lib:/lib:ro -v /lib64:/lib64:ro -- \
		/usr/bin/python3 /echo.py
	wait_for udp_echo on_host 127.0.0.1 5353
	wait_for udp_echo outside 192.0.2.1 5354
	! on_host curl -s --max-time 2 http://192.0.2.1:5353/
	local pids
	pids=$(cat "$U"/run/kokon/nu-web/pasta.pid "$U"/run/kokon/nu-udp/pasta.pid "$U"/run/kokon/.network/pasta.pid)
	is "$(wc -w <<<"$pids")" 3
	kill -KILL "$(owner_of nu-udp)"
	run -0 K kill nu-web
	wait_for swept
	wait_for router_is_gone
	for pid in $pids; do wait_for eval "! [ -e /proc/$pid ]"; done
}
@test "user: published over IPv6, one port on two addresses of the host, and by pasta alone on ::1" {
	make_internet
	on_host sh -c 'ip -6 addr add fd99::1/64 dev eth0 nodad; ip -6 addr add fd99::7/64 dev eth0 nodad; ip addr add 192.0.2.7/24 dev eth0'
	outside ip -6 addr add fd99::2/64 dev eth0 nodad
	on_host ip route add default via 192.0.2.2
	wait_for eval 'on_host ip -6 -o addr show dev eth0 scope link | grep -qv tentative'
	K network create --ipv6 six
	K network create lab
	mkdir -p "$U/root/two"
	echo "the other" >"$U/root/two/index.html"
	spawn_box nu-six --net six -p 8080:80 -p '[fd99::1]:8081:80' -p '[::1]:8082:80' -- httpd -f -p 80 -h /www
	wait_for fetches on_host "http://127.0.0.1:8080/"
	for url in "http://[::1]:8080/" "http://192.0.2.1:8080/" "http://[fd99::1]:8080/" "http://[fd99::1]:8081/" "http://[::1]:8082/"; do
		wait_for fetches on_host "$url"
	done
	for url in "http://192.0.2.1:8080/" "http://[fd99::1]:8080/" "http://[fd99::7]:8080/" "http://[fd99::1]:8081/"; do
		wait_for fetches outside "$url"
	done
	for url in "http://[fd99::7]:8081/" "http://[fd99::1]:8082/"; do
		run outside curl -sf --max-time 2 "$url"
		[ "$status" -ne 0 ]
	done
	refused 125 "8081/tcp" "in use" -- box --net six -p '[fd99::1]:8081:80' -- true
	refused 125 "'[fd99::1]:8083->80/tcp'" "it has no IPv6" -- box --net lab -p '[fd99::1]:8083:80' -- true
	# Two containers have one port on two addresses; of one container, pasta has it once.
	spawn_box nu-a --net lab -p 192.0.2.1:9090:80 -p 127.0.0.1:9091:80 -- httpd -f -p 80 -h /www
	spawn_box nu-b --net lab -p 192.0.2.7:9090:80 -- httpd -f -p 80 -h /two
	wait_for fetches outside http://192.0.2.1:9090/ "hello from a user"
	wait_for fetches outside http://192.0.2.7:9090/ "the other"
	wait_for fetches on_host http://127.0.0.1:9091/ "hello from a user"
	refused 125 "'127.0.0.2:9091->80/tcp'" "publish on 127.0.0.1" -- box --net lab -p 127.0.0.2:9091:80 -- true
	refused 125 "'192.0.2.7:9093->81/tcp'" "another address has this port" -- \
		box --net lab -p 192.0.2.1:9093:80 -p 192.0.2.7:9093:81 -- true
	# A container reaches the host by the name that stands for it.
	spawn nsenter -t "$HOST" --net -- python3 -m http.server 8200 --bind 192.0.2.1 --directory "$U/root/www"
	wait_for fetches on_host http://192.0.2.1:8200/
	run -0 box --net lab --add-host me:host-gateway -- timeout 20 wget -q -O - http://me:8200/
	is "$output" "hello from a user"
	# Without a network of kokon.
	refused 125 "pasta cannot" "a route to the outside over IPv6" -- box -p '[::1]:8300:80' -- true
	on_host ip -6 route add default via fd99::2
	spawn_box nu-alone -p '[::1]:8300:80' -p '[fd99::1]:8301:80' -- httpd -f -p 80 -h /www
	wait_for fetches on_host "http://[::1]:8300/"
	wait_for fetches outside "http://[fd99::1]:8301/"
	refused 125 "--add-host 'me:host-gateway'" -- box --net pasta --add-host me:host-gateway -- true
	for name in nu-six nu-a nu-b nu-alone; do K kill $name; done
	wait_for swept
	wait_for router_is_gone
	# A host without IPv6.
	on_host sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6'
	refused 125 "no interface of this host has IPv6" -- box --net six -p '[::1]:8081:80' -- true
	spawn_box nu-four --net six -p 8080:80 -- httpd -f -p 80 -h /www
	wait_for fetches outside http://192.0.2.1:8080/
	K kill nu-four
	wait_for swept
	wait_for router_is_gone
}
# fetches WHERE URL [TEXT]
fetches() { [ "$("$1" curl -sf --max-time 5 "$2")" = "${3:-hello from a user}" ]; }

lacks_file() { ! grep "$1" "$2"; }
# udp_echo WHERE ADDRESS PORT: something comes back.
udp_echo() { "$1" python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2); s.sendto(b"x\n", (sys.argv[1], int(sys.argv[2]))); assert s.recv(99)' "$2" "$3"; }

@test "user: the lecture's namespaces: empty, a cable with two addresses, three on a bridge, rules and sockets apart" {
	local name
	for name in red blue green hub; do K netns add $name; done
	run -0 K netns exec red ip -brief link
	is "${#lines[@]}" 1
	has lo
	has DOWN
	! K netns exec red busybox ping -c1 -W1 127.0.0.1
	K veth red=10.0.0.1/24,fd00::1/64 blue=10.0.0.2/24,fd00::2/64
	run -0 K netns exec red busybox ping -c1 -W20 10.0.0.2
	run -0 K netns exec blue busybox ping -c1 -W20 10.0.0.1
	run -0 K netns exec blue busybox ping6 -c1 -W20 fd00::1
	K bridge --in hub br0=10.1.0.254/24 red=10.1.0.1/24 blue=10.1.0.2/24 green=10.1.0.3/24
	run -0 K netns exec green busybox ping -c1 -W20 10.1.0.1
	run -0 K netns exec red busybox ping -c1 -W20 10.1.0.254
	K netns exec red nft add table inet mine
	run -0 K netns exec red nft list tables
	has mine
	run -0 K netns exec blue nft list tables
	is "$output" ""
	# A socket of red's is none of blue's.
	run -0 K netns exec red sh -c 'busybox nc -l -p 7777 </dev/null & server=$!
		until cat /proc/net/tcp /proc/net/tcp6 | grep -q :1E61; do sleep 0.05; done
		"$0" netns exec blue cat /proc/net/tcp /proc/net/tcp6 | grep -c :1E61
		kill $server' "$KOKON"
	is "$output" 0
	K netns delete red blue green hub
}
