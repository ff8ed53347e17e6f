# SPDX-License-Identifier: Apache-2.0
"""Names on a shared volume that somebody exchanges while the container is made.

Each race lasts as long as the suite says (--long: a minute, or 2000 rounds). Whatever its outcome,
what the runtime did must have been inside."""
import os
import shutil

from harness import Escaped, never, read, scenario, unreached, write


@scenario("race.mount-target", "CVE-2021-30465, CVE-2024-45310")
def _(c):
    c.bind(c.vol, "/vol")
    c.bind(c.rootfs + "/etc", "/vol/a/b/c")
    os.makedirs(c.vol + "/a/b")
    os.symlink(c.host, c.vol + "/link")
    c.own(c.vol)
    c.swap(c.vol + "/a", c.vol + "/link")
    for _ in c.again():
        _, text = c.run("/bin/cat", "/vol/a/b/c/secret")
        never(text, "the host's", "the host's folder is inside")
        c.unchanged()


@scenario("race.dev", "CVE-2026-47766, CVE-2026-41579")
def _(c):
    c.without_mount("/dev")
    os.symlink(c.host, c.rootfs + "/dev-link")
    c.own(c.rootfs)
    c.swap(c.rootfs + "/dev", c.rootfs + "/dev-link")
    for _ in c.again():
        c.run("/bin/echo")
        c.unchanged()


@scenario("race.console", "CVE-2025-52565", ways=("run", "create"))
def _(c):
    # The container's /dev is a volume; what the runtime binds on /dev/console must be the terminal
    # that it made, and nothing is written where the other name leads.
    c.without_mount("/dev")
    dev = c.vol + "/dev"
    for d in (dev + "/pts", dev + "/other", c.rootfs + "/vol"):
        os.makedirs(d)
    for n in range(4):
        write(f"{dev}/other/{n}", "not a terminal")
    os.symlink("pts/ptmx", dev + "/ptmx")
    os.symlink("/vol/new", dev + "/console")
    write(dev + "/console-file", "")
    c.own(c.top)
    c.before = c.look()
    c.bind(dev, "/dev")
    c.config["mounts"].append({"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]})
    c.bind(c.host, "/vol")
    c.swap(dev + "/console", dev + "/console-file")
    c.swap(dev + "/pts", dev + "/other")
    for _ in c.again():
        _, text = c.run_on_terminal("/bin/sh", "-c", "grep -s 'not a terminal' /dev/console </dev/null; [ ! -f /dev/console ] || [ ! -s /dev/console ] || echo reached")
        never(text, "not a terminal", "another file is the console")
        c.unchanged()


@scenario("race.mask", "CVE-2025-31133, CVE-2025-62161", ways=("run", "create"))
def _(c):
    c.without_mount("/dev")
    dev = c.vol + "/dev"
    os.makedirs(dev)
    write(c.vol + "/target", "shown where it is masked")
    os.symlink("/vol/target", dev + "/other")
    c.own(c.vol)
    if not c.rootless:
        os.mknod(dev + "/null", 0o20666, os.makedev(1, 3))
    else:
        c.bind("/dev/null", "/null")
        os.symlink("/null", dev + "/null")
    c.bind(dev, "/dev")
    c.bind(c.vol, "/vol")
    c.root_dir("/etc/m")
    for n in range(30):
        write(f"{c.rootfs}/etc/m/{n}", "x")
    c.config["linux"]["maskedPaths"] = [f"/etc/m/{n}" for n in range(30)]
    c.swap(dev + "/null", dev + "/other")
    for _ in c.again():
        _, text = c.run("/bin/sh", "-c", "cat /etc/m/*; true")
        never(text, "shown", "a masked path is another file")


@scenario("race.proc", "CVE-2025-52881, CVE-2025-62596, CVE-2019-16884")
def _(c):
    # Between the look at where a mount goes and the mount, it leads below /proc; then the runtime
    # writes to what it takes for the kernel's files.
    fake = c.top + "/fake"
    os.makedirs(fake + "/ipv4")
    os.makedirs(c.vol + "/a")
    write(fake + "/ipv4/ip_default_ttl", "as it was")
    os.symlink("/proc/sys/net", c.vol + "/link")
    c.own(c.top)
    c.bind(c.vol, "/vol")
    c.bind(fake, "/vol/a")
    c.config["linux"]["sysctl"] = {"net.ipv4.ip_default_ttl": "77"}
    c.swap(c.vol + "/a", c.vol + "/link")
    for _ in c.again():
        c.run("/bin/echo")
        if read(fake + "/ipv4/ip_default_ttl") != "as it was":
            raise Escaped("a kernel parameter was written into a volume")


@scenario("race.subpath", "CVE-2017-1002101, CVE-2021-25741, CVE-2023-0778")
def _(c):
    # The folder of a volume that is mounted elsewhere; its name leads out of the volume half of the
    # time. A source is a path of the host's, whose links count; those of a destination do not.
    c.bind(c.vol, "/vol")
    c.config["mounts"].append({"destination": "/vol/sub/deep", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]})
    os.makedirs(c.vol + "/sub")
    os.symlink("../" * 12 + c.host.lstrip("/"), c.vol + "/link")
    c.own(c.vol)
    c.swap(c.vol + "/sub", c.vol + "/link")
    for _ in c.again():
        _, text = c.run("/bin/sh", "-c", "cat /vol/sub/secret 2>/dev/null; [ -d /vol/sub/deep ] || true")
        never(text, "the host's", "the host's folder is inside")
        c.unchanged()


@scenario("race.cwd", "CVE-2024-21626, CVE-2018-15664")
def _(c):
    c.bind(c.vol, "/vol")
    os.makedirs(c.vol + "/work")
    os.symlink(c.host, c.vol + "/link")
    c.own(c.vol)
    c.config["process"]["cwd"] = "/vol/work"
    c.swap(c.vol + "/work", c.vol + "/link")
    for _ in c.again():
        _, text = c.run("/bin/cat", "secret")
        never(text, "the host's", "the working directory is the host's")


@scenario("race.readonly", "CVE-2026-115521", ways=("run", "create"))
def _(c):
    # A path that is to be read-only is exchanged for another one while it is protected.
    c.bind(c.vol, "/vol")
    for name in ("a", "b"):
        os.makedirs(f"{c.vol}/{name}")
    c.own(c.vol)
    c.root_dir("/fixed")
    c.config["linux"]["readonlyPaths"] = ["/vol/a", "/fixed", "/vol/b"]
    c.swap(c.vol + "/a", c.vol + "/b")
    for _ in c.again():
        _, text = c.run("/bin/sh", "-c", "touch /fixed/x 2>/dev/null && echo reached what is read-only")
        unreached(text)
        shutil.rmtree(c.rootfs + "/fixed/x", ignore_errors=True)
