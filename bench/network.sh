# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154,SC2016 # read by bench/run, which has the functions and variables; programs of awk
#
# Networks of containers: what joining one costs, many that join at once, and throughput. All of it in a
# network namespace of our own, with /run and /var/lib/kokon in memory in a mount namespace of our own: the
# machine's interfaces, rules, parameters and records are not touched.

section_network() {
	is_root || { absent "network: needs root"; return; }
	has_kokon network || return
	for tool in ip nft; do
		on_path $tool || { absent "network: $tool is not installed (package iproute2, nftables)"; return; }
	done
	if [ -z "${KOKON_BENCH_NETWORK:-}" ]; then
		KOKON_BENCH_NETWORK=1 unshare --net --mount --propagation slave -- \
			bench/run ${priority:+-r} -n "$rounds" -t "$seconds" -g "$gap" -o /dev/null network
		return
	fi
	mount -t tmpfs -o mode=755 tmpfs /run && mkdir -m 700 /run/kokon && mkdir -p /run/netns /var/lib/kokon &&
		mount -t tmpfs -o mode=700 tmpfs /var/lib/kokon && ip link set lo up || return
	"$kokon" network create lab >/dev/null 2>&1 && works "kokon run --net lab" "$kokon" run --net lab --rootfs "$root" /bin/true || return
	network_join
	network_podman
	network_many
	network_throughput
}

# The lines of a table of pair as shell variables cannot be: awk reads p10 and median by name.
# network_quotients TABLE: what a network adds to a start, to the floors.
network_quotients() {
	awk '$2 + 0 > 0 { p[$1] = $2; m[$1] = $3 }
		function line(text, p10, median) {
			printf "%-64s p10 %.2f, median %.2f\n", text, (p["lab"] - p["none"]) / p10, (m["lab"] - m["none"]) / median
		}
		END {
			printf "lab - none: p10 %.3f ms, median %.3f ms\n", p["lab"] - p["none"], m["lab"] - m["none"]
			line("to namespace, pair, address, up (floor):", p["floor"], m["floor"])
			line("to the same, on a bridge, with a default route (floor-route):", p["floor-route"], m["floor-route"])
			line("to the same without the namespace (floor-route - floor-bare):", p["floor-route"] - p["floor-bare"],
				m["floor-route"] - m["floor-bare"])
		}' "$1"
}

# The kernel frees namespaces in the background, with the lock that making them needs; the gap
# is for that, so that nobody pays for the one before.
network_join() {
	title "network: start cost of --net NAME over --net none, and of the bare kernel work; 30 ms between starts"
	ip link add kbench-floor type bridge && ip address add 10.233.0.1/16 dev kbench-floor && ip link set kbench-floor up || return
	measure -g 30 ::: floor "$build/bench/floor-net" ::: floor-route "$build/bench/floor-net" --bridge=kbench-floor --route \
		::: floor-bare "$build/bench/floor-net" --bare \
		::: none "$kokon" run --net none --rootfs "$root" /bin/true \
		::: lab "$kokon" run --net lab --rootfs "$root" /bin/true >"$work/join"
	cat "$work/join"
	network_quotients "$work/join"
	ip link delete kbench-floor
}

# Podman with everything of its own in the folder of the bench, its image the root of the bench.
network_podman() {
	title "network: run --net NAME against podman run --network (netavark)"
	on_path podman || { absent "podman: not installed"; return; }
	runtime=$(command -v runc) || runtime=$(command -v crun) || { absent "podman: neither runc nor crun is installed"; return; }
	mkdir "$work/podman"
	# Its defaults are above the hard limits of some machines, and nobody may raise those there.
	files=$(awk '/^Max open files/ { print $5 }' /proc/self/limits)
	cat >"$work/podman/conf" <<-END
		[containers]
		default_ulimits = ["nofile=$files:$files", "nproc=30000:30000"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
	END
	printf '#!%s sh\nexport CONTAINERS_CONF=%s\nexec podman --root %s --runroot %s --tmpdir %s --network-config-dir %s --storage-driver overlay --runtime %s "$@"\n' \
		"$root/bin/busybox" "$work/podman/conf" "$work/podman/root" "$work/podman/run" "$work/podman/tmp" "$work/podman/networks" "$runtime" >"$work/podman/podman"
	chmod +x "$work/podman/podman"
	tar -C "$root" -c . | "$work/podman/podman" import -q - bench >/dev/null 2>&1
	"$work/podman/podman" network create bench >/dev/null 2>&1
	if works "podman run --network" "$work/podman/podman" run --rm --network bench bench /bin/true; then
		say "$(podman --version), runtime $(basename "$runtime")"
		say
		measure -q -w 1 ::: podman "$work/podman/podman" run --rm --network bench bench /bin/true \
			::: podman-none "$work/podman/podman" run --rm --network none bench /bin/true \
			::: kokon "$kokon" run --net lab --rootfs "$root" /bin/true \
			::: kokon-none "$kokon" run --net none --rootfs "$root" /bin/true >"$work/table"
		cat "$work/table"
		awk '$2 + 0 > 0 { p[$1] = $2; m[$1] = $3 } END { if (p["kokon"])
			printf "podman takes %.1f times as long (p10), %.1f (median)\n", p["podman"] / p["kokon"], m["podman"] / m["kokon"] }' "$work/table"
	fi
	umount "$work/podman/root/overlay" 2>/dev/null
}

# N containers started at once, each of which tells that it runs and then waits for all others.
network_many() {
	title "network: N containers that join one network at once: started, all up at the same time, ended"
	cat >"$work/many" <<-END
		n=\$1
		mkfifo "$work/up.\$\$" "$work/hold.\$\$"
		exec 8<>"$work/up.\$\$" 9<>"$work/hold.\$\$"
		read -r begin rest </proc/uptime
		i=0
		while [ \$i -lt \$n ]; do
			"$kokon" run --net \$2 --rootfs "$root" -- /bin/sh -c 'echo; exec cat' <"$work/hold.\$\$" >"$work/up.\$\$" 8>&- 9>&- &
			i=\$((i + 1))
		done
		timeout 50 head -n \$n <&8 >"$work/came.\$\$"
		read -r now rest </proc/uptime
		echo "\$2-\$n \$begin \$now" >>"$work/joined"
		exec 9>&-
		wait
		came=\$(wc -l <"$work/came.\$\$")
		rm -f "$work/up.\$\$" "$work/hold.\$\$" "$work/came.\$\$"
		[ \$came -eq \$n ]
	END
	: >"$work/joined"
	set --
	for n in 25 50 100; do
		set -- "$@" ::: none-$n sh "$work/many" $n none ::: lab-$n sh "$work/many" $n lab
	done
	measure -q -w 1 "$@"
	say
	say "until all are up, from /proc/uptime, without the first of each:"
	network_ranks '$3 - $2' 1000 ms 10 <"$work/joined" | awk '{ split($1, part, "-"); printf "%s, %.1f ms each\n", $0, $NF / part[2] }'
	left=$(ip -o link | grep -c 'master kn-lab')
	say "ports on the bridge half a second later: $(sleep 0.5; ip -o link | grep -c 'master kn-lab') (at once: $left)"
}

# network_ranks VALUE FACTOR UNIT TENTH: of lines "NAME ...", for each name the tenth (10 or 90) and the
# median of VALUE, in the order of their first line; the first line of each is a warm-up.
network_ranks() {
	awk "seen[\$1]++ { print \$1, ($1) * $2 }" | sort -k1,1V -k2,2n | awk -v unit="$3" -v tenth="$4" '
		function rank(q,  i) { i = int(q * n / 100); if (i < q * n / 100) i++; return v[i < 1 ? 1 : i] }
		function show() { if (n) printf "%-20s %3d runs, p%d %.0f %s, median %.0f\n", name, n, tenth, rank(tenth), unit, rank(50) }
		$1 != name { show(); n = 0; name = $1 }
		{ v[++n] = $2 }
		END { show() }'
}

# A host made by hand, hand: a bridge, two namespaces on it, and a namespace outside that reaches
# them through it; and a namespace outside of the host that kokon is on.
network_by_hand() {
	for name in hand hand-a hand-b hand-out out; do
		ip netns add $name && ip -n $name link set lo up || return 1
	done
	ip -n hand link add br0 type bridge && ip -n hand address add 10.9.0.1/24 dev br0 && ip -n hand link set br0 up || return 1
	for end in a=2 b=3; do
		place=${end#*=} end=${end%=*}
		ip -n hand link add "to-$end" type veth peer name eth0 netns "hand-$end" && ip -n hand link set "to-$end" master br0 up &&
			ip -n "hand-$end" address add "10.9.0.$place/24" dev eth0 &&
			ip -n "hand-$end" link set eth0 up && ip -n "hand-$end" route add default via 10.9.0.1 || return 1
	done
	ip -n hand link add out0 type veth peer name eth0 netns hand-out && ip link add out0 type veth peer name eth0 netns out || return 1
	ip -n hand address add 192.0.2.1/24 dev out0 && ip -n hand link set out0 up && ip address add 192.0.2.1/24 dev out0 && ip link set out0 up || return 1
	for end in hand-out out; do
		ip -n $end address add 192.0.2.2/24 dev eth0 && ip -n $end link set eth0 up || return 1
	done
	ip -n hand-out route add 10.9.0.0/24 via 192.0.2.1 && nsenter --net=/run/netns/hand sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# megabits NAME COMMAND... of iperf3 that names its server: one line "NAME MBIT".
megabits() {
	name=$1
	shift
	timeout 10 "$@" -t 1 -f m </dev/null 2>"$work/why" | awk -v name="$name" '/receiver/ { print name, $7 }' >>"$work/megabits"
}

network_throughput() {
	title "network: throughput, one TCP stream of a second (iperf3), against veth and a bridge made by ip"
	on_path iperf3 || { absent "throughput: iperf3 is not installed"; return; }
	works "kokon rootfs create --bin iperf3" "$kokon" rootfs create "$work/iperf" --bin iperf3,sleep || return
	network_by_hand || { absent "throughput: the network by hand could not be made"; return; }
	"$kokon" run --net lab:ip=10.210.0.200 -p 5301:5201 --name kbench-server --rootfs "$work/iperf" -- iperf3 -s </dev/null >/dev/null 2>"$work/why" &
	waiting=$!
	"$kokon" run --net lab --name kbench-client --rootfs "$work/iperf" -- sleep 3600 </dev/null >/dev/null 2>&1 &
	waiting="$waiting $!"
	nsenter --net=/run/netns/hand-a iperf3 -s </dev/null >/dev/null 2>&1 &
	waiting="$waiting $!"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		sleep 0.5
		! timeout 10 "$kokon" exec kbench-client iperf3 -c 10.210.0.200 -t 1 </dev/null >/dev/null 2>&1 || break
	done
	: >"$work/megabits"
	for _ in 1 2 3 4 5 6 7 8; do
		megabits bridge-kokon "$kokon" exec kbench-client iperf3 -c 10.210.0.200
		megabits bridge-by-hand nsenter --net=/run/netns/hand-b iperf3 -c 10.9.0.2
		megabits outside-published nsenter --net=/run/netns/out iperf3 -c 192.0.2.1 -p 5301
		megabits outside-by-hand nsenter --net=/run/netns/hand-out iperf3 -c 10.9.0.2
	done
	# shellcheck disable=SC2086 # several
	kill $waiting
	# shellcheck disable=SC2086
	wait $waiting
	waiting=
	[ -s "$work/megabits" ] || { absent "throughput: $(head -n 1 "$work/why")"; return; }
	network_ranks '$2' 1 Mbit/s 90 <"$work/megabits" | tee "$work/table"
	awk '{ p[$1] = $5; m[$1] = $NF } END {
		printf "kokon to by hand, container to container: p90 %.2f, median %.2f\n", p["bridge-kokon"] / p["bridge-by-hand"], m["bridge-kokon"] / m["bridge-by-hand"]
		printf "kokon to by hand, published port:         p90 %.2f, median %.2f\n", p["outside-published"] / p["outside-by-hand"], m["outside-published"] / m["outside-by-hand"]
	}' "$work/table"
}
