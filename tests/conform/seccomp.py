# SPDX-License-Identifier: Apache-2.0
"""config-linux.md: Seccomp, and The Container Process State."""
import array
import platform
import socket
from harness import *

# Numbers of system calls (x86_64, aarch64)
NUMBERS = {"x86_64": {"getppid": 110, "mkdir": 83, "personality": 135, "setpriority": 141, "sched_yield": 24, "getpriority": 140, "kill": 62},
           "aarch64": {"getppid": 173, "mkdir": 1030, "personality": 92, "setpriority": 140, "sched_yield": 124, "getpriority": 141, "kill": 129}}
NUMBER = NUMBERS.get(platform.machine(), NUMBERS["x86_64"])


def call(name, *arguments):
    return "call:" + ":".join(str(a) for a in (NUMBER[name], *arguments))


def filtered(words, syscalls, default="SCMP_ACT_ALLOW", **more):
    c = config(*words)
    c["linux"]["seccomp"] = {"defaultAction": default, "syscalls": syscalls, **more}
    return c


@shared
def verdicts(rt):
    return rt.run(filtered(["self", call("getppid"), call("sched_yield"), call("personality", 8), call("personality", 4294967295)], [
        {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 11},
        {"names": ["sched_yield"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 2, "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
        {"names": ["no_such_system_call"], "action": "SCMP_ACT_ERRNO"},
    ]))


@test("linux.seccomp", "seccomp provides application sandboxing: the process runs with a filter")
def _(verdicts):
    same(verdicts["seccomp"], 2)


@test("linux.seccomp.syscalls.errnoRet", "the errno return code to use")
def _(verdicts):
    same(verdicts[call("getppid")], "EAGAIN")


@test("linux.seccomp.syscalls.errnoRet.default", "If not specified its default value is EPERM")
def _(verdicts):
    same(verdicts[call("sched_yield")], "EPERM")


@test("linux.seccomp.syscalls.args", "index, value, op: the specific syscall argument in seccomp")
def _(verdicts):
    same(verdicts[call("personality", 8)], "ENOENT")
    holds(verdicts[call("personality", 4294967295)] in (0, "EPERM") or isinstance(verdicts[call("personality", 4294967295)], int), "another argument was caught")


@test("linux.seccomp.syscalls.names.unknown", "names of system calls that this machine does not have are passed over")
def _(verdicts):
    same(verdicts["end"], True)


def operator_tests():
    # each: an argument that matches, one that does not, with the value 100
    cases = {"SCMP_CMP_NE": (99, 100, {}), "SCMP_CMP_LT": (99, 100, {}), "SCMP_CMP_LE": (100, 101, {}), "SCMP_CMP_EQ": (100, 99, {}),
             "SCMP_CMP_GE": (100, 99, {}), "SCMP_CMP_GT": (101, 100, {}), "SCMP_CMP_MASKED_EQ": (7, 6, {"value": 1, "valueTwo": 1})}
    for op, (match, other, values) in cases.items():
        @test(f"linux.seccomp.syscalls.args.op.{op}", "the operator for syscall arguments in seccomp")
        def _(rt, op=op, match=match, other=other, values=values):
            f = rt.run(filtered([call("getpriority", 0, match), call("getpriority", 0, other)], [
                {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args": [{"index": 1, "value": 100, "op": op, **values}]}]))
            same(f[call("getpriority", 0, match)], "EIO", "the argument that matches")
            holds(f[call("getpriority", 0, other)] != "EIO", "the argument that does not match was caught")


operator_tests()


@test("linux.seccomp.syscalls.args.large", "value (uint64): the value for syscall arguments in seccomp")
def _(rt):
    f = rt.run(filtered([call("getpriority", 0, 18446744073709551615), call("getpriority", 0, 0)], [
        {"names": ["getpriority"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args": [{"index": 1, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]}]))
    same(f[call("getpriority", 0, 18446744073709551615)], "EIO")
    holds(f[call("getpriority", 0, 0)] != "EIO", "another argument was caught")


def action_tests():
    for action, status in (("SCMP_ACT_KILL", 31), ("SCMP_ACT_KILL_PROCESS", 31), ("SCMP_ACT_KILL_THREAD", 31), ("SCMP_ACT_TRAP", 31)):
        @test(f"linux.seccomp.syscalls.action.{action}", "the action for seccomp rules")
        def _(rt, action=action, status=status):
            path = rt.bundle(filtered([call("getppid")], [{"names": ["getppid"], "action": action}]))
            same(rt.call("run", "--bundle", path, rt.new_name()).returncode, 128 + status)
    for action, found in (("SCMP_ACT_ALLOW", 0), ("SCMP_ACT_LOG", 0), ("SCMP_ACT_TRACE", "ENOSYS")):
        @test(f"linux.seccomp.syscalls.action.{action}", "the action for seccomp rules")
        def _(rt, action=action, found=found):
            same(rt.run(filtered([call("sched_yield")], [{"names": ["sched_yield"], "action": action}]))[call("sched_yield")], found)


action_tests()


@test("linux.seccomp.defaultAction", "the default action for seccomp")
def _(rt):
    names = ["execve", "execveat", "brk", "arch_prctl", "set_tid_address", "write", "writev", "exit", "exit_group", "mmap", "munmap", "mprotect", "rt_sigaction",
             "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "rseq", "ioctl", "fcntl", "open", "openat", "close", "fstat", "capset", "prctl", "futex", "readlink", "uname",
             "capget", "setgroups", "setuid", "setgid", "setresuid", "setresgid", "chdir", "fchdir", "fstatfs", "statfs", "sendmsg", "recvmsg", "sendto", "read", "poll",
             "ppoll", "close_range", "dup3", "dup2", "nanosleep", "clock_nanosleep", "getpid", "gettid", "tgkill", "epoll_pwait", "epoll_ctl", "newfstatat", "sigaltstack",
             "getrandom", "sched_getaffinity", "madvise", "getdents64", "lseek", "faccessat", "faccessat2", "stat", "access", "seccomp", "socket", "kill"]
    f = rt.run(filtered([call("getppid")], [{"names": names, "action": "SCMP_ACT_ALLOW"}], "SCMP_ACT_ERRNO", defaultErrnoRet=5))
    same(f[call("getppid")], "EIO")


@test("linux.seccomp.defaultAction.missing", "(string, REQUIRED)")
def _(rt):
    c = config("self")
    c["linux"]["seccomp"] = {"syscalls": []}
    rt.refuses(c)


@test("linux.seccomp.defaultErrnoRet.action", "When the action doesn't support an errno, the runtime MUST print an error and fail")
def _(rt):
    rt.refuses(filtered(["self"], [], "SCMP_ACT_ALLOW", defaultErrnoRet=5))


@test("linux.seccomp.syscalls.errnoRet.action", "When the action doesn't support an errno, the runtime MUST print an error and fail")
def _(rt):
    rt.refuses(filtered(["self"], [{"names": ["getppid"], "action": "SCMP_ACT_KILL", "errnoRet": 5}]))


@test("linux.seccomp.syscalls.names.empty", "names MUST contain at least one entry")
def _(rt):
    rt.refuses(filtered(["self"], [{"names": [], "action": "SCMP_ACT_ALLOW"}]))


@test("linux.seccomp.syscalls.action.invalid", "A valid list of constants is shown")
def _(rt):
    rt.refuses(filtered(["self"], [{"names": ["getppid"], "action": "SCMP_ACT_SHRUG"}]))


@test("linux.seccomp.architectures", "the architecture used for system calls: all of libseccomp's constants")
def _(rt):
    rt.run(filtered(["self"], [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}], architectures=[
        "SCMP_ARCH_" + a for a in ("X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 "
                                   "RISCV64").split()]))


@test("linux.seccomp.architectures.invalid", "Runtimes MUST generate an error when invalid values are encountered")
def _(rt):
    rt.refuses(filtered(["self"], [], architectures=["SCMP_ARCH_ABACUS"]))


@test("linux.seccomp.flags", "list of flags to use with seccomp(2)")
def _(rt):
    for flag in ("SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"):
        same(rt.run(filtered(["self"], [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}], flags=[flag]))["seccomp"], 2, flag)


@test("linux.seccomp.flags.invalid", "A valid list of constants is shown")
def _(rt):
    rt.refuses(filtered(["self"], [], flags=["SECCOMP_FILTER_FLAG_PRETTY"]))


@test("linux.seccomp.noNewPrivileges", "a filter without no_new_privs is loaded with the runtime's rights, and the process has it")
def _(rt):
    c = filtered(["self"], [{"names": ["getppid"], "action": "SCMP_ACT_ERRNO"}])
    c["process"]["noNewPrivileges"] = False
    c["process"]["user"] = {"uid": 1000, "gid": 1000}
    f = rt.run(c)
    same((f["seccomp"], f["no_new_privs"]), (2, 0))


# ---- the listener -----------------------------------------------------------------------------

@contextlib.contextmanager
def agent(rt):
    path = os.path.join(rt.dir, f"agent{rt.count}")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(path)
        s.listen(5)
        s.settimeout(PATIENCE)
        yield s, path
    os.unlink(path)


def receive(listener):
    """(state, descriptors, whether the connection is closed behind it)."""
    peer, _ = listener.accept()
    with peer:
        peer.settimeout(PATIENCE)
        fds = array.array("i")
        data, extra, _, _ = peer.recvmsg(65536, socket.CMSG_LEN(8 * fds.itemsize))
        for level, kind, payload in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(payload[:len(payload) - len(payload) % fds.itemsize])
        rest = b"x"
        while rest:
            rest = peer.recv(65536)
            data += rest
    return json.loads(data), list(fds)


@shared
def notified(rt):
    """A system call that the payload never makes is asked about: the descriptor is sent all the same."""
    with agent(rt) as (listener, path):
        c = filtered(["wait"], [{"names": ["setpriority"], "action": "SCMP_ACT_NOTIFY"}], listenerPath=path, listenerMetadata="some=thing")
        c["annotations"] = {"com.example.k": "v"}
        with rt.created(c) as made:
            pid = made.pid
            made.start()
            state, fds = receive(listener)
            links = [os.readlink(f"/proc/self/fd/{fd}") for fd in fds]
            for fd in fds:
                os.close(fd)
            return {"state": state, "links": links, "pid": pid, "name": made.name, "bundle": made.bundle}


@test("linux.seccomp.listenerPath", "the path of UNIX domain socket over which the runtime will send the container process state")
def _(notified):
    holds("seccomp" in notified["links"][0], f"{notified['links']}")


@test("linux.seccomp.state.fds", "the names of the file descriptors passed: seccompFd; their index corresponds to that in the SCM_RIGHTS array")
def _(notified):
    same(notified["state"]["fds"], ["seccompFd"])


@test("linux.seccomp.state.pid", "the container process ID, as seen by the runtime")
def _(notified):
    same((notified["state"]["pid"], notified["state"]["state"]["pid"]), (notified["pid"], notified["pid"]))


@test("linux.seccomp.state.state", "the state of the container")
def _(notified):
    s = notified["state"]["state"]
    same((s["id"], s["bundle"], s["annotations"]), (notified["name"], notified["bundle"], {"com.example.k": "v"}))
    holds(s["ociVersion"] and notified["state"]["ociVersion"], "a version is missing")


@test("linux.seccomp.listenerMetadata", "This string will be sent as the metadata field in the container process state")
def _(notified):
    same(notified["state"]["metadata"], "some=thing")


@test("linux.seccomp.flags.WAIT_KILLABLE_RECV", "a valid list of constants: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
def _(rt):
    with agent(rt) as (listener, path):
        c = filtered(["self", "wait"], [{"names": ["setpriority"], "action": "SCMP_ACT_NOTIFY"}], listenerPath=path,
                     flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"])
        with rt.created(c) as made:
            made.start()
            for fd in receive(listener)[1]:
                os.close(fd)
            same(made.facts()["seccomp"], 2)


@test("linux.seccomp.listenerPath.failing", "If sending to this socket fails, the runtime MUST generate an error")
def _(rt):
    path = rt.bundle(filtered(["self"], [{"names": ["setpriority"], "action": "SCMP_ACT_NOTIFY"}], listenerPath=rt.dir + "/nobody"))
    rt.refused("run", "--bundle", path, rt.new_name())


@test("linux.seccomp.listenerPath.ignored", "If the SCMP_ACT_NOTIFY action is not used this value is ignored")
def _(rt):
    rt.run(filtered(["self"], [{"names": ["setpriority"], "action": "SCMP_ACT_ERRNO"}], listenerPath=rt.dir + "/nobody"))


@test("linux.seccomp.listenerMetadata.alone", "This field MUST NOT be set if listenerPath is not set")
def _(rt):
    rt.refuses(filtered(["self"], [], listenerMetadata="x"))


def deadlock_tests():
    for name in ("sendmsg", "close"):
        @test(f"linux.seccomp.notify.{name}", f"SCMP_ACT_NOTIFY on {name}: the descriptor is sent, and the runtime does not wait for itself")
        def _(rt, name=name):
            with agent(rt) as (listener, path):
                c = filtered(["wait"], [{"names": [name], "action": "SCMP_ACT_NOTIFY"}], listenerPath=path)
                with rt.created(c) as made:
                    with open(made.bundle + "/errors", "a", encoding="utf-8") as e:
                        import subprocess
                        p = subprocess.Popen([rt.path, "--root", rt.root, "start", made.name], stdin=subprocess.DEVNULL, stdout=e, stderr=e)
                    state, fds = receive(listener)
                    same(state["fds"], ["seccompFd"])
                    for fd in fds:  # who waits for an answer gets ENOSYS
                        os.close(fd)
                    p.wait(PATIENCE)


deadlock_tests()
