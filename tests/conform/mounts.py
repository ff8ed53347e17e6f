# SPDX-License-Identifier: Apache-2.0
"""config.md: Mounts; config-linux.md: Rootfs Mount Propagation, Masked Paths, Readonly Paths, Mount Label."""
import subprocess
import tempfile
import user
from harness import *


def add(c, destination, kind="tmpfs", source="tmpfs", options=(), **more):
    c["mounts"].append({"destination": destination, "type": kind, "source": source, "options": list(options), **more})
    return c


# option: what mountinfo(5) shows of the mount; what it must not show
ATTRIBUTES = {
    "ro": (["ro"], ["rw"]), "rw": (["rw"], ["ro"]), "nosuid": (["nosuid"], []), "suid": ([], ["nosuid"]), "nodev": (["nodev"], []),
    "dev": ([], ["nodev"]), "noexec": (["noexec"], []), "exec": ([], ["noexec"]), "noatime": (["noatime"], ["relatime"]),
    "atime": ([], ["noatime"]), "relatime": (["relatime"], []), "norelatime": ([], ["noatime"]), "strictatime": ([], ["relatime", "noatime"]),
    "nostrictatime": ([], ["noatime"]), "nodiratime": (["nodiratime"], []), "diratime": ([], ["nodiratime"]),
    "nosymfollow": (["nosymfollow"], []), "symfollow": ([], ["nosymfollow"]), "defaults": (["rw"], ["nosuid"]),
}
OPPOSITE = {"rw": "ro", "suid": "nosuid", "dev": "nodev", "exec": "noexec", "atime": "noatime", "diratime": "nodiratime", "symfollow": "nosymfollow",
            "nostrictatime": "strictatime"}
SUPER = {"sync": ("sync", True), "async": ("sync", False), "dirsync": ("dirsync", True), "lazytime": ("lazytime", True), "nolazytime": ("lazytime", False),
         "mand": ("mand", True), "nomand": ("mand", False), "silent": (None, True), "loud": (None, True), "iversion": (None, True), "noiversion": (None, True)}


def with_options(rt, wanted, mount):
    """One container with the mounts of all options; if that fails, one for each, so that only those fail which do not work."""
    def run(some):
        c = config("read:/proc/self/mountinfo")
        for o in some:
            mount(c, o)
        return mounts(rt.run(c, prepare=lambda b: os.mkdir(b + "/source"))["read:/proc/self/mountinfo"])
    try:
        together = run(wanted)
        return lambda o: together
    except Failed:
        return lambda o: run([o])


def kept(o):
    """In a user namespace a bind mount keeps what it has outside: access times by relatime, everywhere."""
    return ROOTLESS and o in ("noatime", "strictatime", "nodiratime")


def one_option(c, o):
    before = [OPPOSITE[o]] if o in OPPOSITE else []
    if o in ATTRIBUTES:
        add(c, f"/m/{o}", options=before + [o])
        if not kept(o):
            add(c, f"/b/{o}", "none", "source", ["bind"] + before + [o])
    else:
        add(c, f"/s/{o}", options=[o])


@shared
def every_option(rt):
    return with_options(rt, [*ATTRIBUTES, *SUPER], one_option)


def option_tests():
    for o, (present, absent) in ATTRIBUTES.items():
        @test(f"mounts.options.{o}", f"Runtimes MUST/SHOULD implement the option {o} (mount(8), filesystem-independent), for new and for bind mounts")
        def _(rt, every_option, o=o, present=present, absent=absent):
            for where in ("m",) if kept(o) else ("m", "b"):
                found = every_option(o)[f"/{where}/{o}"]["options"]
                holds(set(present) <= set(found) and not set(absent) & set(found), f"/{where}: {found}")
            if kept(o):
                raise Refused(rt.refuses(add(config("self"), "/b", "none", "source", ["bind", o]), lambda b: os.mkdir(b + "/source")))
    for o, (shown, present) in SUPER.items():
        @test(f"mounts.options.{o}", f"Runtimes MUST/MAY implement the option {o} (mount(8), filesystem-independent)")
        def _(every_option, o=o, shown=shown, present=present):
            m = every_option(o)[f"/s/{o}"]
            holds(o not in m["super"] or o == shown, f"the option was passed to the file system: {m['super']}")
            if shown:
                same(shown in m["super"] + m["options"], present, shown)


option_tests()


# ---- recursive options ------------------------------------------------------------------------

RECURSIVE = {"rro": "ro", "rnosuid": "nosuid", "rnodev": "nodev", "rnoexec": "noexec", "rnoatime": "noatime", "rnodiratime": "nodiratime",
             "rnosymfollow": "nosymfollow", "rrelatime": "relatime"}
UNDONE = {"rrw": "ro", "rsuid": "nosuid", "rdev": "nodev", "rexec": "noexec", "ratime": "noatime", "rdiratime": "nodiratime", "rsymfollow": "nosymfollow",
          "rstrictatime": "relatime", "rnostrictatime": "noatime", "rnorelatime": "noatime"}


@contextlib.contextmanager
def trees(rt):
    """Two trees with a mount below, which has the opposite of what is asked."""
    if ROOTLESS:  # root has made them
        if "KOKON_CONFORM_TREES" not in os.environ:
            raise Skip("an ordinary user cannot mount anything outside of a container (root runs tests/conform/run --user)")
        yield os.environ["KOKON_CONFORM_TREES"]
        return
    outer = tempfile.mkdtemp(dir=rt.dir)
    user.mount_trees(outer)
    try:
        yield outer
    finally:
        for name in user.TREES:
            subprocess.run(["umount", f"{outer}/{name}/below"], check=True)


@shared
def every_recursive(rt):
    def run(some):
        with trees(rt) as outer:
            c = config("read:/proc/self/mountinfo")
            for o in some:
                add(c, f"/{o}", "none", outer + ("/none" if o in RECURSIVE else "/all"), ["rbind", o])
            return mounts(rt.run(c)["read:/proc/self/mountinfo"])
    try:
        together = run([*RECURSIVE, *UNDONE])
        return lambda o: together
    except Failed:
        return lambda o: run([o])


def recursive_tests():
    for o, shown in {**RECURSIVE, **UNDONE}.items():
        @test(f"mounts.options.{o}", f"Recursive {o[1:]}: AT_RECURSIVE of mount_setattr(2)")
        def _(every_recursive, o=o, shown=shown):
            for where in ("", "/below"):
                found = every_recursive(o)[f"/{o}{where}"]["options"]
                if o in RECURSIVE or where:
                    same(shown in found, o in RECURSIVE, f"'{shown}' at '{o}{where}' with {found}")


recursive_tests()


# ---- kinds ------------------------------------------------------------------------------------

@shared
def kinds(rt):
    def prepare(b):
        os.mkdir(b + "/source")
        with open(b + "/source/file", "w", encoding="utf-8") as f:
            f.write("hello")
        os.mkdir(b + "/rootfs/full")
        with open(b + "/rootfs/full/kept", "w", encoding="utf-8") as f:
            f.write("x")
    c = config("read:/proc/self/mountinfo", "read:/bound/file", "read:/a/file/bound", "write:/ro/x=y", "write:/bound/new=y", "list:/over",
               "list:/full", "stat:/mode", "read:/relative/file", "stat:/a/deep/place")
    add(c, "/bound", "none", "source", ["bind"])
    add(c, "/ro", "bogus", "source", ["rbind", "ro"])
    add(c, "/a/file/bound", "none", "source/file", ["bind"])
    add(c, "/a/deep/place")
    add(c, "relative", "none", "source", ["bind"])
    add(c, "/over")
    add(c, "/over/below")
    add(c, "/full", options=["tmpcopyup"])
    add(c, "/mode", options=["mode=711", "size=65536", "nr_inodes=17"])
    return rt.run(c, prepare)


@test("mounts.destination", "Destination of mount point: path inside container; missing ones are made")
def _(kinds):
    same(kinds["stat:/a/deep/place"]["type"], "dir")


@test("mounts.destination.relative", "it MAY be a relative path, in which case it MUST be interpreted as relative to \"/\"")
def _(kinds):
    same(kinds["read:/relative/file"], "hello")


@test("mounts.order", "The runtime MUST mount entries in the listed order")
def _(kinds):
    same(kinds["list:/over"], ["below"])
    order = [line.split()[4] for line in kinds["read:/proc/self/mountinfo"].splitlines()]
    holds(order.index("/over") < order.index("/over/below"), "the second was mounted before the first")


@test("mounts.source.relative", "Path values for bind mounts are either absolute or relative to the bundle")
def _(kinds):
    same(kinds["read:/bound/file"], "hello")


@test("mounts.options.bind", "A mount is a bind mount if it has either bind or rbind in the options; the type is a dummy")
def _(kinds):
    same(kinds["write:/ro/x=y"], "EROFS")
    same(kinds["write:/bound/new=y"], 0)


@test("mounts.options.bind.file", "a file or directory name for bind mounts")
def _(kinds):
    same(kinds["read:/a/file/bound"], "hello")


@test("mounts.options.rbind", "Recursive bind mount")
def _(every_recursive):
    holds("/rro/below" in every_recursive("rro"), "what is mounted below the source is not there")


@test("mounts.options.tmpcopyup", "copy up the contents to a tmpfs")
def _(kinds):
    same(kinds["list:/full"], ["kept"])


@test("mounts.options.filesystem", "Runtimes SHOULD treat unknown options as filesystem-specific ones")
def _(kinds):
    same(kinds["stat:/mode"]["mode"], 0o711)
    found = mounts(kinds["read:/proc/self/mountinfo"])["/mode"]["super"]
    holds("size=64k" in found and "nr_inodes=17" in found, f"{found}")


@test("mounts.options.remount", "remount: changes the options of what is mounted at the destination")
def _(rt):
    c = config("read:/proc/self/mountinfo")
    add(c, "/again")
    add(c, "/again", options=["remount", "ro", "nosuid"])
    found = mounts(rt.run(c)["read:/proc/self/mountinfo"])["/again"]
    holds({"ro", "nosuid"} <= set(found["options"]), f"{found['options']}")


@test("mounts.source.missing", "Runtimes MUST generate an error when invalid values are encountered: a bind mount of nothing")
def _(rt):
    rt.refuses(add(config("self"), "/x", "none", "missing", ["bind"]))


@test("mounts.type.unknown", "filesystem types supported by the kernel as listed in /proc/filesystems")
def _(rt):
    rt.refuses(add(config("self"), "/x", "no-such-file-system"))


# ---- propagation ------------------------------------------------------------------------------

def one_propagation(c, o):
    add(c, f"/{o}", options=[o])
    add(c, f"/{o}-bind", "none", "source", ["rbind", o])


@shared
def propagations(rt):
    return with_options(rt, ["shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable"], one_propagation)


def propagation_tests():
    for o in ("shared", "slave", "private", "unbindable"):
        for name in (o, "r" + o):
            @test(f"mounts.options.{name}", f"Bind mount propagation: {name}")
            def _(propagations, o=o, name=name):
                for where in (name, name + "-bind"):
                    found = [w.split(":")[0] for w in propagations(name)["/" + where]["optional"]]
                    # a mount that is made anew has no master to be a slave of; what is made shared may stay a slave of its source
                    good = {"shared": "shared" in found, "slave": "shared" not in found and "unbindable" not in found,
                            "private": not found, "unbindable": found == ["unbindable"]}
                    holds(good[o], f"{where}: {found}")


propagation_tests()


def rootfs(rt, value):
    c = config("read:/proc/self/mountinfo")
    c["linux"]["rootfsPropagation"] = value
    return [w.split(":")[0] for w in mounts(rt.run(c)["read:/proc/self/mountinfo"])["/"]["optional"]]


@test("linux.rootfsPropagation.shared", "the rootfs mount belongs to a new peer group")
def _(rt):
    holds("shared" in rootfs(rt, "shared"), "the root is not shared")


@test("linux.rootfsPropagation.slave", "the rootfs mount receives propagation events from the host but not the other way around")
def _(rt):
    holds("shared" not in rootfs(rt, "slave"), "the root is shared")


@test("linux.rootfsPropagation.private", "the rootfs mount doesn't receive mount propagation events from the host")
def _(rt):
    same(rootfs(rt, "private"), [])


@test("linux.rootfsPropagation.unbindable", "the rootfs mount is a private mount that cannot be bind-mounted")
def _(rt):
    same(rootfs(rt, "unbindable"), ["unbindable"])


@test("linux.rootfsPropagation.invalid", "Its value is either shared, slave, private or unbindable")
def _(rt):
    c = config("self")
    c["linux"]["rootfsPropagation"] = "sideways"
    rt.refuses(c)


# ---- id-mapped mounts -------------------------------------------------------------------------

MAP = {"uidMappings": [{"containerID": 0, "hostID": 5000, "size": 1000}], "gidMappings": [{"containerID": 0, "hostID": 6000, "size": 1000}]}


def owned(b):
    os.mkdir(b + "/source")
    for i in (0, 7):
        with open(f"{b}/source/{i}", "w", encoding="utf-8"):
            pass
        if not ROOTLESS:
            os.chown(f"{b}/source/{i}", i, i)


@shared
def mapped(rt):
    c = config("stat:/i/0", "stat:/i/7", "stat:/r/7")
    add(c, "/i", "none", "source", ["bind", "idmap"], **MAP)
    add(c, "/r", "none", "source", ["rbind", "ridmap"], **MAP)
    return rt.run(c, owned)


@test("mounts.options.idmap", "If uidMappings or gidMappings are specified for the mount, the runtime MUST use those values for the mount's mapping")
def _(mapped):
    same([(mapped[f"stat:/i/{i}"]["uid"], mapped[f"stat:/i/{i}"]["gid"]) for i in (0, 7)], [(5000, 6000), (5007, 6007)])


@test("mounts.options.ridmap", "the mount MUST have an idmapping applied, and the mapping is applied recursively")
def _(mapped):
    same(mapped["stat:/r/7"]["uid"], 5007)


@test("mounts.uidMappings", "The mapping to convert UIDs from the source file system to the destination mount point")
def _(mapped):
    same(mapped["stat:/i/7"]["uid"], 5007)


@test("mounts.gidMappings", "The mapping to convert GIDs from the source file system to the destination mount point")
def _(mapped):
    same(mapped["stat:/i/7"]["gid"], 6007)


@test("mounts.options.idmap.userns", "If they are not specified, the runtime MAY use the container's user namespace mapping")
def _(rt):
    c = user_namespace(config("stat:/i/7"))
    add(c, "/i", "none", "source", ["bind", "idmap"])

    def prepare(b):
        owned(b)
        for_container(b)
    same(rt.run(c, prepare)["stat:/i/7"]["uid"], 7)


@test("mounts.options.idmap.tmpfs", "The mapping is applied to a file system that the container mounts, and to nothing else")
def _(rt):
    f = rt.run(add(config("stat:/t", "stat:/work"), "/t", "tmpfs", "tmpfs", ["idmap"], **MAP))
    same((f["stat:/t"]["uid"], f["stat:/t"]["gid"], f["stat:/work"]["uid"]), (5000, 6000, 0))


@test("mounts.options.idmap.none", "If there are no uidMappings and gidMappings specified and the container isn't using user namespaces, an error MUST be returned")
def _(rt):
    rt.refuses(add(config("self"), "/i", "none", "source", ["bind", "idmap"]), owned)


@test("mounts.uidMappings.alone", "If specified, it MUST be specified along with gidMappings")
def _(rt):
    rt.refuses(add(config("self"), "/i", "none", "source", ["bind", "idmap"], uidMappings=MAP["uidMappings"]), owned)


# ---- masks ------------------------------------------------------------------------------------

@shared
def masks(rt):
    c = config("read:/proc/meminfo", "read:/work/secret", "list:/etc", "write:/etc/x=y", "write:/proc/sys/kernel/x=y", "write:/tmp/x=y",
               "read:/proc/self/mountinfo", "stat:/work/secret")
    c["linux"]["maskedPaths"] = ["/proc/meminfo", "/work/secret", "/etc", "/missing"]
    c["linux"]["readonlyPaths"] = ["/proc/sys", "/tmp", "/missing"]

    def prepare(b):
        for name in ("work/secret", "etc/passwd"):
            with open(f"{b}/rootfs/{name}", "w", encoding="utf-8") as f:
                f.write("secret")
    return rt.run(c, prepare)


@test("linux.maskedPaths.file", "will mask over the provided paths inside the container so that they cannot be read")
def _(masks):
    same((masks["read:/work/secret"], masks["read:/proc/meminfo"]), ("", ""))


@test("linux.maskedPaths.directory", "will mask over the provided paths inside the container so that they cannot be read")
def _(masks):
    same(masks["list:/etc"], [])
    holds(masks["write:/etc/x=y"] in ("EROFS", "EACCES"), "it can be written to")


@test("linux.readonlyPaths", "will set the provided paths as readonly inside the container")
def _(masks):
    same((masks["write:/tmp/x=y"], "ro" in mounts(masks["read:/proc/self/mountinfo"])["/proc/sys"]["options"]), ("EROFS", True))


@test("linux.maskedPaths.relative", "The values MUST be absolute paths in the container namespace")
def _(rt):
    c = config("self")
    c["linux"]["maskedPaths"] = ["proc/kcore"]
    rt.refuses(c)


@test("linux.readonlyPaths.relative", "The values MUST be absolute paths in the container namespace")
def _(rt):
    c = config("self")
    c["linux"]["readonlyPaths"] = ["proc/sys"]
    rt.refuses(c)


@test("linux.mountLabel", "will set the Selinux context for the mounts in the container")
def _(rt):
    if not os.path.exists("/sys/fs/selinux/enforce"):
        raise Skip("SELinux is not active: no selinuxfs")
    c = add(config("read:/proc/self/mountinfo"), "/labelled")
    c["linux"]["mountLabel"] = "system_u:object_r:container_file_t:s0"
    holds("container_file_t" in rt.run(c)["read:/proc/self/mountinfo"], "no mount has the context")


# ---- default file systems ---------------------------------------------------------------------

@test("linux.filesystems", "The following filesystems SHOULD be made available: /proc, /sys, /dev/pts, /dev/shm")
def _(rt):
    c = add(config("read:/proc/self/mountinfo"), "/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
    found = mounts(rt.run(c)["read:/proc/self/mountinfo"])
    same([found[p]["type"] for p in ("/proc", "/sys", "/dev/pts", "/dev/shm")], ["proc", "sysfs", "devpts", "tmpfs"])


@test("mounts.type.cgroup", "a mount of type cgroup shows the container its own groups")
def _(rt):
    c = namespace(config("list:/sys/fs/cgroup", "read:/proc/self/mountinfo", "read:/proc/self/cgroup"), "cgroup")
    add(c, "/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
    add(c, "/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"])
    f = rt.run(c)
    holds(f["list:/sys/fs/cgroup"], "there is nothing")
    holds(all(line.endswith(":/") for line in f["read:/proc/self/cgroup"].split()), f["read:/proc/self/cgroup"])
