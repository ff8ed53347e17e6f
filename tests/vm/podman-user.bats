# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # bats gives output and status
# In the guest, as the user "test" in a login session: Podman whose containers' groups the user's own
# systemd makes, as it is where Podman is installed and nothing is configured.

load ../system/lib

setup_file() {
	export XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus
	D=$HOME/podman-test
	export D
	mkdir "$D"
	make_root "$D/root"
	tar -C "$D/root" -cf "$D/img.tar" .
	p import "$D/img.tar" bb:1 3>&-
}

teardown_file() {
	p rm -af -t 0 3>&- || true
	p system migrate 3>&- || true
	p unshare rm -rf "$D/store" 3>&-
	rm -rf "${D:?}"
}

setup() {
	common_setup
	export XDG_RUNTIME_DIR=/run/user/1000
}

teardown() {
	p pod rm -af -t 0 >/dev/null 2>&1 || true
	p rm -af -t 0 >/dev/null 2>&1 || true
	common_teardown
}

p() {
	timeout -k 5 490 podman --root "$D/store" --storage-driver overlay --cgroup-manager systemd \
		--runtime "$BUILD/kokon-oci" "$@" 3>&- 4>&-
}
begin() { p run -d --network none --name c "$@"; }
field() { p inspect --format "$1" c; }
# The folder of the container's group.
group() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(field '{{.State.Pid}}')/cgroup")"; }

@test "limits are in a scope of the user's systemd, which knows them; update; exec" {
	begin --memory 64m --memory-swap 96m --pids-limit 33 --cpus 0.5 bb:1 sleep 1000
	dir=$(group)
	# Podman's default: the container has its own namespace of groups, so what it shows begins below.
	scope=libpod-$(field '{{.Id}}').scope
	case $dir in *"/user@1000.service/user.slice/$scope"*) ;; *) echo "$dir"; false ;; esac
	is "$(cat "$dir/memory.max")" 67108864
	is "$(cat "$dir/memory.swap.max")" 33554432
	is "$(cat "$dir/pids.max")" 33
	is "$(cat "$dir/cpu.max")" "50000 100000"
	run -0 systemctl --user show "$scope" -p MemoryMax -p TasksMax -p CPUQuotaPerSecUSec -p Delegate
	has "MemoryMax=67108864"
	has "TasksMax=33"
	has "CPUQuotaPerSecUSec=500ms"
	has "Delegate=yes"
	run -0 p update --memory 128m --pids-limit 44 c
	is "$(cat "$dir/memory.max")" 134217728
	is "$(cat "$dir/pids.max")" 44
	systemctl --user daemon-reload
	is "$(cat "$dir/memory.max")" 134217728
	run -0 p exec c cat /proc/self/cgroup /sys/fs/cgroup/memory.max
	has "134217728"
	run -0 p stop -t 0 c
	[ ! -e "$dir" ]
}

@test "pause, unpause, stats, top, kill; what is left" {
	begin bb:1 sh -c 'while :; do sleep 0.1; done'
	dir=$(group)
	run -0 p pause c
	is "$(cat "$dir/cgroup.freeze")" 1
	is "$(field '{{.State.Status}}')" paused
	run -0 p unpause c
	run -0 p stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' c
	has "c "
	run -0 p top c
	has sleep
	run -0 p kill -s KILL c
	gone() { [ ! -e "$dir" ]; }
	wait_for gone
	run -0 p rm c
	run -0 systemctl --user list-units --all --plain --no-legend 'libpod-*'
	is "$output" ""
}

@test "a container over its memory is killed; one over its processes is refused them" {
	run -137 p run --rm --network none --memory 16m --memory-swap 16m bb:1 tail /dev/zero
	run p run --rm --network none --pids-limit 5 bb:1 sh -c 'for i in 1 2 3 4 5 6 7; do sleep 9 & done; wait'
	has fork
}

@test "a pod: its slice, its limits, its end" {
	run -0 p pod create --name pd --network none --memory 128m
	p run -d --pod pd --name c --memory 64m bb:1 sleep 1000
	dir=$(group)
	is "$(cat "$dir/memory.max")" 67108864
	is "$(cat "${dir%/libpod-*}/memory.max")" 134217728
	run -0 p pod rm -f -t 0 pd
	[ ! -e "$dir" ]
}
