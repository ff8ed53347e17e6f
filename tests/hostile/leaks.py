# SPDX-License-Identifier: Apache-2.0
"""What comes along into the container, and what stays behind: the runtime's own program, descriptors,
environment, namespaces, control groups."""
import contextlib
import json
import os
import shutil
import stat
import struct
import subprocess

from harness import OCI, SECRET, USER, Escaped, Skip, never, open_dir, read, scenario, unreached, until, write

OVERWRITE = """
try() { # a program that is not ours
	[ "$(stat -L -c %d:%i "$1" 2>/dev/null)" = "$HOST" ] || return 0
	echo "reached $1" >>/tmp/reached
}
while [ ! -e /tmp/stop ]; do for p in /proc/[0-9]*; do try $p/exe; for f in $p/fd/*; do try $f; done; done; done
"""


def identity(path):
    st = os.stat(path)
    return f"HOST={st.st_dev}:{st.st_ino}"


@scenario("own-binary.exec", "CVE-2019-5736, CVE-2016-9962", ways=("exec", "kokon"))
def _(c):
    program = c.suite.program if c.way == "exec" else c.suite.bin + "/kokon"
    c.config["process"]["env"].append(identity(program))
    os.unlink(c.rootfs + "/bin/true")
    os.symlink("/proc/self/exe", c.rootfs + "/bin/true")
    write(c.rootfs + "/bin/script", "#!/proc/self/exe\n")
    os.chmod(c.rootfs + "/bin/script", 0o755)
    with c.going("/bin/sh", "-c", OVERWRITE) as execute:
        for _ in range(6):
            for words in (("/proc/self/exe", "--version"), ("/bin/true",), ("/bin/script",), ("/bin/busybox", "true")):
                execute(*words)
        write(c.rootfs + "/tmp/stop", "")
    # More than the escape itself: not even a read-only mount of the file.
    if os.path.exists(c.rootfs + "/tmp/reached"):
        raise Escaped("the runtime's file is within reach: " + read(c.rootfs + "/tmp/reached").splitlines()[0])


@scenario("own-binary.waiting", "CVE-2019-5736", ways=("create",))
def _(c):
    c.config["process"]["args"] = ["/proc/self/exe"]
    name = c.new_id()
    status, _ = c.call("create", "--bundle", c.top, name)
    if status:
        return
    pid = json.loads(c.call("state", name)[1])["pid"]
    if os.path.samefile(f"/proc/{pid}/exe", c.suite.program):
        raise Escaped("the waiting first process runs the host's file")


def interpreter_of(program):
    """The dynamic linker that an ELF file of 64 bits names; None: it has none."""
    with open(program, "rb") as f:
        head = f.read(64)
        offset, size, count = struct.unpack_from("<Q", head, 32)[0], *struct.unpack_from("<HH", head, 54)
        for i in range(count):
            f.seek(offset + i * size)
            kind, _, at, _, _, length = struct.unpack_from("<IIQQQQ", f.read(size))
            if kind == 3:
                f.seek(at)
                return f.read(length).rstrip(b"\0").decode()
    return None


@scenario("own-binary.run", "CVE-2019-5736")
def _(c):
    program = c.suite.program if c.way != "kokon" else c.suite.bin + "/kokon"
    host = identity(program)
    c.config["process"]["env"] += [host]
    interpreter = interpreter_of(program)
    if interpreter and os.path.exists(c.suite.loader):
        # Whatever of the host's is executed inside begins with a file of the image's.
        c.root_dir(os.path.dirname(interpreter))
        shutil.copy(c.suite.loader, c.rootfs + interpreter)
    write(c.rootfs + "/bin/script", "#!/proc/self/exe\n")
    os.chmod(c.rootfs + "/bin/script", 0o755)
    for words in (("/proc/self/exe", "--version"), ("/bin/script",)):
        _, text = c.run(*words)
        never(text, "version", "the host's program runs inside")
        never(text, "executed " + host.removeprefix("HOST="), "the host's program runs inside, by the image's dynamic linker")
    unreached(c.run("/bin/sh", "-c", 'for p in /proc/[0-9]*; do [ "$(stat -L -c %d:%i $p/exe)" != "$HOST" ] || echo reached $p/exe; done 2>/dev/null; true')[1])


@scenario("join.watched", "CVE-2016-9962", ways=("exec", "kokon"))
def _(c):
    # The container's first process may trace, and looks at whatever joins it.
    c.options = ["--cap-add", "SYS_PTRACE"]
    with c.going("/bin/attack", "watch", "/tmp/reached") as execute, open_dir(c.host) as a:
        until(lambda: os.path.exists(c.rootfs + "/tmp/reached"), "the container watches")
        for _ in c.again():
            execute("/bin/true", fds=(a,))
            unreached(read(c.rootfs + "/tmp/reached"))


def into_pid_namespace_of(c, pid):
    """What is made from now on joins the PID namespace of that process."""
    c.without_namespace("pid")
    c.config["linux"]["namespaces"].append({"type": "pid", "path": f"/proc/{pid}/ns/pid"})
    if c.rootless:
        c.without_namespace("user")
        c.config["linux"]["namespaces"].append({"type": "user", "path": f"/proc/{pid}/ns/user"})


@contextlib.contextmanager
def watched_from_outside(pid):
    """By the host's root, who may trace whatever there is in that PID namespace."""
    with subprocess.Popen(["nsenter", "-t", str(pid), "-p", "-m", "--", "/bin/attack", "watch", "/tmp/reached", "0"]) as p:
        try:
            yield
        finally:
            p.kill()


@scenario("join.pid-namespace", "CVE-2016-9962, crun 1.31", ways=("create", "kokon"), control=[("create", "user")])
def _(c):
    # The same for another container that is made in its PID namespace.
    c.options = ["--cap-add", "SYS_PTRACE"]
    with contextlib.ExitStack() as stack:
        stack.enter_context(c.going("/bin/attack", *(("wait",) if c.weak else ("watch", "/tmp/reached"))))
        a = stack.enter_context(open_dir(c.host))
        if c.way == "create":
            pid = json.loads(c.call("state", c.ids[-1])[1])["pid"]
            if c.weak:
                stack.enter_context(watched_from_outside(pid))
            into_pid_namespace_of(c, pid)
        until(lambda: os.path.exists(c.rootfs + "/tmp/reached"), "somebody watches")
        if c.way == "kokon":
            c.options += ["--pid", f"container:{c.name}"]
        c.config["process"]["args"] = ["/bin/true"]
        for _ in c.again():
            status, text = c.run(fds=(a,))
            unreached(read(c.rootfs + "/tmp/reached"))
            if status:
                raise Skip(f"refused: {' '.join(text.split())[-160:]}")


@scenario("descriptors", "CVE-2024-21626, CVE-2016-8649, CVE-2016-9962")
def _(c):
    with open_dir("/") as a, open_dir(c.host) as b:
        _, text = c.run("/bin/sh", "-c", "attack descriptors; cat /proc/self/fd/*/secret 2>/dev/null; true", fds=(a, b))
    never(text, SECRET, "an inherited descriptor leads out")
    unreached(text)


@scenario("descriptors.waiting", "CVE-2024-21626, runc 1.4.1", ways=("create",))
def _(c):
    # What the process holds that waits to be started: nothing that leads to the host's files.
    name = c.new_id()
    with open_dir("/") as a, open_dir(c.host) as b:
        status, _ = c.call("create", "--bundle", c.top, name, fds=(a, b))
    if status:
        return
    pid = json.loads(c.call("state", name)[1])["pid"]
    for fd in os.listdir(f"/proc/{pid}/fd"):
        path = f"/proc/{pid}/fd/{fd}"
        with contextlib.suppress(FileNotFoundError):
            if int(fd) > 2 and (stat.S_ISDIR(os.stat(path).st_mode) or os.readlink(path).startswith(c.top)):
                raise Escaped(f"descriptor {fd} of the waiting process is {os.readlink(path)}")


@scenario("environment", "CVE-2020-14370")
def _(c):
    _, text = c.run("/bin/env")
    never(text, SECRET, "the caller's environment came along")


@scenario("environment.exec", "CVE-2020-14370", ways=("exec", "kokon"))
def _(c):
    with c.going("/bin/attack", "wait") as execute:
        _, text = execute("/bin/sh", "-c", "env; cat /proc/*/environ")
    never(text, SECRET, "the caller's environment came along")


@scenario("namespaces", "runc#2128, crun 1.31")
def _(c):
    _, text = c.run("/bin/sh", "-c", "for n in pid mnt ipc uts net user; do echo $n=$(readlink /proc/self/ns/$n); done")
    for line in text.splitlines():
        kind, _, link = line.partition("=")
        if (kind != "user" or c.rootless) and link and os.path.exists(f"/proc/self/ns/{kind}") and link == os.readlink(f"/proc/self/ns/{kind}"):
            raise Escaped(f"the {kind} namespace is the host's")


@scenario("state.modes", "CVE-2021-41103, CVE-2021-41091, CVE-2020-15257", ways=("exec",))
def _(c):
    # No abstract socket (whoever shares the network reaches it), no state that others can read or write.
    before = {line.split()[-1] for line in read("/proc/net/unix").splitlines() if " @" in line}
    with c.going("/bin/attack", "wait"):
        new = {line.split()[-1] for line in read("/proc/net/unix").splitlines() if " @" in line} - before
        if any(c.ids[-1] in n or "kokon" in n for n in new):
            raise Escaped(f"an abstract socket: {new}")
        os.chmod(c.state, 0o755)
        p = subprocess.run(["find", c.state, "!", "-type", "l", "-perm", "/0022"], stdout=subprocess.PIPE, text=True, check=True)
        os.chmod(c.state, 0o700)
        if p.stdout:
            raise Escaped(f"others may write: {p.stdout.split()}")


# --- control groups ---------------------------------------------------------------------------------

def hierarchies():
    """Where control groups can be made: mount points."""
    found = []
    for line in read("/proc/self/mountinfo").splitlines():
        fields, kind = line.split(" - ")[0].split(), line.split(" - ")[1].split()[0]
        if kind in ("cgroup", "cgroup2") and os.path.exists(fields[4] + "/cgroup.procs"):
            found.append(fields[4])
    return found


def named(token):
    """Groups, and folders around the hierarchies, whose name holds `token`."""
    return [os.path.join(d, n) for d, dirs, _ in os.walk("/sys/fs/cgroup") for n in dirs if token in n]


@scenario("cgroup.path", "CVE-2023-6476, CVE-2025-47291, crun 1.28, crun 1.29", ways=OCI, users=("root",))
def _(c):
    token = f"hostile-{os.getpid()}-x"
    top = f"hostile-{os.getpid()}-top"
    for path in (f"../{token}", f"../../{token}", f"/{top}/../../{token}", f"/../{token}", f"{top}/a/../../../{token}"):
        c.config["linux"]["cgroupsPath"] = path
        try:
            c.run("/bin/true")
            stray = [p for p in named(token) if not any(p == f"{h}/{token}" or p.startswith(f"{h}/") for h in hierarchies())]
            if stray:
                raise Escaped(f"cgroupsPath {path} made {stray[0]}")
        finally:
            remove_groups(token)
            remove_groups(top)
    # What is above the own group is not seen, and cannot be entered.
    c.config["linux"]["cgroupsPath"] = f"/{top}/inner"
    c.config["linux"]["namespaces"].append({"type": "cgroup"})
    c.config["mounts"].append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"]})
    try:
        _, text = c.run("/bin/sh", "-c", "cat /proc/self/cgroup; ls -d /sys/fs/cgroup/*/../../*/" + top + " 2>/dev/null; true")
        if "/.." in text or top in text:
            raise Escaped("the container sees groups above its own: " + text[-160:])
    finally:
        remove_groups(top)


@scenario("cgroup.above.exec", "crun 1.28, crun 1.29", ways=("exec",), users=("root",))
def _(c):
    top = f"hostile-{os.getpid()}-top"
    c.config["linux"]["cgroupsPath"] = f"/{top}/inner"
    try:
        with c.going("/bin/attack", "wait"):
            for where in ("..", "../..", "a/../..", "/"):
                status, _ = c.exec(c.ids[-1], "/bin/true", options=("--cgroup", where))
                if status == 0 and where != "/":
                    raise Escaped(f"exec --cgroup {where} is taken")
    finally:
        remove_groups(top)


def remove_groups(token):
    for top in named(token):
        for path in sorted((d for d, _, _ in os.walk(top)), key=len, reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(path)


@scenario("cgroup.writable", "CVE-2023-25809", users=("user",), ways=("run", "create", "kokon"), control=[("run", "user"), ("create", "user")])
def _(c):
    protected = [] if c.weak else ["ro"]
    # Without a cgroup namespace, /sys of the host: a group that belongs to the user must not be writable.
    mine = None
    for h in hierarchies():
        with contextlib.suppress(OSError):
            mine = f"{h}/hostile-{os.getpid()}-mine"
            os.mkdir(mine)
            break
    if not mine:
        raise Skip("no control group can be made here")
    try:
        os.chown(mine, USER, USER)
        c.without_namespace("network")
        c.config["mounts"].append({"destination": "/sys", "type": "none", "source": "/sys", "options": ["rbind", "nosuid", "noexec", "nodev", *protected]})
        c.config["mounts"].append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "relatime", *protected]})
        c.options = ["--cgroupns", "host"]
        _, text = c.run("/bin/sh", "-c", f"mkdir {mine}/new && echo reached a group; for d in /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir $d/{os.path.basename(mine)}/new; done 2>/dev/null")
        unreached(text)
        if os.listdir(mine) and os.path.isdir(mine + "/new"):
            raise Escaped("a group of the host's was made from inside")
    finally:
        with contextlib.suppress(OSError):
            os.rmdir(mine + "/new")
        os.rmdir(mine)
