# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2154 # inner shells expand their own; bats gives output
# In the guest, whose kernel's bridges filter VLANs: networks with --vlan, among containers, on a
# trunk, and across.
load ../system/lib
load ../system/net-host

# port PID NAME: of a process's network namespace, an end of its own in the bridge kn-red, whose other
# end is NAME there.
port() {
	on_host ip link add "to-$2" type veth peer name "$2" netns "$1"
	on_host ip link set "to-$2" master kn-red up
	nsenter -t "$1" --net ip link set "$2" up
}

# other_machine: a network namespace, in $other.
other_machine() {
	spawn nsenter -t "$HOST" --net --mount -- unshare --net sh -c 'ip link set lo up; exec sleep 1000'
	other=$spawned_pid
	wait_for eval '[ "$(ns_of net "$other")" != "$(ns_of net "$HOST")" ]'
}
there() { nsenter -t "$other" --net "$@"; }
reaches() { box --net red:ip=10.5.0.9 -- ping -c3 -W2 "$1"; }

setup() {
	common_setup
	make_host
	K network create --vlan 5 --subnet 10.5.0.0/24 --gateway 10.5.0.1 red
}

@test "--vlan: each port is in it, containers and the host reach each other" {
	run -0 on_host bridge vlan show dev kn-red
	has "5 PVID Egress Untagged"
	spawn_box nv-one --net red:ip=10.5.0.7 -- sleep 1000
	run -0 reaches 10.5.0.7
	run -0 reaches 10.5.0.1
	run -0 reaches nv-one
	# The packets of its port belong to VLAN 5, and to no other.
	run -0 on_host bridge vlan show
	is "$(grep -c ' 5 PVID Egress Untagged' <<<"$output")" 2
	lacks " 1 PVID"
	run -0 K kill nv-one
}

@test "--vlan: on a trunk packets carry the tag; another VLAN, and none, is another network" {
	other_machine
	port "$other" trunk
	on_host bridge vlan add dev to-trunk vid 5
	on_host bridge vlan add dev to-trunk vid 6
	there ip link add link trunk name trunk.5 type vlan id 5
	there ip link add link trunk name trunk.6 type vlan id 6
	there ip link set trunk.5 up
	there ip link set trunk.6 up
	there ip addr add 10.5.0.50/24 dev trunk.5
	run -0 reaches 10.5.0.50
	spawn_box nv-one --net red:ip=10.5.0.7 -- sleep 1000
	run -0 there ping -c3 -W2 10.5.0.7
	there ip addr del 10.5.0.50/24 dev trunk.5
	there ip addr add 10.5.0.50/24 dev trunk.6
	run -1 reaches 10.5.0.50
	has " 0 packets received"
	run -1 there ping -c3 -W1 10.5.0.7
	there ip addr del 10.5.0.50/24 dev trunk.6
	there ip addr add 10.5.0.50/24 dev trunk
	run -1 reaches 10.5.0.50
	has " 0 packets received"
	run -0 K kill nv-one
}

@test "--vlan: a port of another VLAN in the same bridge is not reached" {
	other_machine
	port "$other" eth0
	there ip addr add 10.5.0.60/24 dev eth0
	run -0 reaches 10.5.0.60
	on_host bridge vlan del dev to-eth0 vid 5
	on_host bridge vlan add dev to-eth0 vid 6 pvid untagged
	run -1 reaches 10.5.0.60
	has " 0 packets received"
	on_host bridge vlan del dev to-eth0 vid 6
	on_host bridge vlan add dev to-eth0 vid 5 pvid untagged
	run -0 reaches 10.5.0.60
}

@test "--vlan: a running container is plugged in, and out; the network goes" {
	K network create lab
	spawn_box nv-two --net lab -- sleep 1000
	run -0 K network connect --ip 10.5.0.8 red nv-two
	run -0 reaches 10.5.0.8
	run -0 K network disconnect red nv-two
	run -1 reaches 10.5.0.8
	run -0 K kill nv-two
	wait_for eval '! [ -e "$T/run/nv-two" ]'
	run -0 K network rm red
	run -1 on_host ip link show kn-red
}
