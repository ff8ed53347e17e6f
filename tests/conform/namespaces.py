# SPDX-License-Identifier: Apache-2.0
"""config-linux.md: Namespaces, User namespace mappings, Offset for Time Namespace, Sysctl, Network devices, Personality, Memory policy, IntelRdt."""
import subprocess
from harness import *

TYPES = {"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "user": "user", "cgroup": "cgroup", "time": "time"}
LINKS = [f"link:/proc/self/ns/{f}" for f in TYPES.values()]


def host(kind):
    return os.readlink("/proc/self/ns/" + TYPES[kind])


@shared
def all_new(rt):
    c = user_namespace(namespace(config("self", "read:/proc/self/uid_map", "read:/proc/self/gid_map", "read:/proc/self/timens_offsets",
                                        "read:/proc/self/setgroups", *LINKS), "cgroup"))
    if kernel_has("time"):
        namespace(c, "time")
        c["linux"]["timeOffsets"] = {"monotonic": {"secs": 172800, "nanosecs": 5}, "boottime": {"secs": 604800}}
    if not ROOTLESS:  # of an ordinary user they are two already
        c["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 1000}, {"containerID": 1000, "hostID": 200000, "size": 500}]
    return {**rt.run(c, for_container), "config": c["linux"]}


@shared
def none_new(rt):
    c = config("self", *LINKS)
    c["linux"]["namespaces"] = [{"type": "mount"}]
    c.pop("hostname")
    c["mounts"] = [m for m in c["mounts"] if m["destination"] != "/proc"]
    c["mounts"].append({"destination": "/proc", "type": "none", "source": "/proc", "options": ["rbind"]})
    return rt.run(c)


def no_user_namespace(rt):
    path = rt.bundle(config("self"))
    with open(path + "/config.json", "w", encoding="utf-8") as f:
        json.dump(config("self"), f)
    raise Refused(rt.refused("run", "--bundle", path, rt.new_name()))


def type_tests():
    words = {"pid": "processes inside the container will only be able to see other processes inside the same container",
             "network": "the container will have its own network stack", "mount": "the container will have an isolated mount table",
             "ipc": "processes inside the container will only be able to communicate to other processes inside the same container via system level IPC",
             "uts": "the container will be able to have its own hostname and domain name",
             "user": "the container will be able to remap user and group IDs from the host", "cgroup": "the container will have an isolated view of the cgroup hierarchy",
             "time": "the container will be able to have its own clocks"}
    for kind, name in TYPES.items():
        @test(f"linux.namespaces.{kind}", words[kind])
        def _(all_new, kind=kind, name=name):
            if kind == "time" and not kernel_has("time"):
                raise Skip("this kernel has no time namespaces")
            holds(all_new[f"link:/proc/self/ns/{name}"] != host(kind), "it is the runtime's namespace")

        @test(f"linux.namespaces.{kind}.path", "The runtime MUST place the container process in the namespace associated with that path")
        def _(rt, kind=kind, name=name):
            join(rt, kind, name)

        if kind != "mount":
            @test(f"linux.namespaces.{kind}.inherited",
                  "If a namespace type is not specified in the namespaces array, the container MUST inherit the runtime namespace of that type")
            def _(rt, none_new, kind=kind, name=name):
                if ROOTLESS and kind == "user":
                    no_user_namespace(rt)
                same(none_new[f"link:/proc/self/ns/{name}"], host(kind))


FLAGS = {"pid": "--pid --fork", "network": "--net", "mount": "--mount", "ipc": "--ipc", "uts": "--uts", "user": "--user --map-root-user", "cgroup": "--cgroup",
         "time": "--time --fork"}


class Other:
    """A process of ours in a namespace of its own, to be joined."""

    def __init__(self, kind):
        self.kind = kind
        user = ["--user", "--map-root-user"] if ROOTLESS and kind != "user" else []
        self.process = subprocess.Popen(["unshare", *user, *FLAGS[kind].split(), "sh", "-c", "echo; exec sleep 1000"], stdout=subprocess.PIPE, start_new_session=True)
        self.process.stdout.readline()
        self.pid = self.process.pid
        if "--fork" in FLAGS[kind]:
            self.pid = int(read(f"/proc/{self.pid}/task/{self.pid}/children").split()[0])
        self.path = f"/proc/{self.pid}/ns/{TYPES[kind]}"
        self.owner = f"/proc/{self.pid}/ns/user"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def join(rt, kind, name):
    if not kernel_has(name):
        raise Skip(f"this kernel has no {kind} namespaces")
    with Other(kind) as other:
        c = namespace(config(f"link:/proc/self/ns/{name}", "wait"), kind, other.path)
        if ROOTLESS:  # who has no rights over a namespace's owner cannot join it
            namespace(c, "user", other.owner)
        if kind == "uts":
            c.pop("hostname")
        wanted = os.readlink(other.path)
        prepare = None
        if kind == "user" or ROOTLESS:  # it has no group 5
            c["mounts"] = [m for m in c["mounts"] if m["destination"] != "/dev/pts"]
        with rt.running(c, prepare) as made:
            if kind == "pid":
                same(os.readlink(f"/proc/{made.pid}/ns/pid"), wanted)
            else:
                same(made.facts()[f"link:/proc/self/ns/{name}"], wanted)


type_tests()


@test("linux.namespaces.type.unknown", "Runtimes MUST generate an error when invalid or unsupported values are encountered")
def _(rt):
    rt.refuses(namespace(config("self"), "galaxy"))


@test("linux.namespaces.path.absolute", "This value MUST be an absolute path in the runtime mount namespace")
def _(rt):
    rt.refuses(namespace(config("self"), "ipc", "proc/self/ns/ipc"))


@test("linux.namespaces.path.type", "The runtime MUST generate an error if path is not associated with a namespace of type type")
def _(rt):
    rt.refuses(namespace(config("self"), "ipc", "/proc/self/ns/net"))
    rt.refuses(namespace(config("self"), "ipc", "/etc/hostname"))


@test("linux.namespaces.path.missing", "The runtime MUST generate an error if path is not associated with a namespace")
def _(rt):
    rt.refuses(namespace(config("self"), "ipc", "/proc/self/ns/missing"))


@test("linux.namespaces.duplicate", "If a namespaces field contains duplicated namespaces with same type, the runtime MUST generate an error")
def _(rt):
    c = config("self")
    c["linux"]["namespaces"].append({"type": "ipc"})
    rt.refuses(c)


@test("linux.namespaces.pid.first", "the process is the first of its PID namespace")
def _(all_new):
    same(all_new["pid"], 1)


def same_map(text, asked):
    same([[int(n) for n in line.split()] for line in text.splitlines()], [[m["containerID"], m["hostID"], m["size"]] for m in asked])


@test("linux.uidMappings", "describes the user namespace uid mappings from the host to the container")
def _(all_new):
    same_map(all_new["read:/proc/self/uid_map"], all_new["config"]["uidMappings"])


@test("linux.gidMappings", "describes the user namespace gid mappings from the host to the container")
def _(all_new):
    same_map(all_new["read:/proc/self/gid_map"], all_new["config"]["gidMappings"])


@test("linux.uidMappings.ownership", "The runtime SHOULD NOT modify the ownership of referenced filesystems to realize the mapping")
def _(rt):
    c = user_namespace(config("self"))
    seen = {}

    def prepare(b):
        seen["b"] = b
        os.chmod(b + "/rootfs/probe", 0o755)
    rt.run(c, prepare)
    same(os.stat(seen["b"] + "/rootfs/probe").st_uid, os.geteuid())


@test("linux.timeOffsets", "sets the offset for Time Namespace; secs and nanosecs are the offset of clock in the container")
def _(all_new):
    if not kernel_has("time"):
        raise Skip("this kernel has no time namespaces")
    same([line.split() for line in all_new["read:/proc/self/timens_offsets"].splitlines()], [["monotonic", "172800", "5"], ["boottime", "604800", "0"]])
    holds(all_new["monotonic"] > time.monotonic() + 172000, "the clock does not show it")


@test("linux.timeOffsets.clock.unknown", "The name of the clock is the entry key")
def _(rt):
    c = namespace(config("self"), "time")
    c["linux"]["timeOffsets"] = {"sundial": {"secs": 1}}
    rt.refuses(c)


@test("hostname.namespace", "this will change the hostname in the container UTS namespace, not the machine's")
def _(rt):
    before = os.uname().nodename
    rt.run(config("self"))
    same(os.uname().nodename, before)


# ---- sysctl -----------------------------------------------------------------------------------

@test("linux.sysctl", "allows kernel parameters to be modified at runtime for the container")
def _(rt):
    c = config("read:/proc/sys/net/ipv4/ip_forward", "read:/proc/sys/kernel/msgmax", "read:/proc/sys/fs/mqueue/queues_max")
    c["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4097", "fs.mqueue.queues_max": "99"}
    f = rt.run(c)
    same([f[k].strip() for k in sorted(f) if k.startswith("read:")], ["99", "4097", "1"])


@test("linux.sysctl.host", "for the container: one that belongs to no namespace of its own is an error")
def _(rt):
    c = config("self")
    c["linux"]["sysctl"] = {"vm.swappiness": read("/proc/sys/vm/swappiness").strip()}
    rt.refuses(c)


# ---- network devices --------------------------------------------------------------------------

@contextlib.contextmanager
def link(name):
    peer = name + "p"
    r = subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", peer], capture_output=True, text=True, check=False)
    if r.returncode != 0:
        raise Skip("no veth device can be made here: " + r.stderr.strip())
    try:
        subprocess.run(["ip", "addr", "add", "192.0.2.1/24", "dev", name], check=True)
        yield name
    finally:
        subprocess.run(["ip", "link", "del", peer], capture_output=True, check=False)


def with_device(c, name):
    c["linux"]["netDevices"] = {name: {"name": "inside0"}}
    return c


@test("linux.netDevices", "moves network devices from the host to the container: the name of the device in the runtime namespace is the entry key")
def _(rt):
    if ROOTLESS:
        raise Refused(rt.refuses(with_device(config("self"), "lo")))
    with link("kconf0") as name:
        c = config("read:/proc/net/dev")
        c["linux"]["netDevices"] = {name: {}}
        holds(name + ":" in rt.run(c)["read:/proc/net/dev"], "the device is not there")


@test("linux.netDevices.name", "the name of the network device inside the container namespace")
def _(rt):
    if ROOTLESS:
        raise Refused(rt.refuses(with_device(config("self"), "lo")))
    with link("kconf1") as name:
        c = config("read:/proc/net/dev", "read:/proc/net/fib_trie")
        c["linux"]["netDevices"] = {name: {"name": "inside0"}}
        f = rt.run(c)
        holds("inside0:" in f["read:/proc/net/dev"], "the device is not there")
        holds("192.0.2.1" in f["read:/proc/net/fib_trie"], "its address was not kept")


@test("linux.netDevices.missing", "the runtime MUST generate an error if the device does not exist")
def _(rt):
    c = config("self")
    c["linux"]["netDevices"] = {"kconfmissing": {}}
    rt.refuses(c)


@test("linux.netDevices.namespace", "the runtime MUST generate an error without a network namespace")
def _(rt):
    c = without_namespace(config("self"), "network")
    c["linux"]["netDevices"] = {"lo": {"name": "x"}}
    rt.refuses(c)


# ---- personality, memory policy, resctrl ------------------------------------------------------

@test("linux.personality", "LINUX32 will set the uname system call to show a 32 bit CPU type, such as i686")
def _(rt):
    c = config("self")
    c["linux"]["personality"] = {"domain": "LINUX32"}
    same(rt.run(c)["machine"], {"x86_64": "i686", "aarch64": "armv8l"}.get(os.uname().machine, os.uname().machine))


@test("linux.personality.LINUX", "The valid list of constants is: LINUX, LINUX32")
def _(rt):
    c = config("self")
    c["linux"]["personality"] = {"domain": "LINUX"}
    same(rt.run(c)["machine"], os.uname().machine)


@test("linux.personality.invalid", "Runtimes MUST generate an error when invalid values are encountered")
def _(rt):
    c = config("self")
    c["linux"]["personality"] = {"domain": "MINIX"}
    rt.refuses(c)


@test("linux.personality.flags", "Currently no flag values are supported")
def _(rt):
    c = config("self")
    c["linux"]["personality"] = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}
    rt.refuses(c)


@test("linux.memoryPolicy", "mode, nodes and flags of the memory policy of the container's process, see set_mempolicy(2)")
def _(rt):
    if not os.path.exists("/proc/self/numa_maps"):
        raise Skip("this kernel has no memory policies: no /proc/self/numa_maps")
    for mode, number in (("MPOL_BIND", 2), ("MPOL_INTERLEAVE", 3), ("MPOL_PREFERRED", 1)):
        c = config("self")
        c["linux"]["memoryPolicy"] = {"mode": mode, "nodes": "0"}
        f = rt.run(c)
        same((f["mempolicy"], f["mempolicy_nodes"]), (number, 1), mode)


@test("linux.memoryPolicy.flags", "flags: MPOL_F_STATIC_NODES")
def _(rt):
    if not os.path.exists("/proc/self/numa_maps"):
        raise Skip("this kernel has no memory policies: no /proc/self/numa_maps")
    c = config("self")
    c["linux"]["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}
    same(rt.run(c)["mempolicy"], 2 | 1 << 15)


@test("linux.memoryPolicy.mode.invalid", "Runtimes MUST generate an error when invalid values are encountered")
def _(rt):
    c = config("self")
    c["linux"]["memoryPolicy"] = {"mode": "MPOL_WHEREVER"}
    rt.refuses(c)


@test("linux.intelRdt.unavailable", "If no mounted resctrl pseudo-filesystem is available, the runtime MUST generate an error")
def _(rt):
    if any(m["type"] == "resctrl" for m in mounts(read("/proc/self/mountinfo")).values()):
        raise Skip("resctrl is mounted here")
    c = config("self")
    c["linux"]["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    rt.refuses(c)


@test("linux.intelRdt", "the runtime MUST write the container process ID to the tasks file in a proper sub-directory in a mounted resctrl")
def _(rt):
    at = [p for p, m in mounts(read("/proc/self/mountinfo")).items() if m["type"] == "resctrl"]
    if not at:
        raise Skip("no resctrl: " + ("the kernel has it, not mounted" if "resctrl" in read("/proc/filesystems") else "this kernel or processor has none"))
    c = config("wait")
    c["linux"]["intelRdt"] = {"enableMonitoring": True}
    with rt.running(c) as made:
        holds(str(made.pid) in read(f"{at[0]}/{made.name}/tasks").split(), "the process is not there")
