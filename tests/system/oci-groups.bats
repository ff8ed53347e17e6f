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
