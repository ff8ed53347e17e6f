# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, without systemd: what only version 2 with all controllers and a disk has.

load ../system/lib

G=kokon-vm-test
M=/sys/fs/cgroup

teardown() {
	"$KOKON" cgroup remove --recursive --kill $G >/dev/null 2>&1
	common_teardown
}

@test "the machine is pure version 2 with every controller" {
	is "$(stat -fc %T $M)" cgroup2fs
	grep -qw memory $M/cgroup.controllers
	grep -qw io $M/cgroup.controllers
}

@test "each limit is in the file of version 2" {
	"$KOKON" cgroup create $G/a --memory 64M --memory-swap 64M --memory-low 16M --memory-high 48M --cpus 0.5 \
		--cpu-shares 1024 --pids-limit 50 --cpuset-cpus 0 --cpuset-mems 0 --value memory.oom.group=1
	is "$(cat $M/$G/a/memory.max)" 67108864
	is "$(cat $M/$G/a/memory.swap.max)" 0
	is "$(cat $M/$G/a/memory.low)" 16777216
	is "$(cat $M/$G/a/memory.high)" 50331648
	is "$(cat $M/$G/a/cpu.max)" "50000 100000"
	is "$(cat $M/$G/a/cpu.weight)" 100
	is "$(cat $M/$G/a/pids.max)" 50
	is "$(cat $M/$G/a/cpuset.cpus)" 0
	is "$(cat $M/$G/a/memory.oom.group)" 1
	# controllers are given down the path, and no further
	grep -qw pids $M/$G/cgroup.subtree_control
	is "$(cat $M/$G/a/cgroup.subtree_control)" ""
	"$KOKON" cgroup show $G/a | grep -q '48M'
}

@test "memory-swap needs memory, and is not below it" {
	refused 1 "the memory limit must be given too" "--memory" -- "$KOKON" cgroup create $G --memory-swap 64M
	refused 1 "less than memory alone" -- "$KOKON" cgroup create $G --memory 64M --memory-swap 32M
	[ ! -e $M/$G ]
}

@test "io.max slows the disk down" {
	local disk number t0 t1
	disk=$(lsblk -dnro NAME,TYPE | awk '$2 == "disk" { print $1; exit }')
	number=$(cat "/sys/class/block/$disk/dev")
	"$KOKON" cgroup create $G --io-max "/dev/$disk:rbps=1M"
	is "$(cat $M/$G/io.max)" "$number rbps=1048576 wbps=max riops=max wiops=max"
	t0=$(date +%s%N)
	"$KOKON" cgroup exec $G -- dd if="/dev/$disk" of=/dev/null bs=64k count=48 iflag=direct status=none
	t1=$(date +%s%N)
	echo "3 MiB at 1 MiB/s took $(((t1 - t0) / 1000000)) ms"
	[ $((t1 - t0)) -gt 2000000000 ]
	[ $((t1 - t0)) -lt 6000000000 ]
	run -0 "$KOKON" cgroup stats $G
	has "read 3"
	refused 1 "no such block device" -- "$KOKON" cgroup set $G --io-max 250:99:rbps=1M
}

@test "inside a mount of a part of the tree, names count from there" {
	"$KOKON" cgroup create $G/box --pids-limit 9
	run -0 "$KOKON" cgroup exec $G/box -- unshare -mC --propagation private sh -ec \
		"mount -t cgroup2 cgroup2 $M; '$KOKON' cgroup show / | head -n 3; '$KOKON' cgroup create in; ls $M/in/cgroup.procs; '$KOKON' cgroup remove in"
	has "$M/in/cgroup.procs"
	[ ! -e $M/in ]
}

@test "kokon run: limits and the device filter of version 2" {
	make_root "$T/root"
	run -0 "$KOKON" run --rootfs "$T/root" --memory 64M --pids-limit 9 -- sh -c \
		'mknod /tmp/mem c 1 1 && ! head -c1 /tmp/mem && mknod /tmp/zero c 1 5 && head -c1 /tmp/zero | wc -c'
	has "Operation not permitted"
	is "${lines[-1]}" 1
	is "$(find $M/kokon -mindepth 1 -type d)" ""
	run "$KOKON" run --rootfs "$T/root" --memory 16M --memory-swap 16M -- tail /dev/zero
	is "$status" 137
	rmdir $M/kokon # the parent of all containers stays
}
