# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, under systemd.

load ../system/lib

M=/sys/fs/cgroup

teardown() {
	"$KOKON" kill --all >/dev/null || true
	common_teardown
}

@test "a container's group stands beside systemd's, and a reload leaves its limits alone" {
	make_root "$T/root"
	spawn "$KOKON" run --name s1 --rootfs "$T/root" --memory 64M --pids-limit 9 -- sleep 1000
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx s1"
	systemctl daemon-reload
	is "$(cat $M/kokon/s1/memory.max)" 67108864
	is "$(cat $M/kokon/s1/pids.max)" 9
	run -0 "$KOKON" exec s1 cat /proc/self/cgroup
	is "$output" 0::/
	run -0 "$KOKON" stop -t 0 s1
	[ ! -e $M/kokon/s1 ]
}

@test "run from a unit that systemd ends: the container ends with it" {
	make_root "$T/root"
	systemd-run --quiet --unit kokon-vm-run "$KOKON" run --name s2 --rootfs "$T/root" -- sleep 1000
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx s2"
	systemctl stop kokon-vm-run
	run -0 "$KOKON" ps -q
	is "$output" ""
	[ ! -e $M/kokon/s2 ]
}
