# SPDX-License-Identifier: Apache-2.0
"""config-linux.md: Control groups, Cgroups Path, Memory, CPU, Block IO, Huge page limits, Network, PIDs, RDMA, Unified."""
from harness import *

MEMORY = {"limit": 64 << 20, "reservation": 32 << 20, "swap": 96 << 20, "swappiness": 17}
CPU = {"shares": 512, "quota": 40000, "period": 80000}


def limited():
    c = config("read:/proc/self/cgroup", "wait")
    resources = {"memory": {k: v for k, v in MEMORY.items() if k in ("limit", "reservation")}, "cpu": dict(CPU), "pids": {"limit": 37}}
    c["linux"]["resources"] = {k: v for k, v in resources.items() if k in controllers()}
    c["linux"]["cgroupsPath"] = f"/kokon-conform-{os.getpid()}/limited"
    return c


def value(pid, controller, v1, v2):
    """What the file of the process's group says (its name on each version); Skip where it is not there."""
    version, group = group_of(pid, controller)
    name = v1 if version == 1 else v2
    if not name:
        raise Skip(f"version {version} has no file for it")
    path = os.path.join(group, name)
    if not os.path.exists(path):
        raise Skip(f"this kernel has no {name}")
    return version, read(path).strip()


def check(rt, resources, controller, v1, v2, expected1, expected2):
    """One container with these resources; the file holds what is expected."""
    version, group = group_of(os.getpid(), controller)
    wanted = v1 if version == 1 else v2
    if wanted is None:
        raise Skip(f"version {version} of {controller} has no file for it")
    c = config("wait")
    c["linux"]["resources"] = resources
    c["linux"]["cgroupsPath"] = f"/conform-{os.getpid()}-{rt.count}"
    at = controllers()
    point = at["blkio" if controller == "io" and version == 1 else controller][1]
    if not any(os.path.exists(os.path.join(d, wanted)) for d in [group, point, *[os.path.join(point, n) for n in os.listdir(point)]]):
        raise Skip(f"this kernel has no {wanted}")
    with rt.running(c) as made:
        version, found = value(made.pid, controller, v1, v2)
        expected = expected1 if version == 1 else expected2
        if callable(expected):
            holds(expected(found), f"{wanted}: {found}")
        else:
            same(found, expected, wanted)


@shared
def limits(rt):
    """Of one container, read while it runs: {name: (version, text) or Skip}."""
    files = {"memory.limit": ("memory", "memory.limit_in_bytes", "memory.max"), "memory.reservation": ("memory", "memory.soft_limit_in_bytes", "memory.low"),
             "cpu.shares": ("cpu", "cpu.shares", "cpu.weight"), "cpu.quota": ("cpu", "cpu.cfs_quota_us", "cpu.max"),
             "cpu.period": ("cpu", "cpu.cfs_period_us", "cpu.max"), "pids.limit": ("pids", "pids.max", "pids.max")}
    found = {}
    with rt.running(limited()) as c:
        for name, (controller, v1, v2) in files.items():
            try:
                found[name] = value(c.pid, controller, v1, v2)
            except Skip as e:
                found[name] = e
        found["paths"] = [line.split(":", 2)[2] for line in read(f"/proc/{c.pid}/cgroup").split()]
        found["name"] = c.name
    found["left"] = [os.path.join(d, n) for _, point in controllers().values() for d, names, _ in os.walk(point) for n in names
                     if n == f"kokon-conform-{os.getpid()}" and os.path.isdir(os.path.join(d, n, "limited"))]
    return found


def limit(found, name, v1, v2):
    if isinstance(found[name], Skip):
        raise found[name]
    version, text = found[name]
    same(text, v1 if version == 1 else v2, name)


@test("linux.resources.memory.limit", "sets limit of memory usage, in bytes")
def _(limits):
    limit(limits, "memory.limit", str(64 << 20), str(64 << 20))


@test("linux.resources.memory.reservation", "sets soft limit of memory usage")
def _(limits):
    limit(limits, "memory.reservation", str(32 << 20), str(32 << 20))


@test("linux.resources.memory.swap", "sets limit of memory+Swap usage")
def _(rt):
    check(rt, {"memory": {"limit": MEMORY["limit"], "swap": MEMORY["swap"]}}, "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", str(96 << 20), str(32 << 20))


@test("linux.resources.memory.unlimited", "-1 for unlimited memory")
def _(rt):
    check(rt, {"memory": {"limit": -1}}, "memory", "memory.limit_in_bytes", "memory.max", lambda t: int(t) > 1 << 60, "max")


@test("linux.resources.memory.swappiness", "sets swappiness parameter of vmscan")
def _(rt):
    check(rt, {"memory": {"swappiness": 17}}, "memory", "memory.swappiness", None, "17", None)


@test("linux.resources.memory.disableOOMKiller", "enables or disables the OOM killer; to disable it, specify a value of true")
def _(rt):
    check(rt, {"memory": {"limit": MEMORY["limit"], "disableOOMKiller": True}}, "memory", "memory.oom_control", None, lambda t: "oom_kill_disable 1" in t, None)


@test("linux.resources.memory.kernel", "sets hard limit for kernel memory (NOT RECOMMENDED)")
def _(rt):
    check(rt, {"memory": {"kernel": 32 << 20}}, "memory", "memory.kmem.limit_in_bytes", None, lambda t: int(t) in (32 << 20, 9223372036854771712), None)


@test("linux.resources.memory.kernelTCP", "sets hard limit for kernel TCP buffer memory (NOT RECOMMENDED)")
def _(rt):
    check(rt, {"memory": {"kernelTCP": 32 << 20}}, "memory", "memory.kmem.tcp.limit_in_bytes", None, str(32 << 20), None)


@test("linux.resources.memory.useHierarchy", "enables or disables hierarchical memory accounting")
def _(rt):
    check(rt, {"memory": {"useHierarchy": True}}, "memory", "memory.use_hierarchy", None, "1", None)


@test("linux.resources.memory.checkBeforeUpdate", "if a new memory limit is lower than the current usage, the runtime MUST reject the new limit")
def _(rt):
    group_of(os.getpid(), "memory")
    with rt.running(config("wait")) as c:
        with open(c.bundle + "/limits.json", "w", encoding="utf-8") as f:
            json.dump({"memory": {"limit": 4096, "checkBeforeUpdate": True}}, f)
        rt.refused("update", "--resources", c.bundle + "/limits.json", c.name)
        same(c.state()["status"], "running")


@test("linux.resources.cpu.shares", "specifies a relative share of CPU time available to the tasks in a cgroup")
def _(limits):
    limit(limits, "cpu.shares", "512", limits["cpu.shares"][1] if not isinstance(limits["cpu.shares"], Skip) and limits["cpu.shares"][0] == 2 and
          int(limits["cpu.shares"][1]) in range(15, 80) else "about 20 to 59")


@test("linux.resources.cpu.quota", "specifies the total amount of time in microseconds for which all tasks in a cgroup can run during one period")
def _(limits):
    limit(limits, "cpu.quota", "40000", "40000 80000")


@test("linux.resources.cpu.period", "specifies a period of time in microseconds for how regularly a cgroup's access to CPU resources should be reallocated")
def _(limits):
    limit(limits, "cpu.period", "80000", "40000 80000")


@test("linux.resources.cpu.burst", "the maximum amount of accumulated time in microseconds for which tasks can run additionally for burst during one period")
def _(rt):
    check(rt, {"cpu": {"quota": 40000, "period": 80000, "burst": 20000}}, "cpu", "cpu.cfs_burst_us", "cpu.max.burst", "20000", "20000")


@test("linux.resources.cpu.burst.quota", "this value MUST be no larger than any positive quota (runtimes MAY generate an error)")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"cpu": {"quota": 1000, "burst": 2000}}
    try:
        rt.run(c)
    except Failed as e:
        holds("no error" not in str(e), str(e))


@test("linux.resources.cpu.idle", "cgroups are configured with minimum weight, 0: default behavior, 1: SCHED_IDLE")
def _(rt):
    check(rt, {"cpu": {"idle": 1}}, "cpu", "cpu.idle", "cpu.idle", "1", "1")


@test("linux.resources.cpu.realtimeRuntime", "the longest continuous period in which the tasks in a cgroup have access to CPU resources")
def _(rt):
    version, group = group_of(os.getpid(), "cpu")
    if not os.path.exists(os.path.join(group, "cpu.rt_runtime_us")):
        raise Skip("this kernel has no cpu.rt_runtime_us (CONFIG_RT_GROUP_SCHED)")
    check(rt, {"cpu": {"realtimeRuntime": 1000, "realtimePeriod": 1000000}}, "cpu", "cpu.rt_runtime_us", None, "1000", None)


@test("linux.resources.cpu.realtimePeriod", "same as period but applies to realtime scheduler only")
def _(rt):
    version, group = group_of(os.getpid(), "cpu")
    if not os.path.exists(os.path.join(group, "cpu.rt_period_us")):
        raise Skip("this kernel has no cpu.rt_period_us (CONFIG_RT_GROUP_SCHED)")
    check(rt, {"cpu": {"realtimePeriod": 500000}}, "cpu", "cpu.rt_period_us", None, "500000", None)


@test("linux.resources.cpu.cpus", "list of CPUs the container will run in")
def _(rt):
    check(rt, {"cpu": {"cpus": "0"}}, "cpuset", "cpuset.cpus", "cpuset.cpus", "0", "0")


@test("linux.resources.cpu.mems", "list of Memory Nodes the container will run in")
def _(rt):
    check(rt, {"cpu": {"mems": "0"}}, "cpuset", "cpuset.mems", "cpuset.mems", "0", "0")


@test("linux.resources.pids.limit", "specifies the maximum number of tasks in the cgroup")
def _(limits):
    limit(limits, "pids.limit", "37", "37")


@test("linux.resources.pids.unlimited", "a limit of -1 is no limit")
def _(rt):
    check(rt, {"pids": {"limit": -1}}, "pids", "pids.max", "pids.max", "max", "max")


@test("linux.resources.blockIO.weight", "specifies per-cgroup weight")
def _(rt):
    version, group = group_of(os.getpid(), "io")
    v1, v2 = [n for n in ("blkio.weight", "blkio.bfq.weight") if os.path.exists(os.path.join(group, n))], "io.weight"
    if not v1 and version == 1:
        raise Skip("this kernel has neither blkio.weight nor blkio.bfq.weight")
    if any(" [bfq]" in " " + read(f"/sys/block/{d}/queue/scheduler") for d in os.listdir("/sys/block") if os.path.exists(f"/sys/block/{d}/queue/scheduler")):
        v2 = "io.bfq.weight"
    check(rt, {"blockIO": {"weight": 500}}, "io", *(v1 or [None])[:1], v2, lambda t: t.split()[-1] == "500",
          lambda t: t.split()[-1] == ("500" if v2 == "io.bfq.weight" else "4950"))


def a_disk():
    for line in read("/proc/partitions").splitlines()[2:]:
        major, minor, _, name = line.split()
        if os.path.exists(f"/sys/block/{name}"):
            return int(major), int(minor)
    raise Skip("this machine has no block device")


@test("linux.resources.blockIO.leafWeight", "equivalents of weight for the purpose of deciding how much weight tasks in the given cgroup has")
def _(rt):
    check(rt, {"blockIO": {"leafWeight": 300}}, "io", "blkio.leaf_weight", None, "300", None)


@test("linux.resources.blockIO.weightDevice", "an array of per-device bandwidth weights: major, minor, weight")
def _(rt):
    major, minor = a_disk()
    check(rt, {"blockIO": {"weightDevice": [{"major": major, "minor": minor, "weight": 400}]}}, "io", "blkio.weight_device", "io.bfq.weight",
          lambda t: f"{major}:{minor} 400" in t, lambda t: f"{major}:{minor}" in t)


@test("linux.resources.blockIO.weightDevice.empty", "You MUST specify at least one of weight or leafWeight in a given entry")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"blockIO": {"weightDevice": [{"major": 8, "minor": 0}]}}
    rt.refuses(c)


def throttle_tests():
    for name, v1, word in (("throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"), ("throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"),
                           ("throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"), ("throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops")):
        @test(f"linux.resources.blockIO.{name}", "an array of per-device rate limits: major, minor, rate")
        def _(rt, name=name, v1=v1, word=word):
            major, minor = a_disk()
            check(rt, {"blockIO": {name: [{"major": major, "minor": minor, "rate": 1048576}]}}, "io", v1, "io.max",
                  f"{major}:{minor} 1048576", lambda t: f"{major}:{minor}" in t and f"{word}=1048576" in t)


throttle_tests()


@test("linux.resources.hugepageLimits", "limit in bytes of hugepagesize HugeTLB reservations (if supported) or usage")
def _(rt):
    sizes = [d.split("-")[1] for d in os.listdir("/sys/kernel/mm/hugepages")] if os.path.isdir("/sys/kernel/mm/hugepages") else []
    if "2048kB" not in sizes:
        raise Skip("this kernel has no huge pages of 2 MB")
    check(rt, {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 << 20}]}, "hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes", "hugetlb.2MB.rsvd.max", str(4 << 20), str(4 << 20))


@test("linux.resources.hugepageLimits.usage", "enforces the controller limit at the fault of HugeTLB memory for which no reservation exists")
def _(rt):
    if not os.path.isdir("/sys/kernel/mm/hugepages/hugepages-2048kB"):
        raise Skip("this kernel has no huge pages of 2 MB")
    check(rt, {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 << 20}]}, "hugetlb", "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max", str(4 << 20), str(4 << 20))


@test("linux.resources.hugepageLimits.pageSize.invalid", "The value has the format <size><unit-prefix>B (64KB, 2MB, 1GB), and must match the control file")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"hugepageLimits": [{"pageSize": "3MB", "limit": 1}]}
    rt.refuses(c)


@test("linux.resources.network.classID", "is the network class identifier the cgroup's network packets will be tagged with")
def _(rt):
    check(rt, {"network": {"classID": 1048577}}, "net_cls", "net_cls.classid", None, "1048577", None)


@test("linux.resources.network.priorities", "a list of objects of the priorities assigned to traffic originating from processes in the group")
def _(rt):
    check(rt, {"network": {"priorities": [{"name": "lo", "priority": 5}]}}, "net_prio", "net_prio.ifpriomap", None, lambda t: "lo 5" in t, None)


@test("linux.resources.rdma", "hcaHandles, hcaObjects: the maximum number of hca_handles and hca_objects in the cgroup")
def _(rt):
    devices = os.listdir("/sys/class/infiniband") if os.path.isdir("/sys/class/infiniband") else []
    group_of(os.getpid(), "rdma")
    if not devices:
        raise Skip("this machine has no RDMA device")
    check(rt, {"rdma": {devices[0]: {"hcaHandles": 3, "hcaObjects": 100}}}, "rdma", "rdma.max", "rdma.max",
          *[lambda t: f"{devices[0]} hca_handle=3 hca_object=100" in t] * 2)


@test("linux.resources.rdma.empty", "You MUST specify at least one of the hcaHandles or hcaObjects in a given entry")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"rdma": {"mlx5_0": {}}}
    rt.refuses(c)


@test("linux.resources.unified", "each key in the map refers to a file in the cgroup unified hierarchy; configuration unknown to the runtime MUST still be written")
def _(rt):
    at = controllers()
    version, _ = at.get("memory", (0, ""))
    if version != 2:
        if at.get("hugetlb", (0,))[0] == 2:
            with rt.running({**config("wait"), "linux": {**config()["linux"], "resources": {"unified": {"hugetlb.2MB.max": str(4 << 20)}}}}) as c:
                same(value(c.pid, "hugetlb", None, "hugetlb.2MB.max")[1], str(4 << 20))
            return
        raise Skip("no controller of the unified hierarchy can be set here")
    check(rt, {"unified": {"memory.high": str(48 << 20)}}, "memory", None, "memory.high", None, str(48 << 20))


@test("linux.resources.unified.absent", "The runtime MUST generate an error when the configuration refers to a cgroup controller that is not present or that cannot be enabled")
def _(rt):
    if "v2" not in controllers():
        raise Skip("no unified hierarchy is mounted")
    c = config("self")
    c["linux"]["resources"] = {"unified": {"nosuchcontroller.max": "1"}}
    rt.refuses(c)


@test("linux.resources.unified.path", "Each key in the map refers to a file in the cgroup unified hierarchy")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"unified": {"../cgroup.procs": "1"}}
    rt.refuses(c)


# ---- paths ------------------------------------------------------------------------------------

@test("linux.cgroupsPath.absolute", "In the case of an absolute path, the runtime MUST take the path to be relative to the cgroups mount point")
def _(limits):
    if SYSTEMD:
        raise Skip("with systemd's driver a path names a slice and a scope")
    wanted = f"/kokon-conform-{os.getpid()}/limited"
    holds(any(p == wanted or p.endswith(wanted) for p in limits["paths"]), f"{limits['paths']}")


@test("linux.cgroupsPath.relative", "In the case of a relative path, the runtime MAY interpret the path relative to a runtime-determined location")
def _(rt):
    c = config("read:/proc/self/cgroup")
    c["linux"]["cgroupsPath"] = f"conform-{os.getpid()}-relative"
    found = rt.run(c)["read:/proc/self/cgroup"]
    holds(f"conform-{os.getpid()}-relative" in found, found)


@test("linux.cgroupsPath.consistent", "the runtime MUST consistently attach to the same place in the cgroups hierarchy given the same value of cgroupsPath")
def _(rt):
    places = []
    for _ in range(2):  # one behind the other
        c = config("read:/proc/self/cgroup")
        c["linux"]["cgroupsPath"] = f"/kokon-conform-{os.getpid()}/same"
        places.append([p for p in rt.run(c)["read:/proc/self/cgroup"].split() if p.endswith("/same") or p.endswith("-same.scope")])
    same(places[0], places[1])


@test("linux.cgroupsPath.removed", "Deleting a container MUST delete the resources that were created during the create step")
def _(limits):
    same(limits["left"], [])


@test("linux.resources.update", "limits of a container that runs are changed")
def _(rt):
    group_of(os.getpid(), "memory"), group_of(os.getpid(), "pids")
    with rt.running(limited()) as c:
        with open(c.bundle + "/limits.json", "w", encoding="utf-8") as f:
            json.dump({"pids": {"limit": 99}, "memory": {"limit": 80 << 20}}, f)
        rt.good("update", "--resources", c.bundle + "/limits.json", c.name)
        same(value(c.pid, "pids", "pids.max", "pids.max")[1], "99")
        same(value(c.pid, "memory", "memory.limit_in_bytes", "memory.max")[1], str(80 << 20))


# ---- ownership --------------------------------------------------------------------------------

@test("linux.cgroup.ownership", "Runtimes SHOULD NOT change the ownership of container cgroups when cgroups v1 is in use")
def _(rt):
    version, _ = group_of(os.getpid(), "pids")
    if version != 1:
        raise Skip("the pids controller is in the version 2 hierarchy")
    with rt.running(owned_by_container(), with_groups) as c:
        same(os.stat(group_of(c.pid, "pids")[1]).st_uid, os.geteuid())


def with_groups(b):
    os.makedirs(b + "/rootfs/sys/fs/cgroup")
    for_container(b)


def owned_by_container(options=("nosuid", "noexec", "nodev")):
    c = user_namespace(namespace(config("wait"), "cgroup"))
    c["mounts"].append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": list(options)})
    c["linux"]["resources"] = {"pids": {"limit": 50}} if "pids" in controllers() else {}
    return c


@test("linux.cgroup.ownership.v2", "Runtimes SHOULD change the cgroup ownership if and only if the cgroup filesystem is to be mounted read/write; only the listed files")
def _(rt):
    if "v2" not in controllers() or any(v == 1 for v, _ in controllers().values()):
        raise Skip("this machine does not use version 2 alone")
    with rt.running(owned_by_container(), with_groups) as c:
        _, group = group_of(c.pid, "v2")
        same((os.stat(group).st_uid, os.stat(group + "/cgroup.procs").st_uid, os.stat(group + "/cgroup.type").st_uid), (*[mappings("/etc/subuid", os.getuid())[0]["hostID"]] * 2, os.geteuid()))
    with rt.running(owned_by_container(["ro"]), with_groups) as c:
        same(os.stat(group_of(c.pid, "v2")[1]).st_uid, os.geteuid())
