# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, without systemd: containers where there is version 2 alone.

load ../system/lib

M=/sys/fs/cgroup

setup() {
	common_setup
	make_root "$T/root"
}

teardown() {
	"$KOKON" kill --all >/dev/null || true
	common_teardown
}

# begin [OPTION…] -- COMMAND…: the container v1 in the background; returns when it runs.
begin() {
	spawn "$KOKON" run --name v1 --rootfs "$T/root" "$@"
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx v1" || { cat "$spawned_out"; false; }
}

no_group_left() { [ -z "$(find $M/kokon -mindepth 1 -type d)" ]; }
first() { "$KOKON" ps --json | jq -r '.containers[0].pid'; }

@test "the first process is in its group from birth" {
	run -0 strace -f -o "$T/calls" -e trace=clone3 "$KOKON" run --rootfs "$T/root" -- cat /proc/self/cgroup
	has "0::/"
	grep -q 'CLONE_INTO_CGROUP' "$T/calls"
	no_group_left
}

@test "each limit is in its file, seen from outside and from inside" {
	begin --memory 64M --memory-swap 96M --pids-limit 20 --cpus 0.5 --cpu-shares 1024 --cpuset-cpus 0 -- sleep 1000
	is "$(cat $M/kokon/v1/memory.max)" 67108864
	is "$(cat $M/kokon/v1/memory.swap.max)" 33554432
	is "$(cat $M/kokon/v1/pids.max)" 20
	is "$(cat $M/kokon/v1/cpu.max)" "50000 100000"
	is "$(cat $M/kokon/v1/cpu.weight)" 100
	is "$(cat $M/kokon/v1/cpuset.cpus)" 0
	is "$(cat "/proc/$(first)/cgroup")" 0::/kokon/v1
	# Its own namespace makes the group the root, of the mount too, which is read-only.
	is "$("$KOKON" exec v1 cat /proc/self/cgroup)" 0::/
	is "$("$KOKON" exec v1 cat /sys/fs/cgroup/memory.max)" 67108864
	refused 1 "Read-only" -- "$KOKON" exec v1 sh -c 'echo max >/sys/fs/cgroup/memory.max'
}

@test "memory, processes and time: the limits bite" {
	run -137 "$KOKON" run --rootfs "$T/root" --memory 16M --memory-swap 16M -- tail /dev/zero
	has "it reached the memory limit"
	run "$KOKON" run --rootfs "$T/root" --pids-limit 4 -- sh -c 'for i in 1 2 3 4 5 6; do sleep 9 & done; wait'
	has "fork"
	begin --cpus 0.1 -- sh -c 'while :; do :; done'
	throttled() { [ "$(awk '$1 == "nr_throttled" { print $2 }' $M/kokon/v1/cpu.stat)" -gt 2 ]; }
	wait_for throttled
	run -0 "$KOKON" kill v1
	wait_for no_group_left
}

@test "devices: the filter of the group, also for exec; --device; --privileged has none" {
	begin --device /dev/zero:/dev/mine:r -- sleep 1000
	run "$KOKON" exec v1 sh -c 'head -c1 /dev/mine | wc -c; mknod /tmp/mem c 1 1 && head -c1 /tmp/mem'
	is "${lines[0]}" 1
	has "Operation not permitted"
	"$KOKON" kill v1
	run -0 "$KOKON" run --rootfs "$T/root" --privileged -- sh -c 'mknod /tmp/port c 1 4 && : </tmp/port'
}

@test "exec: in the container's group, and within its limits" {
	begin --pids-limit 4 -- sleep 1000
	spawn "$KOKON" exec v1 sleep 1001
	two() { [ "$(wc -l <$M/kokon/v1/cgroup.procs)" = 2 ]; }
	wait_for two
	run "$KOKON" exec v1 sh -c 'sleep 1 & sleep 1 & sleep 1 & wait'
	has "fork"
	run -0 "$KOKON" top -n v1 args
	has "sleep 1001"
	run -0 "$KOKON" stop -t 0 v1
	no_group_left
}

@test "frozen: shown as paused, refused to exec, killed all the same" {
	begin -- sleep 1000
	"$KOKON" cgroup freeze kokon/v1
	is "$("$KOKON" ps -q --filter status=paused)" v1
	refused 125 "is paused" "cgroup thaw" -- "$KOKON" exec v1 true
	run -0 "$KOKON" kill v1
	no_group_left
}

@test "the owner killed: the container dies at once, the next command removes the group" {
	begin -- sh -c 'sleep 1000 & sleep 1001'
	wait_for grep -q . $M/kokon/v1/cgroup.procs
	kill -KILL "$spawned_pid"
	empty() { grep -qx 'populated 0' $M/kokon/v1/cgroup.events; }
	wait_for empty
	run -0 "$KOKON" ps -q
	is "$output" ""
	no_group_left
}

@test "groups that the container makes in a writable part of its own are removed with it" {
	begin --privileged --cgroupns private -- sleep 1000
	run -0 "$KOKON" exec --privileged v1 sh -c 'mkdir /tmp/c && mount -t cgroup2 none /tmp/c && mkdir -p /tmp/c/a/b && ls /tmp/c/a/b/cgroup.procs'
	[ -d $M/kokon/v1/a/b ]
	run -0 "$KOKON" stop -t 0 v1
	no_group_left
}

@test "exec into a container that has divided its group" {
	begin --privileged -- sh -c 'mkdir /tmp/c && mount -t cgroup2 none /tmp/c && mkdir /tmp/c/own &&
		echo 0 >/tmp/c/own/cgroup.procs && echo +pids >/tmp/c/cgroup.subtree_control && echo done; sleep 1000'
	wait_for grep -q done "$spawned_out"
	run -0 "$KOKON" exec v1 cat /proc/self/cgroup
	is "$output" 0::/own
	run -0 "$KOKON" kill v1
	no_group_left
}

@test "an AppArmor profile holds what run and exec start" {
	[ -e /sys/kernel/security/apparmor/.replace ] || skip "AppArmor is not active: no /sys/kernel/security/apparmor"
	cat "$KOKON_TEST_PROFILE" >/sys/kernel/security/apparmor/.replace
	begin --security-opt apparmor=kokon-test -- sleep 1000
	run -0 "$KOKON" exec v1 cat /proc/self/attr/apparmor/current /proc/1/attr/apparmor/current
	is "${lines[0]}" "kokon-test (enforce)"
	is "${lines[1]}" "kokon-test (enforce)"
	run -1 "$KOKON" exec v1 sh -c 'echo x >/tmp/forbidden'
	run -0 "$KOKON" exec v1 sh -c 'echo x >/tmp/fine'
}
