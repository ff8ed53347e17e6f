# SPDX-License-Identifier: Apache-2.0
"""Symbolic links and other surprises that an image has where the runtime writes or looks."""
import os
import shutil

from harness import Escaped, Skip, never, open_dir, scenario, unreached, write

LOOK_OUT = 'for up in . .. ../.. ../../.. ../../../.. ../../../../..; do cat "$up/secret" "$up$SECRET/secret"; done 2>/dev/null; true'


@scenario("cwd.descriptor", "CVE-2024-21626")
def _(c):
    c.config["process"]["env"].append("SECRET=" + c.host)
    with open_dir(c.host) as a:
        for n in range(3, 9):
            c.config["process"]["cwd"] = f"/proc/self/fd/{n}"
            never(c.run("/bin/sh", "-c", LOOK_OUT, fds=(a,))[1], "secret", f"cwd /proc/self/fd/{n} is the host's")


@scenario("cwd.link", "CVE-2024-21626, CVE-2026-55686")
def _(c):
    c.config["process"]["env"].append("SECRET=" + c.host)
    with open_dir(c.host) as a:
        for n, target in enumerate((c.host, *(f"/proc/self/fd/{n}" for n in range(3, 8)), "/proc/1/cwd")):
            os.symlink(target, f"{c.rootfs}/work{n}")
            c.config["process"]["cwd"] = f"/work{n}"
            never(c.run("/bin/sh", "-c", LOOK_OUT, fds=(a,))[1], "secret", f"a symbolic link to {target} as cwd is the host's")


@scenario("cwd.link.exec", "CVE-2024-21626", ways=("exec", "kokon"))
def _(c):
    with c.going("/bin/attack", "wait") as execute, open_dir(c.host) as a:
        for n in range(3, 9):
            os.symlink(f"/proc/self/fd/{n}", f"{c.rootfs}/work{n}")
            cwd = ("--cwd" if c.way == "exec" else "-w", f"/work{n}")
            _, text = execute("/bin/sh", "-c", LOOK_OUT, options=(*cwd, "--env", "SECRET=" + c.host), fds=(a,))
            never(text, "secret", f"a symbolic link to /proc/self/fd/{n} as cwd is the host's")


@scenario("links.dev", "CVE-2026-47766, CVE-2026-41579")
def _(c):
    c.without_mount("/dev")
    os.rmdir(c.rootfs + "/dev")
    for target in (c.host, "../" * 20 + c.host[1:]):
        os.symlink(target, c.rootfs + "/dev")
        c.run("/bin/echo")
        c.unchanged()
        os.unlink(c.rootfs + "/dev")


@scenario("links.console", "CVE-2026-88264")
def _(c):
    c.without_mount("/dev")
    os.symlink(c.host + "/new", c.rootfs + "/dev/console")
    c.run("/bin/echo")
    c.unchanged()
    c.config["mounts"].append({"destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": ["newinstance", "ptmxmode=0666"]})
    if c.way != "exec":
        c.run_on_terminal("/bin/echo")
    c.unchanged()


@scenario("links.null.owner", "CVE-2026-88265")
def _(c):
    c.without_mount("/dev")
    c.bind(c.host, "/vol")
    os.symlink("/vol/secret", c.rootfs + "/dev/null")
    c.config["process"]["user"] = {"uid": 1000, "gid": 1000}
    c.run("/bin/echo", "x")
    c.unchanged()


@scenario("links.null.mask", "CVE-2025-31133", ways=("run", "create", "exec"))
def _(c):
    c.without_mount("/dev")
    c.bind(c.vol, "/vol")
    write(c.vol + "/target", "shown where it is masked")
    write(c.rootfs + "/etc/masked", "x")
    # What makes device nodes does not replace one that is bound.
    write(c.rootfs + "/dev/null", "")
    c.bind(c.vol + "/target", "/dev/null")
    c.config["linux"]["maskedPaths"] = ["/etc/masked"]
    _, text = c.run("/bin/cat", "/etc/masked")
    never(text, "shown", "a masked path is another file")
    os.unlink(c.rootfs + "/dev/null")
    os.symlink("/vol/target", c.rootfs + "/dev/null")
    c.config["mounts"].pop()
    _, text = c.run("/bin/cat", "/etc/masked")
    never(text, "shown", "a masked path is another file")


@scenario("links.mount-target", "CVE-2019-18837, CVE-2024-45310, CVE-2025-24965")
def _(c):
    os.symlink(c.host, c.rootfs + "/abs")
    os.symlink("../" * 20 + c.host[1:], c.rootfs + "/rel")
    os.symlink(c.host + "/file", c.rootfs + "/file")
    for n, (source, target) in enumerate(((c.vol, "/abs/a/b"), (c.vol, "/rel/a/b"), (c.vol, "/abs"),
                                          (c.rootfs + "/etc/passwd", "/file"), (c.rootfs + "/etc/passwd", "/rel/f"))):
        c.config["mounts"] = c.new_config()["mounts"]
        c.bind(source, target)
        c.run("/bin/echo", str(n))
        c.unchanged()


@scenario("links.files", "CVE-2026-87766, CVE-2025-24965, CVE-2024-5154")
def _(c):
    # What a runtime or its front end writes for the container.
    for name in ("hosts", "resolv.conf", "hostname", "mtab", "fstab"):
        os.symlink(f"{c.host}/{name}", f"{c.rootfs}/etc/{name}")
    for name in (".containerenv", "run", "var"):
        os.symlink(f"{c.host}/{name}", f"{c.rootfs}/{name}")
    c.run("/bin/echo")
    c.unchanged()


@scenario("links.proc", "CVE-2019-19921, CVE-2023-27561, CVE-2023-28642")
def _(c):
    c.bind(c.vol, "/vol")
    os.rmdir(c.rootfs + "/proc")
    os.makedirs(c.rootfs + "/bad-proc")
    os.symlink("/bad-proc", c.rootfs + "/proc")
    c.config["linux"]["maskedPaths"] = ["/proc/version"]
    status, text = c.run("/bin/sh", "-c", "cat /proc/version; echo started")
    if status == 0 and "started" in text:
        raise Escaped("procfs was mounted through a symbolic link")


@scenario("links.sys", "CVE-2025-54867", users=("root",))
def _(c):
    c.config["mounts"].append({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]})
    os.rmdir(c.rootfs + "/sys")
    os.symlink(c.host, c.rootfs + "/sys")
    c.run("/bin/echo")
    c.unchanged()
    os.unlink(c.rootfs + "/sys")
    os.makedirs(c.rootfs + "/bad-sys")
    os.symlink("/bad-sys", c.rootfs + "/sys")
    _, text = c.run("/bin/sh", "-c", "[ ! -e /bad-sys/kernel ] || echo reached sysfs through a symbolic link")
    unreached(text)


@scenario("volume-on-proc", "CVE-2019-16884")
def _(c):
    os.makedirs(c.vol + "/self/attr")
    os.makedirs(c.vol + "/self/fd")
    write(c.vol + "/self/attr/exec", "")
    c.bind(c.vol, "/proc")
    status, text = c.run("/bin/echo", "started")
    if status == 0 and "started" in text:
        raise Escaped("a volume was mounted over /proc")
    c.without_mount("/proc")
    c.bind(c.vol, "/proc")
    status, text = c.run("/bin/echo", "started")
    if status == 0 and "started" in text:
        raise Escaped("a volume was mounted where /proc belongs")
    os.symlink("/proc", c.rootfs + "/volume")
    c.config["mounts"] = c.new_config()["mounts"]
    c.bind(c.vol, "/volume")
    _, text = c.run("/bin/sh", "-c", "[ -e /proc/version ] || echo hidden")
    never(text, "hidden", "a volume was mounted over /proc through a symbolic link")


@scenario("fake-proc.sysctl", "CVE-2025-52881, CVE-2025-62596")
def _(c):
    # A write below /proc/sys lands in a volume that a symbolic link of the image leads there.
    os.makedirs(c.vol + "/ipv4")
    write(c.vol + "/ipv4/ip_default_ttl", "as it was")
    os.symlink("/proc/sys/net", c.rootfs + "/volume")
    c.own(c.vol)
    c.bind(c.vol, "/volume")
    c.config["linux"]["sysctl"] = {"net.ipv4.ip_default_ttl": "77"}
    c.run("/bin/echo")
    with open(c.vol + "/ipv4/ip_default_ttl", encoding="utf-8") as f:
        if f.read() != "as it was":
            raise Escaped("a kernel parameter was written into a volume")


@scenario("fake-proc.readonly", "CVE-2026-115521", ways=("run", "create"))
def _(c):
    c.without_mount("/proc")
    os.makedirs(c.rootfs + "/proc/self/fd")
    for n in range(64):
        os.symlink("/tmp", f"{c.rootfs}/proc/self/fd/{n}")
    c.config["root"]["readonly"] = True
    unreached(c.run("/bin/sh", "-c", "touch /new && echo reached a root that is read-only")[1])


@scenario("fake-proc.exec", "CVE-2019-16884, CVE-2025-52881", ways=("exec", "kokon"))
def _(c):
    # The container covers its /proc; who joins it must not trust what is there.
    c.config["process"]["capabilities"] = {k: [*v, "CAP_SYS_ADMIN"] for k, v in c.config["process"]["capabilities"].items()}
    c.options = ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"]
    cover = ("mkdir -p /fake/self/attr /fake/thread-self/attr; for d in self thread-self; do echo clean >/fake/$d/attr/exec; "
             "echo clean >/fake/$d/oom_score_adj; ln -s /tmp /fake/$d/fd; done; mount -o bind /fake /proc && echo covered >/tmp/covered; exec attack wait")
    c.config["process"]["oomScoreAdj"] = 300
    with c.going("/bin/sh", "-c", cover) as execute, open_dir(c.host) as a:
        for _ in range(400):
            if os.path.exists(c.rootfs + "/tmp/covered"):
                break
            execute("/bin/true")
        else:
            raise Skip("the container cannot cover its /proc here")
        _, text = execute("/bin/sh", "-c", "mkdir /p; grep -v clean /fake/*self/attr/exec /fake/*self/oom_score_adj && echo reached a fake file; "
                          "mount -t proc proc /p; ls -l /p/self/fd/ | grep -F \"$SECRET\" && echo reached a descriptor; true",
                          options=("--env", "SECRET=" + c.host), fds=(a,))
        unreached(text)


@scenario("image.accounts", "CVE-2024-9676, CVE-2026-47262, CVE-2016-3697", ways=("kokon",), control=[("kokon", "root"), ("kokon", "user")])
def _(c):
    write(c.host + "/passwd", "victim:x:0:0::/:/bin/sh\n")
    c.before = c.look()
    path = c.rootfs + "/etc/passwd"
    os.unlink(path)
    c.options = ["-u", "victim"]
    if c.weak:
        shutil.copy(c.host + "/passwd", path)
    else:
        os.symlink(c.host + "/passwd", path)
    status, text = c.run("/bin/id", "-u")
    if status == 0:
        raise Escaped(f"the user was looked up in a file of the host: uid {text}")
    os.unlink(path)
    os.mkfifo(path)
    if c.run("/bin/id", "-u")[0] == 0:
        raise Escaped("a user was found in a FIFO")
    os.unlink(path)
    # 2 GB of holes, before the entry that matters
    with open(path, "wb") as f:
        f.seek(1 << 31)
        f.write(b"\nvictim:x:0:0::/:/bin/sh\n")
    if c.run("/bin/id", "-u")[0] == 0:
        raise Escaped("2 GB were searched for a user")
    c.unchanged()
