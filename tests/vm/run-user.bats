# SPDX-License-Identifier: Apache-2.0
# In the guest, as the user "test" with systemd --user: containers in a delegated scope.

load ../system/lib

M=/sys/fs/cgroup

# in_scope 'SHELL': in a delegated scope of its own; $KOKON, $M and $R are set in it.
in_scope() {
	systemd-run --user --scope --quiet --collect -p Delegate=yes -- \
		env KOKON="$KOKON" M=$M R="$T/root" bash -c "$1"
}

# begin [OPTION…] -- COMMAND…, in a scope: the container u1 in the background, its group in $group.
begin='begin() { "$KOKON" run --name u1 --rootfs "$R" "$@" & owner=$!
	for n in $(seq 300); do "$KOKON" ps -q --filter status=running | grep -qx u1 && break; sleep 0.1; done
	group=$M$(sed -n "s/^0:://p" "/proc/$("$KOKON" ps --json | jq -r ".containers[0].pid")/cgroup"); };'

setup() {
	common_setup
	export XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus
	make_root "$T/root"
	chmod -R a+rX "$T"
}

teardown() {
	"$KOKON" kill --all >/dev/null || true
	common_teardown
}

@test "the limits bite, and the group is gone afterwards" {
	run -137 in_scope '"$KOKON" run --name u1 --rootfs "$R" --memory 16M --memory-swap 16M -- tail /dev/zero'
	has "it reached the memory limit"
	run in_scope '"$KOKON" run --name u1 --rootfs "$R" --pids-limit 4 -- sh -c "for i in 1 2 3 4 5 6; do sleep 9 & done; wait"'
	has "fork"
	run -0 in_scope "$begin"' begin --cpus 0.1 -- sh -c "while :; do :; done"
		for n in $(seq 300); do [ "$(awk "\$1 == \"nr_throttled\" { print \$2 }" "$group/cpu.stat")" -gt 2 ] && break; sleep 0.1; done
		grep throttled "$group/cpu.stat"; cat "$group/cpu.max"; "$KOKON" kill u1; ! ls -d "$group" 2>&1'
	has "10000 100000"
	lacks "nr_throttled 0"
	has "No such file"
}

@test "its own root of groups, and exec stands in the same group, within its limits" {
	run -0 in_scope "$begin"' begin --pids-limit 4 -- sleep 1000
		"$KOKON" exec u1 cat /proc/self/cgroup
		"$KOKON" exec u1 sleep 1001 & for n in $(seq 300); do [ "$(wc -l <"$group/cgroup.procs")" = 2 ] && break; sleep 0.1; done
		wc -l <"$group/cgroup.procs"; "$KOKON" top -n u1 pid,args
		"$KOKON" exec u1 sh -c "sleep 9 & sleep 9 & wait"; "$KOKON" stop -t 0 u1; ! ls -d "$group" 2>&1'
	is "${lines[0]}" 0::/
	is "${lines[1]}" 2
	has "sleep 1001"
	has "fork"
	has "No such file"
}

@test "the owner killed: the container dies at once, the next command removes the group" {
	run -0 in_scope "$begin"' begin --memory 64M -- sh -c "sleep 1000 & sleep 1001"
		kill -KILL $owner; for n in $(seq 300); do grep -qx "populated 0" "$group/cgroup.events" && break; sleep 0.1; done
		grep populated "$group/cgroup.events"; "$KOKON" ps -q; ! ls -d "$group" 2>&1'
	has "populated 0"
	has "No such file"
}

@test "from another scope: exec, top and stop" {
	spawn in_scope '"$KOKON" run --name u1 --rootfs "$R" --memory 64M -- sleep 1000'
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx u1" || { cat "$spawned_out"; false; }
	run -0 in_scope '"$KOKON" exec u1 cat /proc/self/cgroup; "$KOKON" top -n u1 args'
	is "${lines[0]}" 0::/
	has "sleep 1000"
	run -0 in_scope '"$KOKON" stop -t 0 u1'
	is "$("$KOKON" ps -q)" ""
}

@test "without a delegated group: run works without limits; exec into a limited container says what it takes" {
	run -0 "$KOKON" run --rootfs "$T/root" -- cat /proc/self/cgroup
	spawn in_scope '"$KOKON" run --name u1 --rootfs "$R" --memory 64M -- sleep 1000'
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx u1" || { cat "$spawned_out"; false; }
	refused 125 "cannot start a process of the container: Permission denied" "systemd-run --user --scope" -- \
		"$KOKON" exec u1 true
	run -0 "$KOKON" kill u1
}
