# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# Docker Swarm: three nodes, each in network, process and mount namespaces of its own, joined by a bridge,
# with kokon-oci as their default runtime. Ending a node's first process is pulling its plug.
#
# Addresses of services are those of their tasks (dnsrr) and ports those of the nodes (mode=host): what
# Swarm has beside needs IPVS, which not every kernel has.

load engine
load docker

setup_file() {
	! docker_is_lacking || return 0
	engine_setup_file
	local node token
	ip -n "$NETNS" link add lan type bridge
	ip -n "$NETNS" addr add 10.77.0.254/24 dev lan
	ip -n "$NETNS" link set lan up
	for node in 1 2 3; do
		ip netns add "$NETNS-$node"
		ip -n "$NETNS" link add "node$node" master lan type veth peer name eth0 netns "$NETNS-$node"
		ip -n "$NETNS" link set "node$node" up
		ip -n "$NETNS-$node" addr add "10.77.0.$node/24" dev eth0
		ip -n "$NETNS-$node" link set eth0 up
		ip -n "$NETNS-$node" link set lo up
		docker_start "node$node" "$NETNS-$node" unshare --pid --mount-proc --uts --fork --kill-child \
			sh -c 'hostname "$0" && exec "$@"' "node$node"
	done
	for node in 1 2 3; do
		docker_ready "node$node"
		n "$node" import "$E/img.tar" bb:1
	done
	n 1 swarm init --advertise-addr 10.77.0.1 --dispatcher-heartbeat 1s
	token=$(n 1 swarm join-token -q worker)
	n 2 swarm join --token "$token" 10.77.0.1:2377
	n 3 swarm join --token "$token" 10.77.0.1:2377
	n 1 network create -d overlay --attachable net
}

teardown_file() {
	local node
	for node in 1 2 3; do
		[ ! -e "${DD:-}/node$node/daemon" ] || unplug "$node"
		[ -z "${NETNS:-}" ] || ip netns del "$NETNS-$node"
	done
	docker_teardown_file
}

engine_teardown() {
	# shellcheck disable=SC2046 # one word each
	s rm $(s ls -q) || true
}

# unplug NODE: the end of its first process is that of all others; unshare ends when they are gone.
unplug() {
	local pid
	pid=$(cat "$DD/node$1/daemon")
	# shellcheck disable=SC2046 # one word, or none
	kill -KILL $(cat "/proc/$pid/task/$pid/children") 2>/dev/null
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

# n NODE DOCKER'S ARGUMENT...
n() { d_of "node$1" "${@:2}"; }
s() { n 1 service "$@"; }

create() { s create -q --detach --no-resolve-image --endpoint-mode dnsrr "$@"; }

# Nodes of a service's running tasks, sorted.
where() { n 1 service ps -f desired-state=running --format '{{.Node}} {{.CurrentState}}' "$1" | awk '$2 == "Running" { print $1 }' | sort | tr '\n' ' '; }
runs_on() { [ "$(where "$1")" = "$2 " ]; }
updated() { [ "$(s inspect -f '{{.UpdateStatus.State}}' "$1")" = completed ]; }

# The container of a service on a node.
task() { n "$2" ps -q -f "label=com.docker.swarm.service.name=$1" | head -1; }

group_of_container() { cat "$(find /sys/fs/cgroup -path "*/$NETNS/$1*/$2" | head -1)"; }

@test "three nodes: a service on each, names and traffic between them, a published port" {
	create --name web --network net --mode global --publish mode=host,published=8080,target=80 \
		--hostname '{{.Node.Hostname}}' bb:1 sh -c 'hostname >/tmp/index.html; exec httpd -f -p 80 -h /tmp'
	create --name other --network net --constraint node.hostname==node3 bb:1 sleep 1000
	wait_for runs_on web "node1 node2 node3"
	wait_for runs_on other node3
	local node
	for node in 1 2 3; do
		wait_for in_net busybox wget -q -O - "http://10.77.0.$node:8080/"
		is "$(in_net busybox wget -q -O - "http://10.77.0.$node:8080/")" "node$node"
	done
	# By the service's name, over the overlay network: in the end each of the three has answered.
	all_three() {
		seen+=$(n 3 exec "$(task other 3)" wget -q -O - http://web/)
		[[ $seen == *node1* && $seen == *node2* && $seen == *node3* ]]
	}
	seen=
	wait_for all_three
}

@test "secrets, configurations, limits" {
	echo 'nobody knows' | n 1 secret create key -
	echo 'everybody knows' | n 1 config create text -
	create --name kept --secret key --config source=text,target=/etc/text --limit-memory 64M --limit-cpu 0.5 --limit-pids 50 \
		--constraint node.hostname==node2 bb:1 sleep 1000
	wait_for runs_on kept node2
	run -0 n 2 exec "$(task kept 2)" cat /run/secrets/key /etc/text
	is "$output" $'nobody knows\neverybody knows'
	need_cgroup memory
	is "$(group_of_container "$(task kept 2)" memory.limit_in_bytes || group_of_container "$(task kept 2)" memory.max)" 67108864
	is "$(group_of_container "$(task kept 2)" pids.max)" 50
}

@test "a rolling update; a drained node; a node that dies" {
	create --name roll --replicas 3 --stop-grace-period 1s --update-delay 0s --update-monitor 100ms --env V=1 bb:1 sh -c 'trap exit TERM; while :; do sleep 0.1; done'
	wait_for runs_on roll "node1 node2 node3"
	s update -q --detach --env-add V=2 --no-resolve-image roll
	wait_for updated roll
	wait_for runs_on roll "node1 node2 node3"
	run -0 n 2 exec "$(task roll 2)" sh -c 'echo $V'
	is "$output" 2
	n 1 node update --availability drain node2
	not_on_2() { [[ $(where roll) == "node"[13]" node"[13]" node"[13]" " && -z $(task roll 2) ]]; }
	wait_for not_on_2
	unplug 3
	wait_for runs_on roll "node1 node1 node1"
	run -0 n 1 node ls --format '{{.Hostname}} {{.Status}} {{.Availability}}'
	has "node2 Ready Drain"
	has "node3 Down Active"
}
