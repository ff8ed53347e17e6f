# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Docker's daemon in a network namespace, and its client. Each daemon has a name, and its sockets lie in
# $DD/NAME: a short path, since the path of a socket has 107 bytes.

docker_is_lacking() {
	! engine_lacks dockerd containerd iptables busybox ip || return 0
	DOCKER=docker
	# Debian's client fits Debian's daemon; another may come first in PATH.
	[ ! -x /usr/bin/docker ] || DOCKER=/usr/bin/docker
	DD=$(mktemp -d /tmp/dd.XXXXXX)
	export DOCKER DD
	return 1
}

# docker_start NAME NETNS [COMMAND...]: in the background; COMMAND runs the daemon, its last argument.
docker_start() {
	local name=$1 net=$2
	shift 2
	mkdir "$DD/$name"
	echo '{}' >"$DD/$name/daemon.json"
	nsenter --net="/run/netns/$net" "$@" dockerd --config-file "$DD/$name/daemon.json" --data-root "$E/$name" --exec-root "$DD/$name/exec" \
		-p "$DD/$name/pid" -H "unix://$DD/$name/socket" --add-runtime "tested=$RUNTIME" --default-runtime tested \
		--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$NETNS" >"$DD/$name/log" 2>&1 3>&- 4>&- &
	echo $! >"$DD/$name/daemon"
	disown
}

docker_ready() { wait_for d_of "$1" version || { tail -20 "$DD/$1/log"; return 1; }; }

# docker_stop NAME: by SIGTERM, and waits for its end.
docker_stop() {
	local pid
	pid=$(cat "$DD/$1/daemon")
	kill "$pid" 2>/dev/null
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

docker_teardown_file() {
	[ -z "${DD:-}" ] || {
		umount -l "$DD"/*/exec/netns/* 2>/dev/null
		rm -rf --one-file-system "${DD:?}"
	}
	engine_teardown_file
}

d_of() { in_net "$DOCKER" -H "unix://$DD/$1/socket" "${@:2}"; }
