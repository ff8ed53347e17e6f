# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2013,SC2016,SC2034,SC2154 # inner shells expand their own; bats gives output
# Networks for containers when something goes wrong, and beside other firewalls. "The host" is made for each
# test (net-host.bash).
load lib
load net-host

# What system check finds, but for control groups: those of other tests on this machine are seen too.
left() { K system check | grep -v "^control group \|^nothing is left\|^to remove it" || true; }
same() { [ "$(eval "$1")" = "$2" ]; }

@test "kokon killed: the next command frees the address and the port" {
	need_root
	need curl
	K network create lab 2>/dev/null
	spawn_box nt-web --net lab:ip=10.210.0.9 -p 8080:80 -- sleep 100
	run -0 on_host nft list map inet kokon any4
	has "8080"
	kill -KILL "$(sed -n 's/^owner //p' "$T/run/nt-web/record")"
	wait_for same "K ps -q 2>/dev/null | wc -l" 0
	run -0 on_host nft list map inet kokon any4
	lacks "8080"
	run -0 box --net lab:ip=10.210.0.9 -p 8080:80 -- true
}

@test "another firewall that drops what is forwarded is named" {
	need_root
	on_host nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'
	run -0 K network create lab
	has "FORWARD"
	has "cannot overrule"
	has "forwarding is switched on"
	run -0 on_host nft list tables
	has "table ip filter"
	run -0 K network rm lab
	run -0 on_host nft list tables
	has "table ip filter"
}

@test "system check finds orphans of every kind, and --repair removes them" {
	need_root
	K network create lab 2>/dev/null
	is "$(left)" ""
	spawn_box nt-web --net lab:ip=10.210.0.9 -p 8080:80 -- sleep 100
	is "$(left)" ""
	# Its record is lost.
	pid=$(sed -n 's/^pid //p' "$T/run/nt-web/record")
	mv "$T/run/nt-web" "$T/kept"
	on_host ip link add kv123456.7 type veth peer name kv-other
	on_host ip link set kv123456.7 alias "kokon container gone"
	on_host ip link add kn-gone type bridge
	on_host ip link set kn-gone alias "kokon network gone"
	on_host nft flush ruleset
	run -1 K system check
	has "address '10.210.0.9': in the network 'lab', of the container 'nt-web', which is gone"
	has "interface 'kv123456.7': kokon container gone"
	has "interface 'kn-gone'"
	has "firewall rules"
	has "--repair"
	run -0 K system check --explain
	has "ip link delete dev kn-gone"
	has "kokon network reload"
	lacks "removed"
	run -1 K system check
	run -0 --separate-stderr K system check --repair --trace
	has "removed: address '10.210.0.9'"
	[[ $stderr == *"ip link delete dev kv123456.7"*"# done after "*" ms"* ]]
	has "removed: interface 'kn-gone'"
	is "$(left)" ""
	run -0 on_host ip -o link
	lacks "kv123456.7"
	lacks "kn-gone"
	run -0 on_host nft list map inet kokon any4
	lacks "8080"
	mv "$T/kept" "$T/run/nt-web"
	kill -KILL "$pid"
	wait_for eval '! [ -e "$T/run/nt-web" ]'
	refused 2 "too many" -- K system check x
}

@test "system check finds names without a namespace and writable layers that nobody uses; what others made stays" {
	need_root
	# A name whose making was broken off, as a SIGKILL at the wrong moment leaves it; and one of iproute2's.
	on_host strace -o /dev/null -e inject=mount:signal=SIGKILL:when=2 "$KOKON" netns add nt-left || true
	on_host ip netns add nt-ip
	on_host umount /run/netns/nt-ip
	run -0 K netns list
	has "nt-left (no namespace: a leftover)"
	mkdir -p "$T/lib/tops/"{nt-gone,nt-used,nt-new}/{upper,work} "$T/lib/tops/nt-other/upper"
	touch "$T/lib/tops/nt-gone/upper/file"
	touch -d '2 hours ago' "$T/lib/tops/"{nt-gone,nt-used,nt-other}
	spawn sh -c 'exec 9<"$0" && flock 9 && exec sleep 1000' "$T/lib/tops/nt-used"
	wait_for eval '! flock -n "$T/lib/tops/nt-used" true'
	run -1 K system check
	has "name 'nt-left': of a network namespace, and none is on it"
	has "writable layer 'nt-gone': /var/lib/kokon/tops/nt-gone"
	lacks "nt-ip"
	lacks "nt-used"
	lacks "nt-new"
	lacks "nt-other"
	[ -e "$T/lib/tops/nt-gone/upper/file" ]
	run -0 K system check --repair
	has "removed: name 'nt-left'"
	has "removed: writable layer 'nt-gone'"
	is "$(left)" ""
	[ ! -e /run/netns/nt-left ]
	[ -e /run/netns/nt-ip ]
	is "$(cd "$T/lib/tops" && printf '%s ' *)" "nt-new nt-other nt-used "
	rm /run/netns/nt-ip
}

# calls COMMAND...: the system calls at which a SIGKILL can find something new, "NAME N" for the Nth of that name,
# one a line. Calls that only look are the first of their kind in a row: between them nothing changes.
calls() {
	on_host strace -f -qq -o "$T/trace" "$@"
	awk '$2 ~ /^[a-z0-9_]+\(/ { sub(/\(.*/, "", $2); n[$2]++
		looks = $2 ~ /^(geteuid|fstat|newfstatat|fcntl|close|brk|mmap|munmap|rt_sigprocmask|poll|getdents64|recvmsg|recvfrom|read|pread64|lseek|getsockname|arch_prctl|set_tid_address)$/
		if ($2 !~ /^(execve|exit|exit_group)$/ && !(looks && looked)) print $2, n[$2]
		looked = looks }' "$T/trace"
}
# killed CALL N COMMAND...: with SIGKILL at its Nth system call of that name.
killed() {
	on_host strace -f --seccomp-bpf -qq -o /dev/null -e "trace=$1" -e "inject=$1:signal=SIGKILL:when=$2" "${@:3}" >/dev/null 2>&1 || true
}
ends() { on_host ip -o link | wc -l; }

@test "killed at each system call of connect and disconnect: nothing is left after system check --repair" {
	need_root
	need strace
	need jq
	K network create lab 2>/dev/null
	spawn_box nt-one -- sleep 1000
	calls "$KOKON" network connect lab nt-one >"$T/connect"
	calls "$KOKON" network disconnect lab nt-one >"$T/disconnect"
	[ "$(wc -l <"$T/connect")" -gt 20 ]
	[ "$(wc -l <"$T/disconnect")" -gt 20 ]
	while read -r call n; do
		killed "$call" "$n" "$KOKON" network connect lab nt-one
		K network disconnect -f lab nt-one
		is "$call $n: $(ends)" "$call $n: 2"
	done <"$T/connect"
	while read -r call n; do
		K network connect lab nt-one
		killed "$call" "$n" "$KOKON" network disconnect lab nt-one
		K network disconnect -f lab nt-one
		is "$call $n: $(ends)" "$call $n: 2"
	done <"$T/disconnect"
	# The last one of each stays as it is, and the container ends.
	K network connect lab nt-one
	killed sendto 1 "$KOKON" network disconnect lab nt-one
	K kill nt-one
	K system check --repair
	is "$(left)" ""
	is "$(ends)" 2
	is "$(K network inspect lab | jq '.[0].containers | length')" 0
}

@test "a kernel without nf_tables: one message, nothing made" {
	need_root
	need strace
	refused 1 "this kernel has no nf_tables" "modprobe nf_tables" -- on_host strace -f -qq -o /dev/null \
		-e inject=socket:error=EPROTONOSUPPORT:when=2+ "$KOKON" network create lab
	is "$(K network ls -q)" ""
	is "$(ends)" 1
	is "$(on_host sysctl -n net.ipv4.ip_forward)" 0
}

@test "beside the tables of Docker and firewalld: they stay as they are, and its ports work" {
	need_root
	need curl
	# As Docker (by iptables-nft) and firewalld make them, with a policy that lets containers through.
	cat >"$T/others" <<-'END'
		table ip nat {
			chain DOCKER { iifname "docker0" return; }
			chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local jump DOCKER; }
			chain OUTPUT { type nat hook output priority -100; ip daddr != 127.0.0.0/8 fib daddr type local jump DOCKER; }
			chain POSTROUTING { type nat hook postrouting priority 100; ip saddr 172.17.0.0/16 oifname != "docker0" masquerade; }
		}
		table ip filter {
			chain DOCKER-USER { iifname "kn-*" accept; oifname "kn-*" accept; return; }
			chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; oifname "docker0" ct state related,established accept; }
		}
		table inet firewalld {
			chain filter_INPUT { type filter hook input priority 10; ct state established,related accept; ct status dnat accept; iifname "lo" accept; icmp type echo-request accept; tcp dport 22 accept; reject; }
			chain filter_FORWARD { type filter hook forward priority 10; ct state established,related accept; ct status dnat accept; iifname "kn-*" accept; reject; }
		}
	END
	on_host nft -f "$T/others"
	others() { for t in "ip nat" "ip filter" "inet firewalld"; do on_host nft list table "$t"; done; }
	before_kokon=$(others)
	run -0 K network create lab
	has "FORWARD"
	has "ip_forward"
	mkdir "$T/root/www"
	echo hello >"$T/root/www/index.html"
	on_host ip netns add outside 2>/dev/null || skip "named namespaces cannot be made here"
	on_host ip link add eth0 type veth peer name eth0 netns outside
	on_host ip addr add 192.0.2.1/24 dev eth0
	on_host ip link set eth0 up
	on_host ip -n outside addr add 192.0.2.2/24 dev eth0
	on_host ip -n outside link set eth0 up
	spawn_box nt-web --net lab -p 8080:80 -- httpd -f -p 80 -h /www
	wait_for on_host curl -sf --max-time 5 http://127.0.0.1:8080/
	is "$(on_host ip netns exec outside curl -s --max-time 10 http://192.0.2.1:8080/)" hello
	run -0 box --net lab -- ping -c 1 -W 10 192.0.2.2
	is "$(others)" "$before_kokon"
	# Everything flushed, and what others had loaded again: theirs is theirs, kokon's comes by reload.
	on_host nft flush ruleset
	on_host nft -f "$T/others"
	refused 7 -- on_host curl -sS --max-time 10 http://127.0.0.1:8080/
	run -1 K system check
	has "firewall rules 'inet kokon'"
	K network reload
	is "$(on_host curl -s --max-time 10 http://127.0.0.1:8080/)" hello
	is "$(others)" "$before_kokon"
	K kill nt-web
	K network rm lab
	is "$(others)" "$before_kokon"
	is "$(on_host nft list tables | grep -c kokon)" 0
	on_host ip netns delete outside
}

@test "two hundred start and end on one network at once" {
	need_root
	K network create lab 2>/dev/null
	on_host sh -c 'for i in $(seq 200); do "$0" run --rootfs "$1" --net lab --name "nt-m$i" -- ip -4 -o addr show eth0 >"$2/address.$i" 2>&1 & done; wait' \
		"$KOKON" "$T/root" "$T" 3>&-
	is "$(cat "$T"/address.* | grep -o 'inet 10.210.0.[0-9]*/24' | wc -l)" 200
	is "$(left)" ""
}
