# SPDX-License-Identifier: Apache-2.0
# The resources of a bundle on whatever hierarchies this machine has: version 1, 2 or both.

load lib
load bundle

G=kokon-test-$$

teardown() {
	oci delete --force c1 >/dev/null 2>&1
	"$KOKON" cgroup remove --recursive --kill "$G" >/dev/null 2>&1
	common_teardown
}

# group CONTROLLER FILE: what a file of the container's group holds, FILE of version 1 or 2.
group() {
	local dir
	dir=$(cgroup_of "$1") || return 1
	if [ -e "$dir/cgroup.controllers" ]; then cat "$dir/$G/c/$3"; else cat "$dir/$G/c/$2"; fi
}

created() { # created RESOURCES [CONFIG]: a created container
	bundle 'l["cgroupsPath"] = "/'"$G"'/c"
'"${2:-}"'
r.update('"$1"')' sleep 100
	oci create --bundle "$B" c1
}

@test "memory, cpu, cpuset, pids: set, and changed by update" {
	need_cgroup memory
	created 'memory={"limit": 64 << 20, "reservation": 32 << 20}, pids={"limit": 44},
cpu={"shares": 512, "quota": 50000, "period": 100000, "cpus": "0", "mems": "0"}'
	is "$(group memory memory.limit_in_bytes memory.max)" 67108864
	is "$(group memory memory.soft_limit_in_bytes memory.low)" 33554432
	is "$(group pids pids.max pids.max)" 44
	[[ $(group cpu cpu.cfs_quota_us cpu.max) == 50000* ]]
	is "$(group cpuset cpuset.cpus cpuset.cpus)" 0
	oci update --memory 134217728 --pids-limit 9 c1
	is "$(group memory memory.limit_in_bytes memory.max)" 134217728
	is "$(group pids pids.max pids.max)" 9
	echo '{"memory": {"limit": 4096, "checkBeforeUpdate": true}}' >"$T/r.json"
	run -1 oci update --resources "$T/r.json" c1
	has "below present use"
	is "$(group memory memory.limit_in_bytes memory.max)" 134217728
	echo '{"pids": {"limit": -1}, "memory": {"limit": -1}}' | oci update --resources - c1
	is "$(group pids pids.max pids.max)" max
}

# limit OPTION VALUE CONTROLLER FILE1 VALUE1 FILE2 VALUE2: what update sets, alone, is read back, where the
# machine has the file of version 1 or 2.
limit() {
	local dir file=$4 value=$5
	dir=$(cgroup_of "$3") || return 0
	dir=$dir/$G/c
	[ ! -e "$dir/cgroup.controllers" ] || file=$6 value=$7
	[ -n "$file" ] && [ -e "$dir/$file" ] || return 0
	oci update "$1" "$2" c1 || return 1
	is "$(cat "$dir/$file")" "$value" || { echo "$1 $2: $file"; return 1; }
	limits=$((limits + 1))
}

@test "update: each limit alone, the others stay" {
	need_cgroup memory
	local limits=0 disk=io bfq
	! cgroup_of blkio >/dev/null || disk=blkio
	created 'memory={"limit": 64 << 20}, cpu={"quota": 50000, "period": 100000}'
	limit --memory 128M memory memory.limit_in_bytes 134217728 memory.max 134217728
	limit --memory-reservation 32M memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
	limit --memory-swap 160M memory memory.memsw.limit_in_bytes 167772160 "" ""
	limit --cpu-period 50000 cpu cpu.cfs_period_us 50000 cpu.max "50000 50000"
	[[ $(group cpu cpu.cfs_quota_us cpu.max) == 50000* ]]
	limit --cpu-quota 20000 cpu cpu.cfs_quota_us 20000 cpu.max "20000 50000"
	limit --cpu-burst 10000 cpu cpu.cfs_burst_us 10000 cpu.max.burst 10000
	limit --cpu-shares 2048 cpu cpu.shares 2048 cpu.weight 174
	limit --cpu-share 1024 cpu cpu.shares 1024 cpu.weight 100
	limit --cpu-idle 1 cpu cpu.idle 1 cpu.idle 1
	limit --cpu-idle 0 cpu cpu.idle 0 cpu.idle 0
	limit --cpu-rt-period 500000 cpu cpu.rt_period_us 500000 "" ""
	limit --cpu-rt-runtime 0 cpu cpu.rt_runtime_us 0 "" ""
	limit --cpuset-cpus 0 cpuset cpuset.cpus 0 cpuset.cpus 0
	limit --cpuset-mems 0 cpuset cpuset.mems 0 cpuset.mems 0
	limit --pids-limit 9 pids pids.max 9 pids.max 9
	limit --pids-limit -1 pids pids.max max pids.max max
	bfq=$limits # its weight is of another file than those of the other schedulers of disks
	limit --blkio-weight 200 "$disk" blkio.bfq.weight 200 io.bfq.weight "default 200"
	[ "$limits" -gt "$bfq" ] || limit --blkio-weight 200 "$disk" blkio.weight 200 io.weight "default 1920"
	limit --memory -1 memory "" "" memory.max max
	limit --cpu-quota -1 cpu cpu.cfs_quota_us -1 cpu.max "max 50000"
	[ "$limits" -ge 10 ]
	# Together, and what a version or machine has no file for is an error that names it, or nothing.
	oci update --cpu-quota 30000 --cpu-period 60000 --pids-limit 12 c1
	[[ $(group cpu cpu.cfs_quota_us cpu.max) == 30000* ]]
	is "$(group pids pids.max pids.max)" 12
	run -1 oci update --cpuset-cpus 4095 c1
	has "cpuset"
	run -1 oci update --blkio-weight 2000 c1
	has "no weight from 10 to 1000"
}

@test "a limit of no processes, and of one, do not hinder the start" {
	need_cgroup pids
	created 'pids={"limit": 0}'
	is "$(group pids pids.max pids.max)" 0
	oci start c1
	oci delete --force c1
	created 'pids={"limit": 1}'
	is "$(group pids pids.max pids.max)" 1
}

@test "huge pages, disks" {
	need_cgroup hugetlb
	local size
	size=$(find "$(cgroup_of hugetlb)" -maxdepth 2 -name 'hugetlb.*.max' -o -maxdepth 2 -name 'hugetlb.*.limit_in_bytes' | sed -n 's/.*hugetlb\.\([0-9]*[KMG]B\)\.[ml].*/\1/p' | head -n1)
	[ -n "$size" ] || size=2MB
	created 'hugepageLimits=[{"pageSize": "'"$size"'", "limit": 0}]'
	is "$(group hugetlb hugetlb.$size.limit_in_bytes hugetlb.$size.max)" 0
	is "$(group hugetlb hugetlb.$size.rsvd.limit_in_bytes hugetlb.$size.rsvd.max)" 0
	oci delete --force c1
	bundle 'r["hugepageLimits"] = [{"pageSize": "3MB", "limit": 0}]' true
	run -1 run_bundle
	has "hugetlb.3MB"
}

@test "throttles of a disk" {
	need_root
	cgroup_of blkio >/dev/null || cgroup_of io >/dev/null || skip "no controller of disks here"
	local disk
	disk=$(lsblk -dnro MAJ:MIN,TYPE 2>/dev/null | awk '$2 == "disk" { print $1; exit }')
	[ -n "$disk" ] || skip "no disk here"
	created 'blockIO={"throttleReadBpsDevice": [{"major": '"${disk%:*}"', "minor": '"${disk#*:}"', "rate": 1048576}],
"throttleWriteIOPSDevice": [{"major": '"${disk%:*}"', "minor": '"${disk#*:}"', "rate": 100}]}'
	has_line=$(group "$(cgroup_of blkio >/dev/null && echo blkio || echo io)" blkio.throttle.read_bps_device io.max)
	[[ $has_line == "$disk "*1048576* ]]
}

@test "a group that others use, or that is frozen, is refused; one that is empty is taken" {
	need_cgroup pids
	"$KOKON" cgroup create "$G/c" --pids-limit 50
	spawn sleep 100
	echo "$spawned_pid" >"$(cgroup_of pids)/$G/c/cgroup.procs"
	bundle 'l["cgroupsPath"] = "/'"$G"'/c"' true
	run -1 run_bundle
	has "has processes already"
	kill "$spawned_pid"
	wait_for sh -c "! grep -q . '$(cgroup_of pids)/$G/c/cgroup.procs'"
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "cgroup.kill was used in its group, or in the caller's" {
	need_root
	local at
	at=$(awk '$(NF-2) == "cgroup2" { print $5; exit }' /proc/self/mountinfo)
	[ -w "$at/cgroup.procs" ] || skip "no hierarchy of version 2 here"
	mkdir -p "$at/$G/killed"
	spawn sleep 100
	echo "$spawned_pid" >"$at/$G/killed/cgroup.procs"
	echo 1 >"$at/$G/killed/cgroup.kill"
	wait_for sh -c "! grep -q . '$at/$G/killed/cgroup.procs'"
	# The caller is in it, its container in a new one; then the other way round.
	bundle 'l["cgroupsPath"] = "/'"$G"'/new"' echo fine
	run sh -c "echo \$\$ >'$at/$G/killed/cgroup.procs' && exec '${KOKON%/*}/kokon-oci' --root '$T/st' run --bundle '$B' c1"
	is "$output" fine
	bundle 'l["cgroupsPath"] = "/'"$G"'/killed"' echo fine
	run run_bundle
	is "$output" fine
}

@test "what a version cannot do is refused by name" {
	need_root
	local v2=
	[ -e /sys/fs/cgroup/cgroup.controllers ] && v2=1
	if [ -n "$v2" ]; then
		bundle 'r["network"] = {"classID": 5}' true
	else
		bundle 'r["unified"] = {"memory.high": "10000000"}' true
	fi
	run -1 run_bundle
	has "'"
	bundle 'r["unified"] = {"../x": "1"}' true
	run -1 run_bundle
	has "linux.resources.unified"
	bundle 'r["cpu"] = {"quota": 1000, "burst": 2000}' true
	run -1 run_bundle
	has "burst"
	bundle 'r["rdma"] = {"mlx": {}}' true
	run -1 run_bundle
	has "rdma"
}

# Not more: from 256 KiB on the kernel charges 64 pages at a time, and takes what is left of them back too late.
@test "a program runs under little more memory than the kernel takes for its namespaces" {
	need_root
	need_cgroup memory
	bundle 'r["memory"] = {"limit": 240 << 10}' cat /proc/self/cgroup
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[[ $output != *kokon* ]] || { echo "$output"; false; }
	run -0 oci run --explain --bundle "$B" c1
	has membarrier
	has "unshare --cgroup"
	bundle 'r["memory"] = {"limit": 16 << 10}' true
	run -1 run_bundle
	has "memory ran out"
}
