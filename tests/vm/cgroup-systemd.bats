# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, under systemd.

load ../system/lib

G=kokon-vm-test
M=/sys/fs/cgroup

teardown() {
	"$KOKON" cgroup remove --recursive --kill $G >/dev/null 2>&1
	common_teardown
}

@test "groups beside systemd's, and its units can be looked at" {
	"$KOKON" cgroup create $G/a --memory 64M --pids-limit 9
	is "$(cat $M/$G/a/memory.max)" 67108864
	systemctl daemon-reload
	is "$(cat $M/$G/a/memory.max)" 67108864
	run -0 "$KOKON" cgroup tree
	has "system.slice"
	has "init.scope"
	run -0 "$KOKON" cgroup show pid:1
	has "init.scope"
	run -0 "$KOKON" cgroup list system.slice
	has "system.slice/dbus.service"
}

@test "a unit's own limit that binds is named" {
	systemd-run --quiet --unit kokon-vm-unit -p TasksMax=40 -p Delegate=yes sleep 300
	wait_for test -e $M/system.slice/kokon-vm-unit.service
	run -0 "$KOKON" cgroup show system.slice/kokon-vm-unit.service
	has "its own"
	has "40"
	systemctl stop kokon-vm-unit
}

@test "a user who is logged in but has nothing delegated to the session" {
	# without user@.service only the session's scope exists, and that is root's
	refused 1 "delegated" "systemd-run --user --scope" -- as_user "$KOKON" cgroup create mine
}
