# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154 # inner shells expand their own; bats gives output
# Networks that plugins of CNI make. Real ones (containernetworking-plugins) where it matters what comes to
# be, one of our own where it matters what plugins are told, and what they may do wrong.
load lib
load net-host

setup() {
	common_setup
	HOST=
	is_root || return 0
	need jq
	make_host
	mkdir -p "$T/net.d" "$T/plugins" "$T/leases" "$T/calls"
	export NETCONFPATH=$T/net.d CNI_PATH=/usr/lib/cni:$T/plugins
	fake_plugin
}

# A plugin that notes its calls in $T/calls/N.COMMAND, and does what "do" of its configuration says.
fake_plugin() {
	sed "s:CALLS:$T/calls:g" >"$T/plugins/fake" <<'EOF'
#!/bin/sh
config=$(cat)
n=$(($(ls CALLS | wc -l) + 1))
{ env | grep ^CNI_; printf '%s\n' "$config"; } >CALLS/$n.$CNI_COMMAND
what=$(printf %s "$config" | jq -r --arg c "$CNI_COMMAND" '.["do " + $c] // ""')
case $what in
"") ;;
wait) touch CALLS/../waits; while [ ! -e CALLS/../go ]; do sleep 0.05; done ;;
hang) exec sleep 100 ;;
"exit "*) echo "it went wrong" >&2; $what ;;
die) kill -9 $$ ;;
*) printf '%s\n' "$what"; case $what in *'"code"'*) exit 1 ;; esac; exit ;;
esac
[ "$CNI_COMMAND" != ADD ] || printf '{"cniVersion": "1.0.0", "ips": [{"address": "10.77.0.%s/24"}]}\n' "$n"
EOF
	chmod 755 "$T/plugins/fake"
}

# network NAME [KEY=JSON...] <<< PLUGINS: writes a list of plugins; more keys for the whole.
network() {
	local name=$1 extra= pair
	shift
	for pair; do extra+=", \"${pair%%=*}\": ${pair#*=}"; done
	printf '{"cniVersion": "1.0.0", "name": "%s"%s, "plugins": [%s]}\n' "$name" "$extra" "$(cat)" >"$T/net.d/$name.conflist"
}
need_plugins() { [ -x /usr/lib/cni/bridge ] || skip "no plugins of CNI on this machine (containernetworking-plugins)"; }
# bridge NAME SUBNET-BEGIN [MORE PLUGINS]: Debian's plugins, as people configure them.
bridge() {
	need_plugins
	network "$1" <<<"{\"type\": \"bridge\", \"bridge\": \"br-$1\", \"isGateway\": true, \"ipam\": {\"type\": \"host-local\",
		\"dataDir\": \"$T/leases\", \"ranges\": [[{\"subnet\": \"$2.0/24\"}]], \"routes\": [{\"dst\": \"0.0.0.0/0\"}]},
		\"dns\": {\"nameservers\": [\"$2.1\"], \"search\": [\"$1.example\"]}}${3:+, $3}"
}
calls() { find "$T/calls" -type f -printf '%f\n' | sort -n | paste -sd' '; }
# told N: the configuration of call N.
told() { sed '/^CNI_/d' "$T/calls/$1".*; }
none_left() { [ -z "$(find "$T/run" -mindepth 1 -maxdepth 1 ! -name .network)" ] && ! on_host grep "cni-netns" /proc/self/mountinfo; }
leases() { find "$T/leases" -type f -name '[0-9]*' | wc -l; }
# Nothing is said of this test's containers. What others on the machine leave is theirs.
checked() { run K system check; lacks "'ct-"; }
owner_of() { awk '$1 == "owner" { print $2 }' "$T/run/$1/record"; }

@test "a container on a CNI network of the machine: address, route, names, and nothing left" {
	need_root
	bridge lab 10.88.1
	run -0 box --net cni:lab --name ct-one -- sh -c 'ip -4 -o addr show eth0; ip route; cat /etc/hosts /etc/resolv.conf; ping -c1 -W5 10.88.1.1'
	has "10.88.1.2/24"
	has "default via 10.88.1.1"
	has "10.88.1.2	ct-one"
	has "10.88.1.1	host.containers.internal"
	has "nameserver 10.88.1.1"
	has "search lab.example"
	has "1 packets received"
	none_left
	is "$(leases)" 0
	# What the user gives goes before what the network says.
	run -0 box --net cni:lab --dns 192.0.2.9 --dns-search mine.example --add-host gw:host-gateway -- cat /etc/resolv.conf /etc/hosts
	has "nameserver 192.0.2.9"
	has "search mine.example"
	has "10.88.1.1	gw"
	lacks "lab.example"
	# Two CNI networks and one of kokon, addresses of one's choice.
	bridge two 10.88.2
	K network create own >/dev/null 2>&1
	run -0 box --net cni:lab:ip=10.88.1.77,mac=02:00:00:00:00:09,interface=net7 --net own --net cni:two -- sh -c 'ip -o addr; ip -o link show net7'
	has "net7    inet 10.88.1.77/24"
	has "02:00:00:00:00:09"
	has "eth1    inet 10.210.0.2/24"
	has "eth2    inet 10.88.2."
	none_left
	network fixed <<<'{"type": "fake"}'
	refused 125 "gives the address '10.77.0.1' and not '10.77.0.200'" '"ips"' -- box --net cni:fixed:ip=10.77.0.200 -- true
	none_left
	is "$(leases)" 0
}

@test "ports and rates go to the plugins that have the capability" {
	need_root
	need_plugins
	need curl
	on_host iptables -t nat -L >/dev/null 2>&1 || skip "no iptables that works on this kernel"
	bridge lab 10.88.1 '{"type": "portmap", "capabilities": {"portMappings": true}}, {"type": "bandwidth", "capabilities": {"bandwidth": true}}'
	spawn_box ct-web --net cni:lab -p 8080:80 --net-rate 10mbit -- sh -c 'echo served >/root/index.html; exec httpd -f -p 80 -h /root'
	wait_for on_host curl -fsS -m 5 http://10.88.1.1:8080/
	is "$(on_host curl -fsS -m 5 http://10.88.1.1:8080/)" served
	on_host tc qdisc show | grep "tbf.*rate 10Mbit"
	refused 125 "8080" "another container" -- box --net cni:lab -p 8080:80 -- true
	run -0 K kill ct-web
	wait_for none_left
	is "$(leases)" 0
	is "$(on_host iptables-save | grep -c "10.88.1")" 0
	bridge bare 10.88.3
	refused 125 "--publish: no plugin of the CNI network 'bare' has the capability 'portMappings'" portmap -- box --net cni:bare -p 80:80 -- true
	refused 125 "--net-rate" "'bandwidth'" -- box --net cni:bare --net-rate 1mbit -- true
	refused 125 "'aliases'" -- box --net cni:bare:alias=db -- true
}

@test "what plugins are told: chaining, capabilities, CHECK, DEL backwards with the result" {
	need_root
	network chain 'keep={"a": 1}' <<<'{"type": "fake", "n": 18446744073709551615, "capabilities": {"portMappings": true, "mac": true, "ips": false, "aliases": true}},
		{"type": "fake", "second": [1, "\u00e9\n"], "capabilities": {"bandwidth": true}, "prevResult": "old"}'
	spawn_box ct-chain --net cni:chain:ip=10.77.0.2,alias=db,alias=sql,mac=02:00:00:00:00:07 -p 127.0.0.1:9000-9001:80-81/udp --net-rate 1mbit -- sleep 100
	is "$(calls)" "1.ADD 2.ADD"
	grep -x "CNI_CONTAINERID=ct-chain" "$T/calls/1.ADD"
	grep -x "CNI_IFNAME=eth0" "$T/calls/1.ADD"
	grep -x "CNI_PATH=$CNI_PATH" "$T/calls/1.ADD"
	grep -x "CNI_ARGS=IgnoreUnknown=1;IP=10.77.0.2" "$T/calls/1.ADD"
	grep -x "CNI_NETNS=/run/kokon/ct-chain/cni-netns" "$T/calls/1.ADD"
	is "$(told 1 | jq -c '[.name, .cniVersion, .type, has("capabilities"), has("prevResult"), has("keep")]')" '["chain","1.0.0","fake",false,false,false]'
	grep '18446744073709551615' "$T/calls/1.ADD"
	is "$(told 1 | jq -c .runtimeConfig.portMappings)" '[{"hostPort":9000,"containerPort":80,"protocol":"udp","hostIP":"127.0.0.1"},{"hostPort":9001,"containerPort":81,"protocol":"udp","hostIP":"127.0.0.1"}]'
	is "$(told 1 | jq -c '.runtimeConfig | del(.portMappings)')" '{"mac":"02:00:00:00:00:07","aliases":["db","sql"]}'
	is "$(told 2 | jq -c '[.runtimeConfig.bandwidth.ingressRate, .runtimeConfig.bandwidth.egressRate, (.runtimeConfig | length)]')" '[1000000,1000000,1]'
	is "$(told 2 | jq -c '[.second[1], .prevResult.ips[0].address]')" '["é\n","10.77.0.1/24"]'
	checked
	is "$(calls)" "1.ADD 2.ADD 3.CHECK 4.CHECK"
	is "$(told 3 | jq -r .prevResult.ips[0].address)" 10.77.0.2/24
	run -0 K kill ct-chain
	wait_for none_left
	is "$(calls)" "1.ADD 2.ADD 3.CHECK 4.CHECK 5.DEL 6.DEL"
	is "$(told 5 | jq -c '[.second[0], .prevResult.ips[0].address]')" '[1,"10.77.0.2/24"]'
	is "$(told 6 | jq -c '[.runtimeConfig.mac, .prevResult.ips[0].address]')" '["02:00:00:00:00:07","10.77.0.2/24"]'
	# An old one alone, without CHECK; the highest version of several.
	echo '{"name": "old", "type": "fake", "cniVersion": "0.3.1"}' >"$T/net.d/old.conf"
	spawn_box ct-old --net cni:old -- sleep 100
	checked
	run -0 K kill ct-old
	wait_for none_left
	is "$(calls | cut -d' ' -f7-)" "7.ADD 8.DEL"
	is "$(told 8 | jq -c '[.cniVersion, has("prevResult")]')" '["0.3.1",false]'
	network many 'cniVersions=["0.4.0", "1.1.0", "7.0.0"]' 'disableCheck=true' <<<'{"type": "fake"}'
	spawn_box ct-many --net cni:many -- sleep 100
	is "$(calls | cut -d' ' -f9-)" "9.STATUS 10.ADD"
	is "$(told 10 | jq -r .cniVersion)" 1.1.0
	checked
	is "$(calls | wc -w)" 10
	run -0 K kill ct-many
	wait_for none_left
}

@test "version 1.1: STATUS before ADD, and GC says which attachments there are" {
	need_root
	network new 'cniVersions=["1.0.0", "1.1.0"]' <<<'{"type": "fake", "capabilities": {"mac": true}}, {"type": "fake", "second": 2}'
	network kept 'cniVersions=["1.1.0"]' 'disableGC=true' <<<'{"type": "fake"}'
	spawn_box ct-one --net cni:new:mac=02:00:00:00:00:07 -- sleep 100
	spawn_box ct-two --net cni:kept --net cni:new -- sleep 100
	is "$(calls)" "1.STATUS 2.STATUS 3.ADD 4.ADD 5.STATUS 6.ADD 7.STATUS 8.STATUS 9.ADD 10.ADD"
	is "$(grep -o '^CNI_[A-Z]*' "$T/calls/1.STATUS" | sort | paste -sd' ')" "CNI_COMMAND CNI_PATH"
	is "$(told 2 | jq -c '[.name, .cniVersion, .second, has("runtimeConfig"), has("prevResult")]')" '["new","1.1.0",2,false,false]'
	local owner
	owner=$(owner_of ct-one)
	kill -KILL "$owner"
	wait_for eval '! [ -e "/proc/$owner/ns/net" ]'
	rm -r "${T:?}/calls"
	mkdir "$T/calls"
	run K system check --repair
	lacks "'ct-"
	# The dead one is removed first; who is left is valid, on networks that do not say disableGC.
	is "$(calls)" "1.DEL 2.DEL 3.GC 4.GC 5.CHECK 6.CHECK 7.CHECK"
	is "$(grep -o '^CNI_[A-Z]*' "$T/calls/3.GC" | sort | paste -sd' ')" "CNI_COMMAND CNI_PATH"
	is "$(told 3 | jq -c '[.name, .["cni.dev/valid-attachments"]]')" '["new",[{"containerID":"ct-two","ifname":"eth1"}]]'
	is "$(told 4 | jq -c '[.second, has("prevResult")]')" '[2,false]'
	run -0 K kill ct-two
	wait_for none_left
	# Without an attachment nobody is asked.
	rm -r "${T:?}/calls"
	mkdir "$T/calls"
	run K system check --repair
	is "$(calls)" ""
	# What is not ready is not joined, and nothing was made.
	network new 'cniVersions=["1.1.0"]' <<<'{"type": "fake"}, {"type": "fake", "do STATUS": "{\"code\": 50, \"msg\": \"no addresses yet\"}"}'
	refused 125 "STATUS of CNI network 'new': its plugin 'fake' says: no addresses yet" "$T/net.d/new.conflist" -- box --net cni:new -- true
	is "$(calls)" "1.STATUS 2.STATUS"
	none_left
	network new 'cniVersions=["1.1.0"]' <<<'{"type": "fake", "do GC": "{\"code\": 100, \"msg\": \"cannot look\"}"}, {"type": "fake"}'
	spawn_box ct-gc --net cni:new -- sleep 100
	refused 1 "CNI network 'new'" "GC of CNI network 'new'" "cannot look" -- K system check --repair
	is "$(calls | tr ' ' '\n' | grep -c GC)" 2
	run -0 K kill ct-gc
	wait_for none_left
}

@test "beside a network of kokon, names that it does not know are asked of the CNI network's servers" {
	need_root
	need python3
	network own 'cniVersion="1.0.0"' <<<'{"type": "fake", "do ADD": "{\"ips\": [{\"address\": \"10.77.0.9/24\"}], \"dns\": {\"nameservers\": [\"127.0.0.53\"], \"search\": [\"cni.example\"]}}"}'
	K network create lab >/dev/null 2>&1
	spawn nsenter -t "$HOST" --net --mount -- python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.53", 53))
open("'"$T"'/answers", "w")
while True:
    q, a = s.recvfrom(512)
    end = q.index(b"\0", 12) + 5
    v4 = q[end - 4:end - 2] == b"\0\1"
    s.sendto(q[:2] + b"\x81\x80\0\1" + (b"\0\1" if v4 else b"\0\0") + bytes(4) + q[12:end] +
        (b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x0a\x4d\0\x63" if v4 else b""), a)'
	wait_for test -e "$T/answers"
	run -0 box --net lab --net cni:own -- sh -c 'cat /etc/resolv.conf; nslookup whatever.example'
	has "nameserver 127.0.0.11"
	has "search cni.example"
	has "10.77.0.99"
}

@test "--explain shows the calls and makes none" {
	need_root
	network chain <<<'{"type": "fake", "capabilities": {"portMappings": true}}, {"type": "fake"}'
	run -0 box --explain --name ct-x --net cni:chain -p 8080:80 -- true
	has "# the plugins of the CNI network 'chain', of $T/net.d/chain.conflist"
	has "CNI_COMMAND=ADD CNI_CONTAINERID=ct-x CNI_NETNS=CONTAINER CNI_IFNAME=eth0 CNI_ARGS=IgnoreUnknown=1 CNI_PATH=$CNI_PATH $T/plugins/fake <<'json'"
	has '"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]}'
	is "$(calls)" ""
	none_left
}

@test "networks, files and plugins that are not there, or not good" {
	need_root
	refused 125 "there is no CNI network 'lab' in '$T/net.d'" NETCONFPATH -- box --net cni:lab -- true
	NETCONFPATH=$T/nowhere refused 125 "No such file" NETCONFPATH -- box --net cni:lab -- true
	network chain <<<'{"type": "fake"}'
	refused 125 "did you mean 'cni:chain'?" -- box --net cni:chian -- true
	refused 125 "there are: cni:chain" -- box --net cni:something -- true
	refused 125 "no name of a CNI network" -- box --net cni:a/b -- true
	refused 125 "no name of a CNI network" -- box --net cni: -- true
	refused 125 "unknown option 'foo'" timeout= -- box --net cni:chain:foo=1 -- true
	refused 125 "no number of seconds" -- box --net cni:chain:timeout=0 -- true
	refused 125 "given twice" -- box --net cni:chain --net cni:chain -- true
	refused 125 "combined" -- box --net cni:chain --net none -- true
	CNI_PATH=plugins refused 125 "no absolute path" -- box --net cni:chain -- true
	echo '{"cniVersion": "1.0.0", "name": "bad", }' >"$T/net.d/bad.conflist"
	refused 125 "the CNI network 'bad' in '$T/net.d/bad.conflist'" "line 1" -- box --net cni:bad -- true
	refused 125 "'$T/net.d/bad.conflist' is no configuration" -- box --net cni:quite-another -- true
	rm "$T/net.d/bad.conflist"
	echo '{"cniVersion": "0.2.0", "name": "v", "plugins": [{"type": "fake"}]}' >"$T/net.d/v.conflist"
	refused 125 "version '0.2.0'" "kokon speaks 0.3.0 to 1.1.0" -- box --net cni:v -- true
	echo '{"name": "v", "plugins": [{"type": "fake"}]}' >"$T/net.d/v.conflist"
	refused 125 'no "cniVersion"' -- box --net cni:v -- true
	echo '{"cniVersion": "1.0.0", "name": "v", "plugins": []}' >"$T/net.d/v.conflist"
	refused 125 'no "plugins"' -- box --net cni:v -- true
	network v <<<'{"name": "x"}'
	refused 125 'plugin 1 has no "type"' -- box --net cni:v -- true
	network v <<<'{"type": "../fake"}'
	refused 125 "no name of a program" -- box --net cni:v -- true
	network v <<<'{"type": "nosuch"}'
	refused 125 "the plugin 'nosuch' of the CNI network 'v' is not in '$CNI_PATH'" "containernetworking-plugins" -- box --net cni:v -- true
	if [ -x /usr/lib/cni/bridge ]; then
		network v <<<'{"type": "bridge", "bridge": "br-v", "isGateway": true, "ipam": {"type": "nosuch"}}'
		refused 125 "failed to find plugin \"nosuch\"" "not installed" -- box --net cni:v -- true
		none_left
		rm -f "$T/net.d/v.conflist"
		bridge tiny 10.88.4
		sed -i 's:10.88.4.0/24:10.88.4.0/30:' "$T/net.d/tiny.conflist"
		spawn_box ct-last --net cni:tiny -- sleep 100
		refused 125 "no IP addresses available" "out of addresses" -- box --net cni:tiny -- true
		run -0 K kill ct-last
	fi
	wait_for none_left
	is "$(calls)" ""
	run -125 as_user "$KOKON" run --rootfs "$T/root" --net cni:chain -- true
	has "the CNI network 'chain' takes root"
	has pasta
}

@test "plugins that fail: one message, and DEL cleans up" {
	need_root
	network e <<<'{"type": "fake"}, {"type": "fake", "do ADD": "{\"code\": 7, \"msg\": \"bad colour\", \"details\": \"of the bridge\"}"}'
	refused 125 "ADD of CNI network 'e': its plugin 'fake' says: bad colour; of the bridge" "$T/net.d/e.conflist" -- box --net cni:e -- true
	is "$(calls)" "1.ADD 2.ADD 3.DEL 4.DEL"
	network e <<<'{"type": "fake", "do ADD": "{\"code\": 1, \"msg\": \"incompatible CNI versions\"}"}'
	refused 125 "incompatible CNI versions" "lower \"cniVersion\"" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "{\"code\": 11, \"msg\": \"busy\"}"}'
	refused 125 "busy" "try again" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "exit 3"}'
	refused 125 "fails with status 3: it went wrong" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "die"}'
	refused 125 "was killed by signal 9" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "nonsense"}'
	refused 125 "what its plugin 'fake' answers is no result" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "{\"ips\": [{\"address\": \"10.0.0.300/8\"}]}"}'
	refused 125 "is no result" "10.0.0.300" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "{\"dns\": {\"nameservers\": [\"a\\nsearch b\"]}}"}'
	refused 125 "is no result" "name server" -- box --net cni:e -- true
	network e <<<'{"type": "fake", "do ADD": "hang"}'
	refused 125 "did not end within 1 seconds" "timeout=SECONDS" -- box --net cni:e:timeout=1 -- true
	none_left
	# DEL that fails is said, kept, not tried again by itself, and repaired when the cause is gone.
	network e <<<'{"type": "fake", "do DEL": "{\"code\": 100, \"msg\": \"not now\"}"}'
	run -0 box --name ct-e --net cni:e -- true
	has "DEL of CNI network 'e': its plugin 'fake' says: not now"
	run -0 K ps
	local before_calls
	before_calls=$(calls)
	refused 1 "container 'ct-e'" "not now" -- K system check
	refused 125 "an earlier container 'ct-e' left something" "not now" "kokon system check --repair" -- box --name ct-e -- true
	is "$(calls)" "$before_calls"
	refused 1 "not now" -- K system check --repair
	sed -i 's/"do DEL/"do not DEL/' "$T/run/ct-e/cni-0"
	run K system check --repair
	lacks "'ct-e'"
	none_left
	# CHECK that fails is said.
	network e <<<'{"type": "fake", "do CHECK": "{\"code\": 100, \"msg\": \"route is gone\"}"}'
	spawn_box ct-c --net cni:e -- sleep 100
	refused 1 "container 'ct-c'" "CHECK of CNI network 'e'" "route is gone" -- K system check
	run -0 K kill ct-c
	wait_for none_left
}

@test "kokon killed: the next command calls DEL, after an ADD that still runs" {
	need_root
	bridge lab 10.88.1
	K network create own >/dev/null 2>&1
	spawn_box ct-k --net cni:lab --net own -- sleep 100
	run -0 K ps
	has "own=10.210.0.2 cni:lab=10.88.1.2"
	is "$(K ps --json | jq -r '.containers[0].networks')" "own=10.210.0.2 cni:lab=10.88.1.2"
	is "$(leases)" 1
	kill -KILL "$(owner_of ct-k)"
	swept() { K ps >/dev/null; none_left; }
	wait_for swept
	is "$(leases)" 0
	is "$(on_host ip -o link show type veth | wc -l)" 0
	# In the middle of ADD.
	local owner
	network slow <<<'{"type": "fake", "do ADD": "wait"}, {"type": "fake"}'
	spawn nsenter -t "$HOST" --net --mount -- "$KOKON" run --rootfs "$T/root" --name ct-s --net cni:slow -- true
	wait_for test -e "$T/waits"
	owner=$(owner_of ct-s)
	kill -KILL "$owner"
	wait_for eval '! [ -e "/proc/$owner/ns/net" ]'
	spawn nsenter -t "$HOST" --net --mount -- "$KOKON" system check --repair
	is "$(calls)" 1.ADD
	touch "$T/go"
	wait_for none_left
	is "$(calls)" "1.ADD 2.DEL 3.DEL"
	is "$(told 2 | jq -c 'has("prevResult")')" false
}
