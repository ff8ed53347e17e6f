# SPDX-License-Identifier: Apache-2.0
"""config.md: Specification version, Root, Process, Hostname, Domainname."""
import os
import pty
import select
import socket
import struct
import array
from harness import *

RLIMITS = {"CORE": 4, "CPU": 0, "DATA": 2, "FSIZE": 1, "LOCKS": 10, "MEMLOCK": 8, "MSGQUEUE": 12, "NICE": 13, "NOFILE": 7,
           "NPROC": 6, "RSS": 5, "RTPRIO": 14, "RTTIME": 15, "SIGPENDING": 11, "STACK": 3, "AS": 9}
NAMES = {"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_FOWNER": 3, "CAP_FSETID": 4, "CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7,
         "CAP_NET_BIND_SERVICE": 10, "CAP_NET_RAW": 13}


def masks(text):
    """The capability sets of /proc/PID/status."""
    found = {}
    for line in text.splitlines():
        if line.startswith("Cap"):
            found[line[3:6]] = int(line.split()[1], 16)
    return found


def mask(*names):
    return sum(1 << NAMES[n] for n in names)


@shared
def everyday(rt):
    c = config("self", "read:/proc/self/status", "read:/proc/self/oom_score_adj", "read:/proc/self/mountinfo", "write:/work/x=y", "two words", "")
    p = c["process"]
    p["cwd"] = "/work"
    p["env"] = ["PATH=/", "A=1", "EMPTY=", "B=x=y z"]
    p["user"] = {"uid": 1000, "gid": 2000, "umask": 0o27, "additionalGids": [5, 3000]}
    p["rlimits"] = [{"type": "RLIMIT_" + n, "soft": 1 + i, "hard": 100 + i} for i, n in enumerate(sorted(RLIMITS))
                    if n not in ("AS", "DATA", "STACK", "FSIZE", "NOFILE", "RSS", "CPU", "NICE", "RTPRIO")]
    p["rlimits"].append({"type": "RLIMIT_NOFILE", "soft": 64, "hard": 128})
    p["capabilities"] = {"bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], "permitted": ["CAP_CHOWN", "CAP_KILL"],
                         "effective": ["CAP_CHOWN"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
    p["noNewPrivileges"] = True
    p["oomScoreAdj"] = 321
    p["ioPriority"] = {"class": "IOPRIO_CLASS_IDLE", "priority": 4}
    p["scheduler"] = {"policy": "SCHED_BATCH", "nice": 7}
    c["domainname"] = "example.test"
    f = rt.run(c)
    f["limits"] = p["rlimits"]
    return f


@shared
def plain(rt):
    """Nothing asked for beyond the defaults."""
    return rt.run(config("self", "read:/proc/self/status", "read:/proc/self/oom_score_adj", "write:/work/x=y"))


@test("ociVersion", "MUST be in SemVer v2.0.0 format and specifies the version with which the bundle complies")
def _(rt):
    for version in ("1.0.0", "1.0.2-dev", "1.1.0-rc.2+x", "1.2.1"):
        c = config("self")
        c["ociVersion"] = version
        rt.run(c)


@test("ociVersion.missing", "(string, REQUIRED)")
def _(rt):
    c = config("self")
    del c["ociVersion"]
    rt.refuses(c)


@test("ociVersion.malformed", "Runtimes MUST generate an error when invalid or unsupported values are encountered")
def _(rt):
    c = config("self")
    c["ociVersion"] = "one"
    rt.refuses(c)


@test("root.path.relative", "path is either an absolute path or a relative path to the bundle")
def _(everyday):
    same(everyday["end"], True)


@test("root.path.absolute", "path is either an absolute path or a relative path to the bundle")
def _(rt):
    c = config("self")
    elsewhere = rt.bundle(c) + "/rootfs"
    c["root"]["path"] = elsewhere
    same(rt.run(c, prepare=lambda b: os.rename(b + "/rootfs", b + "/other"))["end"], True)


@test("root.path.exists", "A directory MUST exist at the path declared by the field")
def _(rt):
    c = config("self")
    c["root"]["path"] = "missing"
    rt.refuses(c)


@test("root.readonly", "If true then the root filesystem MUST be read-only inside the container")
def _(rt):
    c = config("write:/work/x=y", "read:/proc/self/mountinfo")
    c["root"]["readonly"] = True
    f = rt.run(c)
    same(f["write:/work/x=y"], "EROFS")
    holds("ro" in mounts(f["read:/proc/self/mountinfo"])["/"]["options"], "the mount of / is not read-only")


@test("root.readonly.default", "defaults to false")
def _(plain):
    same(plain["write:/work/x=y"], 0)


@test("hostname", "specifies the container's hostname as seen by processes running inside the container")
def _(everyday):
    same(everyday["hostname"], "conform")


@test("domainname", "specifies the container's domainname as seen by processes running inside the container")
def _(everyday):
    same(everyday["domainname"], "example.test")


@test("process.args", "similar semantics to execvp's argv")
def _(everyday):
    same(everyday["argv"][0], "/probe")
    same(everyday["argv"][-2:], ["two words", ""])


@test("process.args.path", "that entry is used with the same semantics as execvp's file")
def _(rt):
    c = config("self")
    c["process"]["args"][0] = "probe"
    c["process"]["env"] = ["PATH=/nowhere:/"]
    same(rt.run(c)["argv"][0], "probe")


@test("process.args.empty", "at least one entry is REQUIRED")
def _(rt):
    c = config()
    c["process"]["args"] = []
    rt.refuses(c)


@test("process.cwd", "is the working directory that will be set for the executable")
def _(everyday):
    same(everyday["cwd"], "/work")


@test("process.cwd.absolute", "This value MUST be an absolute path")
def _(rt):
    c = config("self")
    c["process"]["cwd"] = "work"
    rt.refuses(c)


@test("process.env", "with the same semantics as environ")
def _(everyday):
    same([v for v in everyday["env"] if v.split("=")[0] != "HOME"], ["PATH=/", "A=1", "EMPTY=", "B=x=y z"])


@test("process.user.uid", "specifies the user ID in the container namespace")
def _(everyday):
    same((everyday["uid"], everyday["euid"]), (1000, 1000))


@test("process.user.gid", "specifies the group ID in the container namespace")
def _(everyday):
    same(everyday["gid"], 2000)


@test("process.user.umask", "specifies the umask of the user")
def _(everyday):
    same(everyday["umask"], 0o27)


@test("process.user.umask.default", "If unspecified, the umask should not be changed from the calling process' umask")
def _(rt):
    old = os.umask(0o22)
    try:
        same(rt.run(config("self"))["umask"], 0o22)
    finally:
        os.umask(old)


@test("process.user.additionalGids", "specifies additional group IDs to be added to the process")
def _(everyday):
    same(sorted(set(everyday["groups"]) - {2000}), [5, 3000])


@test("process.user.additionalGids.default", "none are given, so none of the caller's are kept")
def _(plain):
    same(set(plain["groups"]) - {0}, set())


@test("process.rlimits", "rlim.rlim_cur MUST match the configured value; rlim.rlim_max MUST match the configured value")
def _(everyday):
    for limit in everyday["limits"]:
        same(everyday["rlimits"][RLIMITS[limit["type"][7:]]], [limit["soft"], limit["hard"]], limit["type"])


@test("process.rlimits.each", "valid values are defined in the getrlimit(2) man page")
def _(rt):
    for name, number in sorted(RLIMITS.items()):
        c = config("self")
        soft, hard = (1 << 30, 1 << 31) if name in ("AS", "DATA", "STACK", "FSIZE", "RSS", "CPU") else (0, 0) if name in ("NICE", "RTPRIO") else (50, 60)
        c["process"]["rlimits"] = [{"type": "RLIMIT_" + name, "soft": soft, "hard": hard}]
        same(rt.run(c)["rlimits"][number], [soft, hard], name)


@test("process.rlimits.type.unknown", "The runtime MUST generate an error for any values which cannot be mapped to a relevant kernel interface")
def _(rt):
    c = config("self")
    c["process"]["rlimits"] = [{"type": "RLIMIT_PATIENCE", "soft": 1, "hard": 1}]
    rt.refuses(c)


@test("process.rlimits.duplicate", "If rlimits contains duplicated entries with same type, the runtime MUST generate an error")
def _(rt):
    c = config("self")
    c["process"]["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 1, "hard": 1}, {"type": "RLIMIT_CORE", "soft": 2, "hard": 2}]
    rt.refuses(c)


for field, key, names in (("bounding", "Bnd", ("CAP_CHOWN", "CAP_KILL", "CAP_SETUID")), ("permitted", "Prm", ("CAP_KILL",)),
                          ("effective", "Eff", ("CAP_KILL",)), ("inheritable", "Inh", ("CAP_KILL",)), ("ambient", "Amb", ("CAP_KILL",))):
    def make(field=field, key=key, names=names):
        # A user that is not root keeps over execve(2) what is ambient (capabilities(7)).
        @test(f"process.capabilities.{field}", f"the {field} field is an array of {field} capabilities that are kept for the process")
        def _(everyday):
            same(masks(everyday["read:/proc/self/status"])[key], mask(*names))
    make()


@test("process.capabilities.root", "permitted and effective capabilities of a process of uid 0")
def _(rt):
    c = config("read:/proc/self/status")
    names = ["CAP_CHOWN", "CAP_NET_RAW"]
    c["process"]["capabilities"] = {"bounding": names, "permitted": names, "effective": names}
    found = masks(rt.run(c)["read:/proc/self/status"])
    same(found, {"Inh": 0, "Prm": mask(*names), "Eff": mask(*names), "Bnd": mask(*names), "Amb": 0})


@test("process.capabilities.unknown", "Any value which cannot be mapped to a relevant kernel interface MUST be logged as a warning; runtimes SHOULD NOT fail")
def _(rt):
    c = config("read:/proc/self/status")
    for s in ("bounding", "permitted", "effective"):
        c["process"]["capabilities"][s] = ["CAP_CHOWN", "CAP_OF_THE_FUTURE"]
    path = rt.bundle(c)
    r = rt.good("run", "--bundle", path, rt.new_name())
    same(masks(documents(r.stdout)[0]["read:/proc/self/status"])["Eff"], 1)
    holds("CAP_OF_THE_FUTURE" in r.stderr, "no warning was logged")


@test("process.capabilities.ungrantable", "Runtimes SHOULD NOT fail if the configuration requests capabilities that cannot be granted")
def _(rt):
    c = config("self")
    for s in ("bounding", "permitted", "effective"):
        c["process"]["capabilities"][s] = CAPABILITIES + ["CAP_SYS_RESOURCE", "CAP_SYS_MODULE"]
    rt.run(c)


@test("process.noNewPrivileges", "setting noNewPrivileges to true prevents the process from gaining additional privileges")
def _(everyday, plain):
    same((everyday["no_new_privs"], plain["no_new_privs"]), (1, 0))


@test("process.oomScoreAdj", "If oomScoreAdj is set, the runtime MUST set oom_score_adj to the given value")
def _(everyday):
    same(everyday["read:/proc/self/oom_score_adj"].strip(), "321")


@test("process.oomScoreAdj.default", "If oomScoreAdj is not set, the runtime MUST NOT change the value of oom_score_adj")
def _(plain):
    same(plain["read:/proc/self/oom_score_adj"].strip(), read("/proc/self/oom_score_adj").strip())


@test("process.scheduler.policy", "policy represents the scheduling policy: SCHED_BATCH")
def _(everyday):
    same(everyday["scheduler"]["policy"], 3)


@test("process.scheduler.nice", "nice is the nice value for the process, affecting its priority")
def _(everyday):
    same(everyday["scheduler"]["nice"], 7)


@test("process.scheduler.idle", "A valid list of values is: SCHED_IDLE")
def _(rt):
    c = config("self")
    c["process"]["scheduler"] = {"policy": "SCHED_IDLE"}
    same(rt.run(c)["scheduler"]["policy"], 5)


def realtime(rt, scheduler):
    c = config("self")
    c["process"]["scheduler"] = scheduler
    version, group = controllers().get("cpu", (0, ""))
    if version == 1 and os.path.exists(group + "/cpu.rt_runtime_us"):  # a group has no realtime time unless it is given some
        c["linux"]["resources"] = {"cpu": {"realtimeRuntime": 1000, "realtimePeriod": 1000000}}
        c["linux"]["cgroupsPath"] = f"/conform-{os.getpid()}-{rt.count}"
    try:
        return rt.run(c)["scheduler"]
    except Failed as e:
        if not ROOTLESS and "not permitted" in str(e).lower() or "eperm" in str(e).lower():
            raise Skip("this kernel or its cgroups give no realtime time: sched_setattr says EPERM") from e
        raise


@test("process.scheduler.priority", "priority represents the static priority of the process, used by real-time policies")
def _(rt):
    for policy, number in (("SCHED_FIFO", 1), ("SCHED_RR", 2)):
        found = realtime(rt, {"policy": policy, "priority": 10})
        same((found["policy"], found["priority"]), (number, 10))


@test("process.scheduler.flags", "flags is an array of strings representing scheduling flags: SCHED_FLAG_RESET_ON_FORK")
def _(rt):
    found = realtime(rt, {"policy": "SCHED_FIFO", "priority": 1, "flags": ["SCHED_FLAG_RESET_ON_FORK"]})
    same(found["flags"] & 1, 1)


@test("process.scheduler.deadline", "runtime, deadline, period: used by the deadline scheduler")
def _(rt):
    found = realtime(rt, {"policy": "SCHED_DEADLINE", "runtime": 10000000, "deadline": 50000000, "period": 100000000})
    same((found["policy"], found["runtime"], found["deadline"], found["period"]), (6, 10000000, 50000000, 100000000))


@test("process.scheduler.policy.invalid", "A valid list of values is …")
def _(rt):
    c = config("self")
    c["process"]["scheduler"] = {"policy": "SCHED_WHENEVER"}
    rt.refuses(c)


@test("process.ioPriority", "class specifies the I/O scheduling class, priority the priority level within the class")
def _(everyday):
    same(everyday["ioprio"], 3 << 13 | 4)


@test("process.ioPriority.best-effort", "Possible values are IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, and IOPRIO_CLASS_IDLE")
def _(rt):
    c = config("self")
    c["process"]["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 6}
    same(rt.run(c)["ioprio"], 2 << 13 | 6)


@test("process.execCPUAffinity.init", "This setting is not applicable to the container's init process")
def _(rt):
    c = config("self")
    c["process"]["execCPUAffinity"] = {"initial": "0", "final": "0"}
    same(rt.run(c)["cpus"], sorted(os.sched_getaffinity(0)))


@test("process.execCPUAffinity.final", "final is a list of CPUs the process will be run on after the transition to container's cgroup")
def _(rt):
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("this machine has one processor")
    last = max(os.sched_getaffinity(0))
    with rt.running(config("wait")) as c:
        p = {"args": ["/probe", "self"], "cwd": "/", "execCPUAffinity": {"initial": "0", "final": str(last)}}
        with open(c.bundle + "/process.json", "w", encoding="utf-8") as f:
            json.dump(p, f)
        same(documents(rt.good("exec", "--process", c.bundle + "/process.json", c.name).stdout)[0]["cpus"], [last])


@test("process.execCPUAffinity.initial", "initial is a list of CPUs to be run on before the transition; without final, the container's default CPU affinity is used")
def _(rt):
    with rt.running(config("wait")) as c:
        p = {"args": ["/probe", "self"], "cwd": "/", "execCPUAffinity": {"initial": "0"}}
        with open(c.bundle + "/process.json", "w", encoding="utf-8") as f:
            json.dump(p, f)
        same(documents(rt.good("exec", "--process", c.bundle + "/process.json", c.name).stdout)[0]["cpus"], sorted(os.sched_getaffinity(c.pid)))


@test("process.execCPUAffinity.invalid", "a comma-separated list, with dashes to represent ranges")
def _(rt):
    c = config("self")
    c["process"]["execCPUAffinity"] = {"initial": "first"}
    rt.refuses(c)


@test("process.apparmorProfile", "specifies the name of the AppArmor profile for the process")
def _(rt):
    """Where KOKON_TEST_PROFILE is a compiled profile "kokon-test", which forbids to write /tmp/forbidden, that one; else "unconfined"."""
    if not os.path.exists("/sys/kernel/security/apparmor") and "apparmor" not in _lsm():
        raise Skip("AppArmor is not active: /sys/kernel/security/lsm is " + (_lsm() or "not there"))
    compiled = os.environ.get("KOKON_TEST_PROFILE")
    profile = "kokon-test" if compiled else "unconfined"
    if compiled:
        with open(compiled, "rb") as f, open("/sys/kernel/security/apparmor/.replace", "wb", buffering=0) as load:
            load.write(f.read())
    c = config("read:/proc/self/attr/apparmor/current", "write:/tmp/forbidden=x", "write:/tmp/fine=x")
    c["process"]["apparmorProfile"] = profile
    found = rt.run(c, lambda b: [open(f"{b}/rootfs/tmp/{n}", "w", encoding="utf-8").close() for n in ("forbidden", "fine")])
    holds(profile in found["read:/proc/self/attr/apparmor/current"], "another profile is active")
    same((found["write:/tmp/fine=x"], found["write:/tmp/forbidden=x"]), (0, "EACCES" if compiled else 0))
    c["process"]["apparmorProfile"] = "kokon-not-loaded"
    path = rt.bundle(c)
    rt.refused("run", "--bundle", path, rt.new_name())


@test("process.selinuxLabel", "specifies the SELinux label for the process")
def _(rt):
    if not os.path.exists("/sys/fs/selinux/enforce"):
        raise Skip("SELinux is not active: no selinuxfs")
    c = config("read:/proc/self/attr/current")
    c["process"]["selinuxLabel"] = "system_u:system_r:container_t:s0"
    holds("container_t" in rt.run(c)["read:/proc/self/attr/current"], "another label is set")


def _lsm():
    try:
        return read("/sys/kernel/security/lsm").strip()
    except OSError:
        return ""


# ---- terminals --------------------------------------------------------------------------------

def terminal_of(rt, conf):
    """Run with a console socket, as an engine does; (facts, winsize as the master sees it)."""
    path = rt.bundle(conf)
    at, name = path + "/console", rt.new_name()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(at)
        listener.listen(1)
        listener.settimeout(PATIENCE)
        rt.good("create", "--console-socket", at, "--bundle", path, name)
        try:
            peer, _ = listener.accept()
            with peer:
                fds = array.array("i")
                _, data, _, _ = peer.recvmsg(4096, socket.CMSG_LEN(fds.itemsize))
                fds.frombytes(data[0][2])
            master = fds[0]
            rt.good("start", name)
            text = b""
            while b'"end": true}' not in text:
                ready, _, _ = select.select([master], [], [], PATIENCE)
                holds(ready, "the terminal says nothing")
                text += os.read(master, 65536)
            os.close(master)
            return documents(text.decode().replace("\r\n", "\n"))[0]
        finally:
            rt.call("delete", "--force", name)


@shared
def terminal(rt):
    c = config("self", "stat:/dev/console", "read:/proc/self/mountinfo")
    c["process"]["terminal"] = True
    c["process"]["consoleSize"] = {"height": 31, "width": 97}
    return terminal_of(rt, c)


@test("process.terminal", "a pseudoterminal pair is allocated for the process and the pseudoterminal pty is duplicated on the process's standard streams")
def _(terminal):
    same(terminal["tty"], [1, 1, 1])


@test("process.terminal.default", "defaults to false")
def _(plain):
    same(plain["tty"], [0, 0, 0])


@test("process.consoleSize", "specifies the console size in characters of the terminal")
def _(terminal):
    same(terminal["winsize"], [31, 97])


@test("process.consoleSize.ignored", "Runtimes MUST ignore consoleSize if terminal is false or unset")
def _(rt):
    c = config("self")
    c["process"]["consoleSize"] = {"height": 31, "width": 97}
    same(rt.run(c)["tty"], [0, 0, 0])


@test("linux.devices.console", "/dev/console is set up if terminal is enabled in the config by bind mounting the pseudoterminal pty to /dev/console")
def _(terminal):
    same(terminal["stat:/dev/console"]["type"], "char")
    same(mounts(terminal["read:/proc/self/mountinfo"])["/dev/console"]["type"], "devpts")


@test("process.descriptors", "the process has its standard streams and no other descriptor of the runtime")
def _(plain):
    same(plain["fds"], [0, 1, 2])
