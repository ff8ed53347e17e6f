# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154 # inner shells expand their own; bats gives output
# Drivers of networks other than a plain bridge: macvlan, ipvlan, and bridges with a VLAN.
load lib
load net-host

# The wire: eth9 of the host and, at its other end, a machine with 192.0.2.1, which is a namespace.
wire() {
	spawn nsenter -t "$HOST" --net --mount -- unshare --net sh -c 'ip link set lo up; exec sleep 1000'
	ROUTER=$spawned_pid
	wait_for other_netns "$ROUTER"
	on_host ip link add eth9 type veth peer name eth0 netns "$ROUTER"
	on_host ip link set eth9 up
	nsenter -t "$ROUTER" --net ip addr add 192.0.2.1/24 dev eth0
	nsenter -t "$ROUTER" --net ip link set eth0 up
}
other_netns() { [ "$(ns_of net "$1")" != "$(ns_of net "$HOST")" ]; }
need_macvlan() {
	on_host ip link add mv-probe0 type veth peer name mv-probe1
	on_host ip link add link mv-probe0 name mv-probe2 type macvlan 2>/dev/null || skip "this kernel has no macvlan"
	on_host ip link delete mv-probe0
}
links() { on_host ip -o link | wc -l; }

@test "macvlan: containers on the wire of an interface of the host" {
	need_root
	need jq
	wire
	need_macvlan
	before_links=$(links)
	run -0 K network create -d macvlan --parent eth9 --subnet 192.0.2.0/24 --gateway 192.0.2.1 --ip-range 192.0.2.64/26 wire
	is "$(links)" "$before_links"
	is "$(on_host nft list tables)" ""
	run -0 K network inspect wire
	is "$(jq -r '.[0] | .driver, .interface, .mode, .subnets[0].gateway' <<<"$output" | paste -sd' ')" "macvlan eth9 bridge 192.0.2.1"
	run -0 box --net wire -- sh -c 'ip -d -o link show eth0; ip -o -4 addr show eth0; ip route; cat /etc/hosts; ping -c1 -W5 192.0.2.1'
	has "192.0.2.64/24"
	has "default via 192.0.2.1"
	has "1 packets received"
	lacks "host.containers.internal"
	refused 125 "--add-host 'me:host-gateway'" -- box --net wire --add-host me:host-gateway -- true
	# Two of them see each other, by name too.
	spawn_box nd-one --net wire:ip=192.0.2.70,mac=02:00:00:00:00:70,alias=db -- sleep 100
	run -0 box --net wire -- sh -c 'ping -c1 -W5 nd-one && nslookup db'
	has "192.0.2.70"
	run -0 nsenter -t "$ROUTER" --net ping -c1 -W5 192.0.2.70
	run -0 nsenter -t "$ROUTER" --net ip neigh show 192.0.2.70
	has "02:00:00:00:00:70"
	# Plugged in and out while it runs, beside a bridge.
	K network create lab >/dev/null 2>&1
	spawn_box nd-two --net lab -- sleep 100
	run -0 K network connect --explain wire nd-two
	has "type macvlan mode bridge"
	run -0 K network connect wire nd-two
	run -0 nsenter -t "$(sed -n 's/^pid //p' "$T/run/nd-two/record")" --net ping -c1 -W5 192.0.2.70
	refused 1 "is in the container 'nd-" "disconnect" -- K network rm --force wire
	run -0 K network disconnect --explain wire nd-two
	has "link delete eth1"
	run -0 K network disconnect wire nd-two
	is "$(K network inspect wire | jq '.[0].containers | length')" 1
	refused 1 "in use by 1 container" -- K network rm wire
	run -0 K kill nd-one
	wait_for eval '! [ -e "$T/run/nd-one" ]'
	run -0 K network reload
	run -0 K network rm wire
	run -0 K kill nd-two
	wait_for eval '! [ -e "$T/run/nd-two" ]'
}

@test "macvlan: modes, other routers, --internal, --explain" {
	need_root
	wire
	need_macvlan
	K network create -d macvlan -o parent=eth9 -o mode=private --subnet 198.51.100.0/24 alone
	spawn_box nd-p --net alone -- sleep 100
	run box --net alone -- sh -c 'ip route; ping -c1 -W1 198.51.100.1'
	lacks "default"
	lacks "1 packets received"
	run -0 box --explain --net alone -- true
	has "ip link add link eth9 name eth0 netns CONTAINER type macvlan mode private"
	run -0 K kill nd-p
	wait_for eval '! [ -e "$T/run/nd-p" ]'
	K network rm alone
	K network create -d macvlan --parent eth9 --mode passthru --subnet 192.0.2.0/24 --gateway 192.0.2.1 --internal only
	spawn_box nd-q --net only -- sleep 100
	run -0 nsenter -t "$(sed -n 's/^pid //p' "$T/run/nd-q/record")" --net sh -c 'ip route; ping -c1 -W5 192.0.2.1'
	lacks "default"
	refused 125 "passthru one container" -- box --net only -- true
	run -0 K kill nd-q
	wait_for eval '! [ -e "$T/run/nd-q" ]'
	# The device of the one before goes in the background; who comes next waits for it.
	run -0 box --net only:ip=192.0.2.80 -- ping -c1 -W5 192.0.2.1
	run -0 box --net only:ip=192.0.2.80 -- ping -c1 -W5 192.0.2.1
	wait_for eval '! [ -e "$T/run/nd-q" ]'
	K network rm only
	run -0 K network create --explain -d macvlan --parent eth9 --subnet 203.0.113.0/24 x
	has "type macvlan mode bridge"
}

@test "macvlan refuses what it cannot do" {
	need_root
	wire
	need_macvlan
	on_host ip addr add 192.0.2.9/24 dev eth9
	refused 1 "needs an interface" "--parent" -- K network create -d macvlan x
	refused 1 "interface 'nosuch' below the network 'x' is not there" -- K network create -d macvlan --parent nosuch x
	refused 1 "takes an Ethernet interface" -- K network create -d macvlan --parent lo x
	refused 1 "other machines on 'eth9'" "--ip-range" -- K network create -d macvlan --parent eth9 --subnet 192.0.2.0/24 x
	refused 1 "--interface" "--parent" -- K network create -d macvlan --interface br0 x
	refused 1 "--vlan is for bridges" "type vlan id 5" -- K network create -d macvlan --parent eth9 --vlan 5 x
	refused 1 "--isolate" -- K network create -d macvlan --parent eth9 --isolate x
	refused 1 "--parent: a bridge has no" -- K network create --parent eth9 x
	refused 1 "--mode is for" -- K network create --mode vepa x
	refused 2 "there is no mode 'fast'" "vepa" -- K network create --mode fast x
	refused 1 "the driver macvlan has no mode 'l3'" "passthru" -- K network create -d macvlan --parent eth9 --mode l3 x
	refused 2 "there is no driver 'overlay'" "macvlan, ipvlan" -- K network create -d overlay x
	refused 2 "no VLAN from 1 to 4094" -- K network create --vlan 4095 x
	on_host ip link set eth9 down
	refused 1 "'eth9' below the network 'x' is down" "ip link set eth9 up" -- K network create -d macvlan --parent eth9 x
	on_host ip link set eth9 up
	is "$(K network ls -q)" ""
	K network create -d macvlan --parent eth9 x
	refused 1 "has the interface 'eth9' already" -- K network create -d macvlan --parent eth9 y
	refused 125 "ports cannot be published from the network 'x': its driver is macvlan" -- box --net x -p 80:80 -- true
	refused 125 "--net-rate" "macvlan" -- box --net x --net-rate 1mbit -- true
	on_host ip link delete eth9
	refused 125 "interface 'eth9' below the network 'x' is not there" -- box --net x -- true
	run -0 K network rm x
	run -1 as_user "$KOKON" network create -d macvlan --parent lo x
	has "takes root"
}

@test "ipvlan: containers with the hardware address of the interface, or one message of what the kernel lacks" {
	need_root
	wire
	refused 1 "the driver ipvlan has no mode 'private'" "l3s" -- K network create -d ipvlan --parent eth9 --mode private x
	refused 1 "the driver ipvlan needs an interface" -- K network create -d ipvlan x
	run -0 K network create --explain -d ipvlan --parent eth9 --mode l3s --subnet 203.0.113.0/24 x
	has "type ipvlan mode l3s"
	run K network create -d ipvlan --parent eth9 --subnet 192.0.2.0/24 --gateway 192.0.2.1 --ip-range 192.0.2.64/26 wire
	if [ "$status" -ne 0 ]; then
		is "$status" 1
		has "cannot make the ipvlan interface"
		has "the kernel has no ipvlan: modprobe ipvlan, or take --driver bridge"
		is "${#lines[@]}" 2
		is "$(K network ls -q)" ""
		is "$(links)" 2
		return 0
	fi
	run -0 box --net wire -- sh -c 'cat /sys/class/net/eth0/address; ip -o -4 addr show eth0; ip route; ping -c1 -W5 192.0.2.1'
	is "${lines[0]}" "$(on_host ip -o link show eth9 | sed 's|.*link/ether ||; s| .*||')"
	has "192.0.2.64/24"
	has "default via 192.0.2.1"
	has "1 packets received"
	refused 125 "mac=" "macvlan gives each one its own" -- box --net wire:mac=02:00:00:00:00:70 -- true
	spawn_box nd-one --net wire -- sleep 100
	run -0 box --net wire -- ping -c1 -W5 nd-one
	run -0 K kill nd-one
	wait_for eval '! [ -e "$T/run/nd-one" ]'
	run -0 K network rm wire
	K network create -d ipvlan --parent eth9 --mode l3 --subnet 192.0.2.0/24 --ip-range 192.0.2.64/26 routed
	run -0 box --net routed -- sh -c 'ip -d link show eth0'
	run -0 K network rm routed
}

@test "a bridge with a VLAN: its ports are in it, or the kernel's lack is said" {
	need_root
	run K network create --vlan 5 tagged
	if [ "$status" -ne 0 ]; then
		has "this kernel's bridges know nothing of VLANs: VLAN 5"
		has "CONFIG_BRIDGE_VLAN_FILTERING"
		is "$(K network ls -q)" ""
		is "$(links)" 1
	else
		run -0 on_host bridge vlan show dev kn-tagged
		has "5 PVID Egress Untagged"
		run -0 box --net tagged -- ping -c1 -W5 10.210.0.1
		run -0 K network inspect tagged
		has '"vlan": 5'
	fi
	run -0 K network create --explain --vlan 5 tagged2
	has "type bridge vlan_filtering 1 vlan_default_pvid 5"
}
