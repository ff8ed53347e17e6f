# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2013,SC2016,SC2034,SC2154 # inner shells expand their own; bats gives output
# Networks for containers. "The host" is made for each test (net-host.bash).
load lib
load net-host

@test "network create, ls, inspect, rm: bridge, subnet, gateway" {
	need_root
	need jq
	run -0 --separate-stderr K network create lab
	is "$output" lab
	run -0 K network ls
	has "lab"
	has "10.210.0.0/24"
	run -0 on_host ip -o addr show kn-lab
	has "10.210.0.1/24"
	run -0 K network create --ipv6 --subnet 10.99.0.0/16 --gateway 10.99.255.1 --mtu 1400 --interface br-x --isolate two
	run -0 K network inspect two
	is "$(jq -r '.[0] | .driver, .interface, .mtu, .isolated, .subnets[0].subnet, .subnets[0].gateway' <<<"$output" | paste -sd' ')" \
		"bridge br-x 1400 true 10.99.0.0/16 10.99.255.1"
	is "$(jq -r '.[0].subnets[1].subnet' <<<"$output" | cut -c1-2)" fd
	run -0 on_host ip -o link show br-x
	has "mtu 1400"
	run -0 K network ls --json
	is "$(jq -r '.networks | length' <<<"$output")" 2
	run -0 K network ls -q
	is "$(paste -sd' ' <<<"$output")" "lab two"
	run -0 K network rm lab two
	is "$(on_host ip -o link | wc -l)" 1
	is "$(on_host nft list tables)" ""
	run -0 K network ls -q
	is "$output" ""
}

@test "network create refuses what cannot be" {
	need_root
	on_host ip link add eth0 type bridge
	on_host ip addr add 10.1.2.3/20 dev eth0
	on_host ip link set eth0 up
	K network create --subnet 10.50.0.0/24 a
	refused 1 "10.1.3.0/24" "the route 10.1.0.0/20 of eth0" -- K network create --subnet 10.1.3.0/24 x
	refused 1 "the subnet 10.50.0.0/24 of a" -- K network create --subnet 10.50.0.0/16 x
	refused 1 "already" -- K network create a
	run -0 K network create --ignore a
	refused 1 "10.1.1.1/24" "10.1.1.0/24" -- K network create --subnet 10.1.1.1/24 x
	refused 1 "too small" -- K network create --subnet 10.70.0.0/31 x
	refused 1 "not for networks" -- K network create --subnet 127.0.0.0/24 x
	refused 1 "gateway" -- K network create --subnet 10.70.0.0/24 --gateway 10.71.0.1 x
	refused 1 "range" -- K network create --subnet 10.70.0.0/24 --ip-range 10.71.0.0/28 x
	refused 1 "name" -- K network create "a b"
	refused 1 "'host'" -- K network create host
	refused 1 "eth0" "already" -- K network create --interface eth0 x
	refused 2 "15" -- K network create --interface a-name-too-long-for-linux x
	refused 2 "no size" -- K network create --mtu 10 x
	refused 2 "driver" -- K network create --driver nosuch x
	refused 2 "second" -- K network create --subnet 10.80.0.0/24 --subnet 10.81.0.0/24 x
	refused 1 "1280" -- K network create --ipv6 --mtu 1000 x
	refused 1 "did you mean 'abc'" -- eval 'K network create abc >/dev/null 2>&1; K network inspect abd'
	is "$(K network ls -q | paste -sd' ')" "a abc"
}

@test "a container on a network: address, routes, hosts, resolv.conf, ping to the gateway" {
	need_root
	K network create lab 2>/dev/null
	run -0 box --net lab --name nt-one -- sh -c 'ip -4 -o addr show eth0; ip route; cat /etc/hosts /etc/hostname; ping -c1 -W5 10.210.0.1'
	has "10.210.0.2/24"
	has "default via 10.210.0.1"
	has "10.210.0.2	nt-one"
	has "host.containers.internal"
	has "1 packets received"
	run -0 box --net lab:ip=10.210.0.77,mac=02:00:00:00:00:09,interface=net7 -- ip addr show net7
	has "10.210.0.77/24"
	has "02:00:00:00:00:09"
	run -0 box --net lab --dns 192.0.2.1 --dns-search example.org --dns-option ndots:3 --add-host db:10.0.0.5 --add-host me:host-gateway -- \
		cat /etc/resolv.conf /etc/hosts
	has "search example.org"
	has "options ndots:3"
	has "10.0.0.5	db"
	has "10.210.0.1	me"
	is "$(K network inspect lab | jq '.[0].containers | length')" 0
	# The host is where it has an address: on a bridge, also an internal one; else it is said.
	K network create --internal inner
	run -0 box --net inner --net lab --add-host me:host-gateway -- cat /etc/hosts
	has "10.210.1.1	me"
	refused 125 "--add-host 'me:host-gateway'" "an address of this host" "kokon network create" -- \
		box --net none --add-host me:host-gateway -- true
	refused 125 "--add-host 'me:host-gateway'" -- box --net host --add-host me:host-gateway -- true
	is "$(find "$T/run" -mindepth 1 -maxdepth 1 ! -name .network)" ""
	refused 1 "there is no network" -- K network inspect nosuch
}

@test "several networks at once, internal ones have no way out" {
	need_root
	K network create a 2>/dev/null
	K network create --internal b
	run -0 box --net b --net a -- sh -c 'ip -4 -o addr; ip route'
	has "eth0    inet 10.210.1."
	has "eth1    inet 10.210.0."
	has "default via 10.210.0.1 dev eth1"
	run -0 box --net b -- ip route
	lacks "default"
	refused 125 "internal" -- box --net b -p 80:80 -- true
	refused 125 "given twice" -- box --net a --net a -- true
	refused 125 "combined" -- box --net a --net none -- true
}

@test "run refuses networks, addresses and ports that cannot be" {
	need_root
	K network create --subnet 10.60.0.0/29 small 2>/dev/null
	refused 125 "nosuch" "kokon network create" -- box --net nosuch -- true
	refused 125 "has no address '10.9.9.9'" -- box --net small:ip=10.9.9.9 -- true
	refused 125 "gateway" -- box --net small:ip=10.60.0.1 -- true
	refused 125 "hardware address" -- box --net small:mac=xyz -- true
	refused 125 "unknown option" -- box --net small:foo=1 -- true
	refused 125 "given twice" -- box -p 80:80 -p 80:81 -- true
	refused 125 "no port to publish" -- box -p 99999:80 -- true
	refused 125 "same length" -- box -p 80-82:80-81 -- true
	refused 125 "[::1]:80->80/tcp" "no IPv6" "--ipv6" -- box --net small -p '[::1]:80:80' -- true
	refused 125 "--publish needs a network" -- box --net none -p 80:80 -- true
	refused 125 "no address" -- box --net small --dns nonsense -- true
	for i in 2 3 4 5 6; do spawn_box "nt-c$i" --net small -- sleep 100; done
	refused 125 "out of addresses" "10.60.0.0/29" -- box --net small -- true
	refused 125 "given to 'nt-c" -- box --net small:ip=10.60.0.3 -- true
	refused 1 "in use by 5 containers" -- K network rm small
	K kill --all
	run -0 K network rm small
}

@test "fifty at once: no address is given twice, and none is left taken" {
	need_root
	K network create lab 2>/dev/null
	for i in $(seq 50); do
		box --net lab --name "nt-c$i" -- ip -4 -o addr show eth0 >"$T/address.$i" 2>&1 3>&- &
	done
	# shellcheck disable=SC2046 # a list of process numbers
	wait $(jobs -p | grep -vx "$HOST")
	is "$(cat "$T"/address.* | grep -c 'inet 10.210.0.')" 50
	is "$(cat "$T"/address.* | grep -o 'inet [0-9.]*' | sort -u | wc -l)" 50
	is "$(K network inspect lab | jq '.[0].containers | length')" 0
}

@test "published ports: from outside, from the host and its loopback, from the container's neighbours" {
	need_root
	need curl
	need jq
	K network create lab 2>/dev/null
	# A pretend internet: another namespace behind eth0 of the host.
	on_host ip netns add outside 2>/dev/null || skip "named namespaces cannot be made here"
	on_host ip link add eth0 type veth peer name eth0 netns outside
	on_host ip addr add 192.0.2.1/24 dev eth0
	on_host ip link set eth0 up
	on_host ip -n outside addr add 192.0.2.2/24 dev eth0
	on_host ip -n outside link set eth0 up
	mkdir "$T/root/www"
	echo hello from inside >"$T/root/www/index.html"
	printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"; echo "you are $REMOTE_ADDR"\n' >"$T/root/www/who"
	mkdir "$T/root/www/cgi-bin"
	mv "$T/root/www/who" "$T/root/www/cgi-bin/who"
	chmod 755 "$T/root/www/cgi-bin/who"
	spawn_box nt-web --net lab -p 8080:80 -p 127.0.0.1:8081:80 -- httpd -f -p 80 -h /www
	wait_for on_host curl -sf --max-time 5 http://127.0.0.1:8080/
	run -0 on_host curl -s --max-time 10 http://192.0.2.1:8080/
	is "$output" "hello from inside"
	run -0 on_host curl -s --max-time 10 http://127.0.0.1:8081/
	run -0 on_host ip netns exec outside curl -s --max-time 10 http://192.0.2.1:8080/cgi-bin/who
	has "192.0.2.2"
	refused 7 -- on_host ip netns exec outside curl -sS --max-time 10 http://192.0.2.1:8081/
	# Hairpin: by the host's address, from the same network.
	run -0 box --net lab -- wget -q -O - http://192.0.2.1:8080/
	is "$output" "hello from inside"
	# The way out is masqueraded: the outside knows no route back to 10.210.0.0/24.
	run -0 box --net lab -- ping -c 1 -W 10 192.0.2.2
	has "1 packets received"
	# The host's loopback is no way in from a container.
	run on_host nft list chain inet kokon guard
	has "127.0.0.0/8 drop"
	refused 125 "8080" "use" -- box --net lab -p 8080:80 -- true
	# After somebody flushed all rules.
	on_host nft flush ruleset
	refused 7 -- on_host curl -sS --max-time 10 http://192.0.2.1:8080/
	run -0 K network reload
	run -0 on_host curl -s --max-time 10 http://192.0.2.1:8080/
	is "$output" "hello from inside"
	K kill nt-web
	on_host ip netns delete outside
}

# The test's own network namespace has this switch of br_netfilter, where the kernel has it at all.
bridge_nf() { [ ! -e /proc/sys/net/bridge ] || on_host sysctl -qw net.bridge.bridge-nf-call-ip6tables="$1"; }

@test "published on [::1], and on any address reached by it" {
	need_root
	need curl
	bridge_nf 0
	K network create --ipv6 six 2>/dev/null
	mkdir "$T/root/www"
	echo hello from six >"$T/root/www/index.html"
	spawn_box nt-six --net six -p '[::1]:8080:80' -p 8081:80 -- httpd -f -p '[::]:80' -h /www
	wait_for on_host curl -sf --max-time 5 'http://[::1]:8080/'
	run -0 on_host curl -s --max-time 10 'http://[::1]:8080/'
	is "$output" "hello from six"
	run -0 on_host curl -s --max-time 10 'http://[::1]:8081/'
	is "$output" "hello from six"
	refused 7 -- on_host curl -sS --max-time 10 http://127.0.0.1:8080/
	refused 125 "8080" "use" -- box --net six -p '[::1]:8080:80' -- true
	# No way in for the container.
	run on_host nft list chain inet kokon guard
	has "ip6 daddr ::1 drop"
	K kill nt-six
	[ -e /proc/sys/net/bridge ] || return 0
	bridge_nf 1
	refused 125 "[::1]:8080->80/tcp" "br_netfilter" "127.0.0.1" -- box --net six -p '[::1]:8080:80' -- true
	# Elsewhere published, ::1 is left to the host's own programs at once, instead of after minutes.
	K network reload
	spawn_box nt-any --net six -p 8081:80 -- httpd -f -p '[::]:80' -h /www
	wait_for on_host curl -sf --max-time 5 http://127.0.0.1:8081/
	refused 7 -- on_host curl -sS --max-time 10 'http://[::1]:8081/'
	K kill nt-any
}

@test "isolated networks hear nothing of each other, others do" {
	need_root
	for n in a b; do K network create $n 2>/dev/null; done
	K network create --isolate c
	spawn_box nt-one --net a:ip=10.210.0.5 -- sleep 100
	run -0 box --net b -- ping -c 1 -W 10 10.210.0.5
	run -1 box --net c -- ping -c 1 -W 1 10.210.0.5
	K kill nt-one
}

@test "prune, reload after the bridge was removed, --explain does nothing and can be run" {
	need_root
	K network create a 2>/dev/null
	spawn_box nt-one --net a -- sleep 100
	run -0 --separate-stderr K network create --trace b
	is "$output" b
	[[ $stderr == *"ip link add"*"nft -f"*"# done after "*" ms" ]]
	run -0 --separate-stderr K network prune --trace
	is "$output" b
	[[ $stderr == *"ip link del"*"# done after "*" ms" ]]
	K kill nt-one
	on_host ip link delete kn-a
	run -0 box --net a -- ip -4 -o addr show eth0
	has "10.210.0."
	run -0 --separate-stderr K network create --explain --ipv6 x
	is "$(K network ls -q)" a
	K network rm a
	on_host sh -e -c "$(sed '/nft -f/,$d' <<<"$output")"
	run -0 on_host ip -o addr show kn-x
	has "10.210."
	run -0 K run --rootfs "$T/root" --net x --explain -- true
	has "ip link add PAIR"
}

# A name server of 'the host', on 192.0.2.53: 192.0.2.99 for every name. By UDP and TCP.
spawn_name_server() {
	on_host ip addr add 192.0.2.53/32 dev lo
	cat >"$T/server.py" <<'PY'
import socket, struct, sys, threading
def answer(q):
    return q[:2] + b'\x81\x80' + q[4:6] + b'\0\1\0\0\0\0' + q[12:q.index(b'\0', 12) + 5] + b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x63'
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(('192.0.2.53', 53))
t = socket.socket()
t.bind(('192.0.2.53', 53))
t.listen()
def tcp():
    while True:
        c, _ = t.accept()
        a = answer(c.recv(4096)[2:])
        c.sendall(struct.pack('>H', len(a)) + a)
        c.close()
threading.Thread(target=tcp, daemon=True).start()
open(sys.argv[1], 'w').close()
while True:
    d, a = u.recvfrom(4096)
    u.sendto(answer(d), a)
PY
	spawn nsenter -t "$HOST" --net --mount -- python3 "$T/server.py" "$T/server-is-up"
	wait_for test -e "$T/server-is-up"
}

@test "names: of containers, their aliases, the other way round, and those of the outside" {
	need_root
	need python3
	K network create --ipv6 --subnet 10.44.0.0/24 --subnet fd44::/64 lab 2>/dev/null
	K network create --disable-dns mute 2>/dev/null
	spawn_name_server
	spawn_box nt-web --net lab:ip=10.44.0.7,alias=db,alias=Data -- sleep 100
	run -0 box --net lab --dns 192.0.2.53 -- sh -c 'cat /etc/resolv.conf; nslookup nt-web; nslookup data; nslookup NT-WEB; nslookup 10.44.0.7
		nslookup fd44::7; nslookup www.example.org; ping -c1 -W 10 db'
	has "nameserver 127.0.0.11"
	is "$(grep -c 'Address: 10.44.0.7' <<<"$output")" 3
	is "$(grep -c 'Address: fd44::7' <<<"$output")" 3
	has "7.0.44.10.in-addr.arpa	name = nt-web"
	is "$(grep -c 'name = nt-web' <<<"$output")" 2
	has "Address: 192.0.2.99"
	has "packets received"
	# Not from a network that it is not on; a network without names has none.
	run box --net mute --dns 192.0.2.53 -- sh -c 'cat /etc/resolv.conf; nslookup nt-web 127.0.0.11'
	has "nameserver 192.0.2.53"
	lacks "10.44.0.7"
	K network create b 2>/dev/null
	run box --net b -- nslookup nt-web
	lacks "10.44.0.7"
	# By TCP, and nonsense, which is not answered and harms nobody.
	cat >"$T/root/query" <<'SH'
printf '\0\35\1\2\1\0\0\1\0\0\0\0\0\0\6nt-web\0\0\1\0\1' | head -c 29 >/q
{ printf '\0\30\1\2\1\0\0\1\0\0\0\0\0\0\6nt-web\0\0\1\0\1'; sleep 1; } | nc 127.0.0.11 53 | od -An -tu1 | tr -s ' \n' ' '
head -c 500 /dev/urandom | nc -u -w 1 127.0.0.11 53
head -c 500 /dev/urandom | nc -w 1 127.0.0.11 53
nslookup nt-web
SH
	run -0 box --net lab -- sh /query
	has "10 44 0 7"
	has "Address: 10.44.0.7"
	K kill nt-web
}

@test "an ordinary user reaches the outside and publishes ports through pasta" {
	need_root
	need_user_namespaces
	need pasta
	need curl
	need python3
	on_host ip netns add outside 2>/dev/null || skip "named namespaces cannot be made here"
	on_host ip link add eth0 type veth peer name eth0 netns outside
	on_host ip addr add 192.0.2.1/24 dev eth0
	on_host ip link set eth0 up
	on_host ip -n outside addr add 192.0.2.2/24 dev eth0
	on_host ip -n outside link set eth0 up
	cp -a "$T/root" "$U/root"
	mkdir -p "$U/root/www"
	echo "hello from a user" >"$U/root/www/index.html"
	chown -R "$TEST_UID:$TEST_UID" "$U/root"
	local -a as_users=(nsenter -t "$HOST" --net --mount -- env -i HOME="$U" XDG_RUNTIME_DIR="$U/run" PATH="$PATH"
		setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups --inh-caps=-all -- "$KOKON")
	user() { "${as_users[@]}" "$@"; }
	on_host mknod "$T/tun" c 10 200
	on_host chmod 666 "$T/tun"
	on_host mount --bind "$T/tun" /dev/net/tun 2>/dev/null || skip "no /dev/net/tun"
	refused 125 "pasta" "route" -- user run --rootfs "$U/root" --net pasta -- true
	on_host ip route add default via 192.0.2.2
	spawn nsenter -t "$HOST" --net --mount -- ip netns exec outside python3 -m http.server 8000 --bind 192.0.2.2 --directory "$U/root/www"
	wait_for on_host curl -sf --max-time 5 http://192.0.2.2:8000/
	run -0 user run --rootfs "$U/root" --net pasta -- wget -q -O - http://192.0.2.2:8000/
	is "$output" "hello from a user"
	spawn "${as_users[@]}" run --rootfs "$U/root" --name nt-user -p 8080:80 -- httpd -f -p 80 -h /www
	wait_for on_host curl -sf --max-time 5 http://127.0.0.1:8080/
	run -0 on_host ip netns exec outside curl -s --max-time 10 http://192.0.2.1:8080/
	is "$output" "hello from a user"
	refused 125 "in use" -- user run --rootfs "$U/root" -p 8080:80 -- true
	refused 125 "below 1024" -- user run --rootfs "$U/root" -p 80:80 -- true
	pasta=$(cat "$U/run/kokon/nt-user/pasta.pid")
	run -0 user kill nt-user
	wait_for eval '! [ -e /proc/$pasta ]'
	# Killed, pasta goes with the next command.
	spawn "${as_users[@]}" run --rootfs "$U/root" --name nt-user -p 8080:80 -- sleep 100
	wait_for grep -q "^status running" "$U/run/kokon/nt-user/record"
	pasta=$(cat "$U/run/kokon/nt-user/pasta.pid")
	kill -KILL "$(sed -n 's/^owner //p' "$U/run/kokon/nt-user/record")"
	wait_for eval 'user ps >/dev/null; ! [ -e /proc/$pasta ]'
	on_host ip netns delete outside
}

@test "connect and disconnect: a running container is plugged in and out" {
	need_root
	K network create a 2>/dev/null
	K network create b 2>/dev/null
	spawn_box nt-one -- sleep 100
	run -0 K network connect --alias db --ip 10.210.0.9 a nt-one
	run -0 K network connect b nt-one
	run -0 K exec nt-one sh -c 'ip -4 -o addr; ip route'
	has "eth0    inet 10.210.0.9/24"
	has "eth1    inet 10.210.1.2/24"
	has "default via 10.210.0.1 dev eth0"
	run -0 box --net a -- sh -c 'nslookup db; ping -c 1 -W 10 nt-one'
	has "10.210.0.9"
	refused 1 "already" -- K network connect a nt-one
	refused 1 "no network" -- K network connect nosuch nt-one
	refused 1 "nosuch" -- K network connect a nosuch
	refused 2 "no IPv4 address" -- K network connect --ip x a nt-one
	refused 2 "hardware" -- K network connect --mac-address x a nt-one
	refused 2 "a network and a container" -- K network connect a
	run -0 --separate-stderr K network disconnect --explain a nt-one
	has "ip link delete kv"
	run -0 --separate-stderr K network disconnect --trace a nt-one
	[[ $stderr == *"ip link delete kv"*"# done after "*" ms" ]]
	run -0 K exec nt-one ip -4 -o addr
	lacks "10.210.0.9"
	has "10.210.1.2"
	refused 1 "is not on the network" -- K network disconnect a nt-one
	run -0 K network disconnect --force a nt-one
	run -0 --separate-stderr K network connect --explain a nt-one
	has "ip link add"
	run -0 K network rm --force b
	run -0 K exec nt-one ip -4 -o addr
	lacks "10.210.1.2"
	run -0 K network connect a nt-one
	K kill nt-one
	is "$(K network inspect a | jq '.[0].containers | length')" 0
	spawn_box nt-one --net host -- sleep 100
	refused 1 "host's network" -- K network connect a nt-one
	K kill nt-one
}

@test "run --net-rate: a token bucket on both ends" {
	need_root
	need tc
	K network create lab 2>/dev/null
	spawn_box nt-one --net lab --net-rate 10mbit -- sleep 100
	run -0 on_host tc qdisc show
	has "tbf"
	has "rate 10Mbit"
	pid=$(sed -n 's/^pid //p' "$T/run/nt-one/record")
	run -0 on_host nsenter -t "$pid" --net tc qdisc show dev eth0
	has "rate 10Mbit"
	K kill nt-one
	spawn_box nt-one --net lab --net-rate 40gbit -- sleep 100
	run -0 on_host tc qdisc show
	has "rate 40Gbit"
	K kill nt-one
	# 1 MB at 8 Mbit/s takes a second; without a limit a hundredth of it.
	spawn_box nt-two --net lab:ip=10.210.0.99 -- nc -ll -p 1000 -e sh -c 'cat >/dev/null; echo end'
	run -0 box --net lab --net-rate 8mbit -- sh -c 'sleep 1; s=$(cut -d. -f1 /proc/uptime)
		head -c 3000000 /dev/zero | nc 10.210.0.99 1000; e=$(cut -d. -f1 /proc/uptime); echo "took $((e - s))"'
	[ "${output##*took }" -ge 2 ]
	K kill nt-two
	refused 125 "--net-rate" "8kbit" -- box --net lab --net-rate 10 -- true
	refused 125 "--net-rate" -- box --net lab --net-rate 1bit -- true
	refused 125 "needs a network" -- box --net-rate 10mbit -- true
	run -0 box --net lab --net-rate 1mbit --explain -- true
	has "tbf rate 1000000bit"
}
