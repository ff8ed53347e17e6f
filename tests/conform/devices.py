# SPDX-License-Identifier: Apache-2.0
"""config-linux.md: Devices, Default Devices, Allowed Device list."""
import ctypes
from harness import *

DEFAULT = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0)}


def block_device():
    """In a user namespace nodes cannot be made: one that the machine has."""
    for name in os.listdir("/sys/class/block") if ROOTLESS else []:
        if os.path.exists("/dev/" + name):
            return tuple(int(n) for n in read(f"/sys/class/block/{name}/dev").split(":"))
    return 7, 200


@shared
def devices(rt):
    major, minor = block_device()
    c = config(*[f"stat:/dev/{n}" for n in DEFAULT], "stat:/dev/ptmx", "link:/dev/ptmx", "stat:/dev/mine", "stat:/work/far/b", "stat:/dev/fifo", "stat:/dev/u",
               "link:/dev/fd", "link:/dev/stdin", "link:/dev/stdout", "link:/dev/stderr", "read:/dev/null",
               "mknod:c:1:3:/work/node")
    c["linux"]["devices"] = [
        {"type": "c", "path": "/dev/mine", "major": 1, "minor": 3, "fileMode": 0o640, "uid": 7, "gid": 8},
        {"type": "b", "path": "/work/far/b", "major": major, "minor": minor, "fileMode": 0o600},
        {"type": "p", "path": "/dev/fifo", "fileMode": 0o622},
        {"type": "u", "path": "/dev/u", "major": 1, "minor": 5},
    ]
    return rt.run(c)


def default_tests():
    for name, (major, minor) in DEFAULT.items():
        @test(f"linux.devices.default.{name}", f"In addition to any devices configured with this setting, the runtime MUST also supply: /dev/{name}")
        def _(devices, name=name, major=major, minor=minor):
            d = devices[f"stat:/dev/{name}"]
            same((d["type"], d["major"], d["minor"], d["mode"]), ("char", major, minor, 0o666))


default_tests()


@test("linux.devices.default.ptmx", "A bind-mount or symlink of the container's /dev/pts/ptmx")
def _(devices):
    d = devices["stat:/dev/ptmx"]
    if d["type"] == "link":
        holds(devices["link:/dev/ptmx"].lstrip("/") in ("pts/ptmx", "dev/pts/ptmx"), devices["link:/dev/ptmx"])
    else:
        same((d["major"], d["minor"]), (5, 2))


@test("runtime-linux.links", "the runtime MUST provide /dev/fd, /dev/stdin, /dev/stdout and /dev/stderr if their sources exist")
def _(devices):
    same([devices["link:/dev/" + n] for n in ("fd", "stdin", "stdout", "stderr")], ["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"])


@test("linux.devices.type.c", "lists devices that MUST be available in the container; type of device: c, b, u or p")
def _(devices):
    d = devices["stat:/dev/mine"]
    same((d["type"], d["major"], d["minor"]), ("char", 1, 3))


@test("linux.devices.type.b", "type of device: c, b, u or p")
def _(devices):
    d = devices["stat:/work/far/b"]
    same((d["type"], d["major"], d["minor"]), ("block", *block_device()))


@test("linux.devices.type.p", "type of device: p; major, minor REQUIRED unless type is p")
def _(devices):
    same(devices["stat:/dev/fifo"]["type"], "fifo")


@test("linux.devices.type.u", "type of device: u")
def _(devices):
    same((devices["stat:/dev/u"]["type"], devices["stat:/dev/u"]["minor"]), ("char", 5))


@test("linux.devices.path", "full path to device inside container; MAY be anywhere in the container filesystem, notably outside of /dev")
def _(devices):
    same(devices["stat:/work/far/b"]["type"], "block")


def need_nodes(devices):
    if ROOTLESS and devices["mknod:c:1:3:/work/node"] == "EPERM":
        raise Skip("mknod(2) in a user namespace says EPERM: the host's node is bound, which keeps its mode and owner")


@test("linux.devices.fileMode", "file mode for the device")
def _(devices):
    same(devices["stat:/dev/fifo"]["mode"], 0o622)
    need_nodes(devices)
    same(devices["stat:/dev/mine"]["mode"], 0o640)


@test("linux.devices.uid", "id of device owner in the container namespace")
def _(devices):
    need_nodes(devices)
    same(devices["stat:/dev/mine"]["uid"], 7)


@test("linux.devices.gid", "id of device group in the container namespace")
def _(devices):
    need_nodes(devices)
    same(devices["stat:/dev/mine"]["gid"], 8)


@test("linux.devices.numbers", "major, minor REQUIRED unless type is p")
def _(rt):
    c = config("self")
    c["linux"]["devices"] = [{"type": "c", "path": "/dev/x"}]
    rt.refuses(c)


@test("linux.devices.path.exists", "If a file already exists at path that does not match the requested device, the runtime MUST generate an error")
def _(rt):
    c = config("self")
    c["linux"]["devices"] = [{"type": "c", "path": "/work/x", "major": 1, "minor": 3}]

    def prepare(b):
        with open(b + "/rootfs/work/x", "w", encoding="utf-8"):
            pass
    rt.refuses(c, prepare)


@test("linux.devices.type.invalid", "Runtimes MUST generate an error when invalid values are encountered")
def _(rt):
    c = config("self")
    c["linux"]["devices"] = [{"type": "z", "path": "/dev/x", "major": 1, "minor": 3}]
    rt.refuses(c)


def free_majors():
    """Character devices that no driver has: where access is allowed, opening one says ENXIO."""
    used = {int(line.split()[0]) for line in read("/proc/devices").split("Block")[0].splitlines() if line.strip()[:1].isdigit()}
    return [m for m in range(120, 512) if m not in used and not 127 < m < 220][:4]


def need_rules():
    """An ordinary user may not write them: they are left out, and no node can be made that they would deny."""
    if not ROOTLESS:
        return
    if "devices" in controllers():
        try:
            with open(group_of(os.getpid(), "devices")[1] + "/devices.deny", "w", encoding="utf-8") as f:
                f.write("c 1:1 r")
        except OSError as e:
            raise Skip(f"an ordinary user's write to devices.deny: {e.strerror}; only nodes that are bound can be used") from e
    libc = ctypes.CDLL(None, use_errno=True)
    code = (ctypes.c_uint64 * 2)(0x00000001000000b7, 0x95)  # return 1
    attributes = (ctypes.c_uint64 * 16)(15 | 2 << 32, ctypes.addressof(code), ctypes.addressof(ctypes.create_string_buffer(b"GPL")))
    if libc.syscall(321 if os.uname().machine == "x86_64" else 280, 5, attributes, ctypes.sizeof(attributes)) < 0:
        raise Skip(f"an ordinary user's bpf(BPF_PROG_LOAD) of a device filter: {os.strerror(ctypes.get_errno())}; only nodes that are bound can be used")


@shared
def rules(rt):
    """Everything denied, then some allowed; what comes later overrules."""
    if "v2" not in controllers():
        group_of(os.getpid(), "devices")
    need_rules()
    m = free_majors()
    nodes = {"a": (m[0], 1), "b": (m[1], 7), "c": (m[2], 1), "d": (m[3], 1)}
    c = config(*[f"open:/work/{n}" for n in nodes], "write:/work/c=x", "write:/work/b=x", "open:/dev/null", "write:/dev/null=x")
    c["linux"]["devices"] = [{"type": "c", "path": f"/work/{n}", "major": ma, "minor": mi} for n, (ma, mi) in nodes.items()]
    c["linux"]["resources"] = {"devices": [
        {"allow": False, "access": "rwm"},
        {"allow": True, "type": "c", "major": m[0], "access": "rwm"},
        {"allow": True, "type": "c", "major": m[2], "minor": 1, "access": "r"},
        {"allow": True, "type": "c", "major": m[1], "minor": 7, "access": "rwm"},
        {"allow": False, "type": "c", "major": m[1], "minor": 7, "access": "w"},
    ]}
    return rt.run(c)


@test("linux.resources.devices.deny", "allow: whether the entry is allowed or denied; unset type, major and minor mean all")
def _(rules):
    same(rules["open:/work/d"], "EPERM")


@test("linux.resources.devices.allow", "major, minor numbers for the device; unset values mean all")
def _(rules):
    same(rules["open:/work/a"], "ENXIO")


@test("linux.resources.devices.access", "cgroup permissions for device: a composition of r (read), w (write), and m (mknod)")
def _(rules):
    same((rules["open:/work/c"], rules["write:/work/c=x"]), ("ENXIO", "EPERM"))


@test("linux.resources.devices.order", "The runtime MUST apply entries in the listed order")
def _(rules):
    same((rules["open:/work/b"], rules["write:/work/b=x"]), ("ENXIO", "EPERM"))


@test("linux.resources.devices.default", "the default devices can be used whatever the list says")
def _(rules):
    same((rules["open:/dev/null"], rules["write:/dev/null=x"]), (0, 0))


@test("linux.resources.devices.type.invalid", "type of device: a (all), c (char), or b (block)")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"devices": [{"allow": True, "type": "q", "access": "r"}]}
    rt.refuses(c)
