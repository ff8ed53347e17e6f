# SPDX-License-Identifier: Apache-2.0
"""Credentials, capabilities, kernel parameters, devices, filters: what the program may do."""
import array
import contextlib
import fcntl
import os
import pty
import socket
import subprocess
import sys
import termios

from harness import CAPABILITIES, SUBIDS, USER, USER_NAME, Escaped, Skip, drain, never, read, scenario, unreached, write

LOOK = "grep -E 'Cap|Groups|NoNewPrivs' /proc/self/status; id -u; id -g"


@scenario("capabilities.inheritable", "CVE-2022-29162, CVE-2022-27650, CVE-2022-24769, CVE-2025-27612")
def _(c):
    _, text = c.run("/bin/grep", "CapInh", "/proc/self/status")
    if "CapInh" in text and "CapInh:\t0000000000000000" not in text:
        raise Escaped("inheritable capabilities: " + text)


@scenario("capabilities.exec", "CVE-2022-29162, CVE-2022-27650", ways=("exec", "kokon"))
def _(c):
    with c.going("/bin/attack", "wait") as execute:
        for options in ((), ("--cap", "CAP_NET_RAW"), ("--user", "1000")):
            if c.way == "kokon" and "--cap" in options:
                continue
            _, text = execute("/bin/grep", "Cap", "/proc/self/status", options=options)
            if "CapInh" in text and "--cap" not in options and "CapInh:\t0000000000000000" not in text:
                raise Escaped(f"inheritable capabilities with {options}: {text}")
            if "--user" in options and "CapEff" in text and "CapEff:\t0000000000000000" not in text:
                raise Escaped("an ordinary user has rights: " + text)


@scenario("capabilities.user", "CVE-2018-10856")
def _(c):
    c.config["process"]["user"] = {"uid": 1000, "gid": 1000}
    _, text = c.run("/bin/grep", "CapEff", "/proc/self/status")
    if "CapEff" in text and "CapEff:\t0000000000000000" not in text and c.way != "kokon":
        raise Escaped("an ordinary user has rights: " + text)


@scenario("exec.user", "CVE-2026-30892, CVE-2016-3697, CVE-2024-40635", ways=("exec", "kokon"))
def _(c):
    with c.going("/bin/attack", "wait") as execute:
        for user, uid in (("1", "1"), ("1:2", "1"), ("1000", "1000"), ("1000:1000", "1000"), ("4294967296", None), ("4294967297", None),
                          ("-1", None), ("18446744073709551616", None), ("4294967295", None)):
            status, text = execute("/bin/id", "-u", options=(f"--user={user}",))
            if status == 0 and text.strip() != uid:
                raise Escaped(f"--user {user} is uid {text.strip()}")


@scenario("user.numbers", "CVE-2016-3697, CVE-2024-40635, CVE-2026-46680")
def _(c):
    for user, uid in ((1000, "1000"), (4294967297, None), (4294967296, None), (-1, None), (4294967295, None)):
        c.config["process"]["user"] = {"uid": user, "gid": user}
        status, text = c.run("/bin/id", "-u")
        if status == 0 and text.strip() and text.strip() != uid:
            raise Escaped(f"user {user} is uid {text.strip()}")


@scenario("groups.caller", "CVE-2022-2989, CVE-2022-2990, CVE-2022-2995, CVE-2022-36109", users=("root",))
def _(c):
    # Groups of who calls must not come along, and what a group is denied must stay denied.
    c.config["process"]["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [7]}
    write(c.rootfs + "/etc/denied", "reached what the group is denied\n")
    os.chown(c.rootfs + "/etc/denied", 0, 7)
    os.chmod(c.rootfs + "/etc/denied", 0o604)
    with caller_in_group(4242):
        _, text = c.run("/bin/sh", "-c", "grep Groups: /proc/self/status; cat /etc/denied 2>/dev/null; true")
    unreached(text)
    never(text, "4242", "a group of the caller's came along")
    if "Groups:" in text and not {"7"} <= set(text.split()):
        raise Escaped("a group that is asked for is missing: " + text)


@contextlib.contextmanager
def caller_in_group(gid):
    before = os.getgroups()
    os.setgroups([*before, gid])
    try:
        yield
    finally:
        os.setgroups(before)


@scenario("idmap.owner", "kernel: id-mapped mounts", ways=("run", "create", "exec"), users=("root",))
def _(c):
    # What the container's root makes in a volume belongs to whom the mapping says, below it too.
    c.user_namespace(c.config, USER)
    c.root_dir("/vol")
    os.makedirs(c.vol + "/below")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", c.vol + "/below"], check=True)
    try:
        for d in (c.vol, c.vol + "/below"):
            os.chown(d, 5000, 5000)
        # An id-mapped mount maps the file system's ids to those of the host.
        maps = [{"containerID": 5000, "hostID": USER, "size": 1}]
        c.config["mounts"].append({"destination": "/vol", "type": "bind", "source": c.vol, "options": ["rbind", "ridmap"],
                                   "uidMappings": maps, "gidMappings": maps})
        for d in (c.top, c.rootfs):
            os.chmod(d, 0o755)
        _, text = c.run("/bin/sh", "-c", "for d in /vol /vol/below; do touch $d/file; chown 1 $d/file 2>/dev/null && echo reached an id that is not mapped; done; true")
        unreached(text)
        for d in (c.vol, c.vol + "/below"):
            if os.path.exists(d + "/file") and os.stat(d + "/file").st_uid != 5000:
                raise Escaped(f"{d}/file belongs to {os.stat(d + '/file').st_uid}, not to whom the mapping says")
    finally:
        subprocess.run(["umount", c.vol + "/below"], check=True)


def own_root():
    """The administrator gives the user the host's root."""
    for path in ("/etc/subuid", "/etc/subgid"):
        write(path, f"{USER_NAME}:0:1\n" + read(path))


@scenario("idmap.root", "kernel: id-mapped mounts", ways=("run",), users=("user",), control=[("run", "user")])
def _(c):
    if c.weak:
        own_root()
    # An ordinary user's mapping that would give files of the host's root.
    maps = [{"containerID": 0, "hostID": 0, "size": 1}]
    for key in ("uidMappings", "gidMappings"):
        c.config["linux"][key] = maps
    write(c.vol + "/file", "")
    os.chown(c.vol + "/file", 0, 0)
    os.chmod(c.vol + "/file", 0o600)
    # Root without rights over the user's files could not make it.
    c.root_dir("/vol")
    c.bind(c.vol, "/vol")
    _, text = c.run("/bin/sh", "-c", "cat /vol/file && echo reached root\\'s file")
    unreached(text)


@scenario("sysctl.path", "CVE-2022-0811, CVE-2025-52881")
def _(c):
    path = "/proc/sys/vm/stat_interval"
    old = read(path)
    for key in ("net/../vm/stat_interval", "net.ipv4/../../vm/stat_interval", "kernel.msgmax/../../vm/stat_interval", "vm.stat_interval",
                "net.ipv4.ip_default_ttl=1\nvm.stat_interval", "net.ipv4.ip_default_ttl+vm.stat_interval"):
        c.config["linux"]["sysctl"] = {key: "7"}
        c.run("/bin/echo")
        if read(path) != old:
            write(path, old)
            raise Escaped(f"the sysctl '{key}' changed the host's")


@scenario("sysctl.host-network", "CVE-2022-0532, GHSA-w2j5-3rcx-vx7x")
def _(c):
    c.without_namespace("network")
    path = "/proc/sys/net/ipv4/ip_default_ttl"
    old = read(path)
    c.config["linux"]["sysctl"] = {"net.ipv4.ip_default_ttl": "77"}
    c.run("/bin/echo")
    if read(path) != old:
        write(path, old)
        raise Escaped("a sysctl of the host's network was changed")


@scenario("devices.allow-only", "GHSA-g54h-m393-cpwq", users=("root",))
def _(c):
    if os.path.basename(c.runtime) == "crun":
        raise Skip("its view of this machine has no hierarchy for devices")
    c.config["linux"]["resources"] = {"devices": [{"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rwm"}]}
    _, text = c.run("/bin/sh", "-c", "mknod /tmp/d c 10 237 && head -c 0 /tmp/d && : </tmp/d && echo opened")
    never(text, "opened", "a device that no rule allows")


@scenario("mounts.propagation", "runc 1.5.3", ways=("run", "create"), users=("root",))
def _(c):
    c.without_namespace("mount")
    c.config["mounts"] = []
    before = read("/proc/self/mountinfo")
    c.run("/bin/echo")
    if read("/proc/self/mountinfo") != before:
        raise Escaped("the machine's mounts have changed")


@scenario("large.maps", "CVE-2021-43784")
def _(c):
    # More than a message of 64 KiB holds, and more than the kernel takes: an error, or namespaces as asked for.
    c.config["linux"]["namespaces"] = [n for n in c.config["linux"]["namespaces"] if n["type"] != "user"]
    c.config["linux"]["namespaces"].append({"type": "user"})
    for count in (341, 6000):
        for key in ("uidMappings", "gidMappings"):
            c.config["linux"][key] = [{"containerID": n, "hostID": SUBIDS + n, "size": 1} for n in range(count)]
        c.options = [w for n in range(count) for w in ("--uidmap", f"{n}:{SUBIDS + n}:1")]
        status, text = c.run("/bin/sh", "-c", "cat /proc/self/uid_map; echo started")
        if status == 0 and "started" in text and text.split()[:2] != ["0", str(SUBIDS)]:
            raise Escaped(f"with {count} mappings the user namespace is another one: {text[:100]}")


# --- terminals and filters ----------------------------------------------------------------------------

CALLER = """
import fcntl, os, subprocess, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
"""


def with_terminal(c, words):
    """A command whose controlling terminal is also its standard input: (output, bytes pushed into it)."""
    master, slave = pty.openpty()
    try:
        os.fchown(slave, *(USER, USER) if c.rootless else (0, 0))
        os.fchmod(slave, 0o666)
        _, text = c.command([sys.executable, "-c", CALLER, *words], stdin=slave)
        waiting = array.array("i", [0])
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ICANON
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        fcntl.ioctl(slave, termios.FIONREAD, waiting)
        drain(master)
        return text, waiting[0]
    finally:
        os.close(slave)
        os.close(master)


@scenario("terminal.push", "CVE-2016-10124, CVE-2017-5226, CVE-2019-10063", ways=("run", "exec", "kokon"))
def _(c):
    # Bytes put into the caller's terminal would be typed into the shell there.
    c.config["process"]["args"] = ["/bin/attack", "push"]
    if c.way == "run":
        c.call("delete", "--force", "none")  # writes the bundle
        text, waiting = with_terminal(c, [c.runtime, "--root", c.state, "run", "--bundle", c.top, c.new_id()])
    elif c.way == "kokon":
        text, waiting = with_terminal(c, [c.suite.bin + "/kokon", "run", "-i", *c.kokon_options(), "--", "/bin/attack", "push"])
    else:
        with c.going("/bin/attack", "wait"):
            text, waiting = with_terminal(c, [c.runtime, "--root", c.state, "exec", c.ids[-1], "/bin/attack", "push"])
    unreached(text)
    if waiting:
        raise Escaped(f"{waiting} bytes were put into the caller's terminal")


def families_filter():
    """As engines write it: all but two families, and nothing by the call that hides its arguments."""
    return {"defaultAction": "SCMP_ACT_ALLOW",
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": family, "op": "SCMP_CMP_EQ"}]}
                         for family in (38, 40)] + [{"names": ["socketcall"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}


def has_family(family):
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_SEQPACKET):
        return True
    return False


@scenario("seccomp.families", "CVE-2026-31431, CVE-2026-123876")
def _(c):
    if not any(has_family(family) for family in (38, 40)):
        raise Skip("this kernel has neither AF_ALG nor AF_VSOCK")
    c.config["linux"]["seccomp"] = families_filter()
    for privileges in (False, True):
        c.config["process"]["noNewPrivileges"] = privileges
        unreached(c.run("/bin/attack", "families")[1])


@scenario("release-agent", "CVE-2022-0492")
def _(c):
    unreached(c.run("/bin/attack", "release-agent", "/tmp")[1])


DEFAULT_MASKS = ["/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                 "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"]


@scenario("masks.default", "GO-2023-2412, GHSA-6fw5-f8r9-fgfm", users=("root",))
def _(c):
    c.config["mounts"].append({"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]})
    c.config["linux"]["maskedPaths"] = DEFAULT_MASKS
    c.config["linux"]["readonlyPaths"] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    test = "for f in %s; do [ ! -e $f ] || [ -z \"$(head -c 1 $f 2>/dev/null; ls $f/ 2>/dev/null)\" ] || echo reached $f; done;" % " ".join(DEFAULT_MASKS)
    # Opening it for writing changes nothing.
    test += "for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/uevent_seqnum; do "
    test += "(: >>$f) 2>/dev/null && echo reached $f for writing; done; true"
    unreached(c.run("/bin/sh", "-c", test)[1])


@scenario("systemd.properties", "CVE-2024-3154", ways=("run",), users=("root",))
def _(c):
    if not os.path.isdir("/run/systemd/system"):
        raise Skip("systemd does not run here")
    c.config["annotations"] = {"org.systemd.property.ExecStartPre": f"[('/bin/touch', ['/bin/touch', '{c.host}/new'], false)]",
                               "org.systemd.property.ExecStopPost": f"[('/bin/touch', ['/bin/touch', '{c.host}/new'], false)]"}
    c.config["linux"]["cgroupsPath"] = f"system.slice:hostile:{os.getpid()}"
    c.config["process"]["capabilities"] = {k: CAPABILITIES for k in ("bounding", "effective", "permitted")}
    c.run("/bin/true")
    c.unchanged()
