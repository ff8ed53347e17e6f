# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, under systemd: groups that systemd keeps.

load ../system/lib
load ../system/bundle

teardown() {
	oci delete --force t1 >/dev/null 2>&1
	common_teardown
}

@test "--systemd-cgroup: a scope in its slice, with limits that both know" {
	bundle 'l["cgroupsPath"] = "kokon-vm.slice:kk:t1"
r.update(memory={"limit": 64 << 20, "swap": 96 << 20, "reservation": 32 << 20}, pids={"limit": 44},
         cpu={"shares": 512, "quota": 50000, "period": 100000, "cpus": "0"}, blockIO={"weight": 500})' sleep 300
	oci --systemd-cgroup create --bundle "$B" t1
	oci start t1
	run -0 systemctl show kk-t1.scope -p MemoryMax -p MemorySwapMax -p TasksMax -p CPUWeight -p CPUQuotaPerSecUSec -p ControlGroup -p Delegate -p Slice -p ActiveState
	has "MemoryMax=67108864"
	has "MemorySwapMax=33554432"
	has "TasksMax=44"
	has "CPUQuotaPerSecUSec=500ms"
	has "ControlGroup=/kokon.slice/kokon-vm.slice/kk-t1.scope"
	has "Delegate=yes"
	has "ActiveState=active"
	dir=/sys/fs/cgroup/kokon.slice/kokon-vm.slice/kk-t1.scope
	is "$(cat $dir/memory.max)" 67108864
	is "$(cat $dir/memory.low)" 33554432
	is "$(cat $dir/cpu.max)" "50000 100000"
	is "$(cat $dir/cgroup.procs)" "$(oci state t1 | jq .pid)"

	systemctl daemon-reload
	is "$(cat $dir/pids.max)" 44
	oci update --pids-limit 55 t1
	is "$(cat $dir/pids.max)" 55
	run -0 systemctl show kk-t1.scope -p TasksMax
	has 55
	oci pause t1
	has_frozen=$(cat $dir/cgroup.freeze)
	is "$has_frozen" 1
	oci resume t1
	oci kill t1 KILL
	oci delete --force t1
	[ ! -e $dir ]
	run systemctl is-active kk-t1.scope
	has inactive
}

@test "--systemd-cgroup: a path of another form is refused" {
	bundle 'l["cgroupsPath"] = "/a/b"' true
	refused 1 "SLICE:PREFIX:NAME" -- oci --systemd-cgroup run --bundle "$B" t1
	bundle 'l["cgroupsPath"] = "no:kk:t1"' true
	refused 1 "slice" -- oci --systemd-cgroup run --bundle "$B" t1
}

@test "--systemd-cgroup without a path" {
	bundle '' cat /proc/1/cgroup
	run -0 oci --systemd-cgroup run --bundle "$B" t1
	has "0::/"
}
