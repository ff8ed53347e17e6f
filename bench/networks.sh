# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # read by bench/run, which has the functions and variables
#
# Named network namespaces and their wiring: kokon against the ip commands (package iproute2) that it
# replaces. Where a side is several commands they are run by busybox's static shell.

section_networks() {
	is_root || { absent "networks: needs root"; return; }
	has_kokon netns || return
	on_path ip || { absent "ip: not installed (package iproute2)"; return; }
	a=kokon-bench-a.$$ b=kokon-bench-b.$$ ip=$(command -v ip)
	title "networks: a named network namespace made"
	measure -p "$ip netns delete $a 2>/dev/null; :" ::: "ip netns add" "$ip" netns add $a ::: "kokon netns add" "$kokon" netns add $a
	title "networks: … and removed"
	measure -p "$ip netns add $a 2>/dev/null; :" ::: "ip netns delete" "$ip" netns delete $a ::: "kokon netns delete" "$kokon" netns delete $a
	"$kokon" netns delete $a 2>/dev/null

	title "networks: two namespaces made, joined by a pair with an address on each end, all up, and removed"
	by_ip="$ip netns add $a && $ip netns add $b && $ip link add kbench0 type veth peer name kbench1 && \
		$ip link set kbench0 netns $a && $ip link set kbench1 netns $b && \
		$ip -n $a address add 10.0.0.1/24 dev kbench0 && $ip -n $b address add 10.0.0.2/24 dev kbench1 && \
		$ip -n $a link set kbench0 up && $ip -n $b link set kbench1 up && \
		$ip netns delete $a && $ip netns delete $b"
	by_kokon="$kokon netns add $a && $kokon netns add $b && $kokon veth $a:kbench0=10.0.0.1/24 $b:kbench1=10.0.0.2/24 && \
		$kokon netns delete $a $b"
	measure ::: "11 of ip" "$root/bin/sh" -c "$by_ip" ::: "4 of kokon" "$root/bin/sh" -c "$by_kokon"

	title "networks: the pair alone, between two namespaces that exist"
	"$kokon" netns add $a && "$kokon" netns add $b || return
	by_ip="$ip link add kbench0 type veth peer name kbench1 && \
		$ip link set kbench0 netns $a && $ip link set kbench1 netns $b && \
		$ip -n $a address add 10.0.0.1/24 dev kbench0 && $ip -n $b address add 10.0.0.2/24 dev kbench1 && \
		$ip -n $a link set lo up && $ip -n $b link set lo up && \
		$ip -n $a link set kbench0 up && $ip -n $b link set kbench1 up"
	# Removing the last one is not part of it.
	measure -p "$ip -n $a link delete kbench0 2>/dev/null; :" \
		::: "9 of ip" "$root/bin/sh" -c "$by_ip" \
		::: "kokon veth" "$root/bin/sh" -c "$kokon veth $a:kbench0=10.0.0.1/24 $b:kbench1=10.0.0.2/24"
	"$kokon" netns delete $a $b
}
