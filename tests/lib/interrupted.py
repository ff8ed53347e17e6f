# SPDX-License-Identifier: Apache-2.0
"""kokon-oci interrupted at every one of its system calls, by strace(1).

    interrupted.py PROGRAM BUNDLE kill|errors COMMAND

kill: SIGKILL at each call. errors: each call but those that cannot fail does so once, with one of five errors in
turn (all five with KOKON_TEST_ERRORS=all). After each, `delete --force` must leave no process, no control group,
nothing in the store and no mount; an error must have a message; at the end the id must be free.

To be run as root in a PID namespace of its own, below a process that reaps what others leave (interrupted()
of oci.bash does so): then every process but those two is one that was left.
"""
import atexit
import json
import os
import re
import subprocess
import sys
import time

PROGRAM, BUNDLE, MODE, COMMAND = sys.argv[1:]
ERRORS = ["ENOMEM", "EINTR", "EIO", "EPERM", "ENOSPC"]
# What takes no error, and what strace would leave undone: a descriptor that is not closed leads to nowhere else.
NEVER_FAIL = {"execve", "exit_group", "exit", "rt_sigreturn", "close", "arch_prctl", "vfork", "fork"}
ID = f"interrupted-{os.environ.get('KOKON_TEST_ID', 'x')}"
DIR = os.path.dirname(BUNDLE)
STORE = os.path.join(DIR, "interrupted-store")
OUT = os.path.join(DIR, "interrupted-out")
PATIENCE = 120


def write_config(name, *args):
    with open(os.path.join(BUNDLE, "config.json"), encoding="utf-8") as f:
        config = json.load(f)
    config["process"]["args"] = list(args)
    config["linux"]["resources"].update(memory={"limit": 64 << 20}, pids={"limit": 50})
    path = os.path.join(BUNDLE, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f)
    return path


def call(args, before=()):
    """Exit status and output; the output goes to a file, which a process that is left cannot keep open for us."""
    with open(OUT, "w", encoding="utf-8") as f:
        r = subprocess.run([*before, PROGRAM, "--root", STORE, *args], stdin=subprocess.DEVNULL, stdout=f,
                           stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    with open(OUT, encoding="utf-8", errors="replace") as f:
        return r.returncode, f.read()


def good(*args):
    status, text = call(args)
    if status != 0:
        sys.exit(f"{args[0]}: {text}")


def created():
    good("create", "-b", BUNDLE, "-f", LONG, ID)


def running():
    good("run", "-d", "-b", BUNDLE, "-f", LONG, ID)


def stopped():
    running()
    good("kill", ID, "KILL")
    end = time.monotonic() + PATIENCE
    while '"stopped"' not in call(["state", ID])[1] and time.monotonic() < end:
        time.sleep(0.002)


LONG = write_config("long.json", "sleep", "1000")
SHORT = write_config("short.json", "true")
COMMANDS = {
    "create": (lambda: None, ["create", "-b", BUNDLE, "-f", LONG, ID]),
    "start": (created, ["start", ID]),
    "run": (lambda: None, ["run", "-b", BUNDLE, "-f", SHORT, ID]),
    "run --detach": (lambda: None, ["run", "-d", "-b", BUNDLE, "-f", LONG, ID]),
    "exec": (running, ["exec", ID, "true"]),
    "delete": (stopped, ["delete", ID]),
    "delete --force": (running, ["delete", "--force", ID]),
    "update": (running, ["update", "--memory", "32M", "--pids-limit", "40", ID]),
    "pause": (running, ["pause", ID]),
    "kill": (running, ["kill", ID, "KILL"]),
}


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        return [line for line in f if DIR in line]


def processes():
    return [p for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid())]


def groups():
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        points = [line.split()[4] for line in f if " - cgroup" in line]
    return [p for p in (os.path.join(point, "kokon-oci", ID) for point in points) if os.path.exists(p)]


def left():
    """What `delete --force` leaves, as text."""
    status, text = call(["delete", "--force", ID])
    if status != 0:
        return f"delete --force: {text}"
    end = time.monotonic() + PATIENCE
    while processes() and time.monotonic() < end:  # dead ones go as soon as they are reaped
        time.sleep(0.001)
    for what, found in ("processes", processes()), ("groups", groups()), ("mounts", mounts() != MOUNTS and mounts()), \
            ("store", os.path.isdir(STORE) and os.listdir(STORE)):
        if found:
            return f"{what} left: {found}"
    return ""


def points():
    """(name, N) of each system call that the command makes, when nothing is wrong."""
    COMMANDS[COMMAND][0]()
    trace = os.path.join(DIR, "interrupted-calls")
    call(COMMANDS[COMMAND][1], ["strace", "-qq", "-o", trace])
    problem = left()
    if problem:
        sys.exit(f"{COMMAND}: {problem}")
    count, found = {}, []
    with open(trace, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = re.match(r"([a-z_0-9]+)\(", line)
            if m:
                count[m[1]] = count.get(m[1], 0) + 1
                found.append((m[1], count[m[1]]))
    return found


def injections():
    if MODE == "kill":
        return [f"{name}:signal=KILL:when={n}" for name, n in points()]
    which = ERRORS if os.environ.get("KOKON_TEST_ERRORS") == "all" else None
    return [f"{name}:error={error}:when={n}" for i, (name, n) in enumerate(p for p in points() if p[0] not in NEVER_FAIL)
            for error in which or [ERRORS[i % len(ERRORS)]]]


def tried(injection):
    """What is wrong, as text."""
    prepare, args = COMMANDS[COMMAND]
    prepare()
    try:
        status, text = call(args, ["strace", "-qq", "-o", "/dev/null", "-e", "inject=" + injection])
    except subprocess.TimeoutExpired:
        return "it hangs"
    if MODE == "errors" and (status < 0 or 128 < status < 255):
        return f"status {status}: {text}"
    if MODE == "errors" and status != 0 and not text.strip():
        return f"status {status} without a message"
    if MODE == "errors" and status != 0 and COMMAND.split()[0] in ("create", "run") and os.path.exists(os.path.join(STORE, ID)) \
            and "delete --force" not in text:
        return f"something is left, and the message does not say so: {text}"
    return left()


MOUNTS = mounts()
atexit.register(call, ["delete", "--force", ID])
failures, number = 0, 0
for injection in injections():
    number += 1
    problem = tried(injection)
    if problem:
        failures += 1
        print(f"{COMMAND}, {injection}: {problem}", flush=True)
        left()
        if failures > 5:
            sys.exit("and so on")
good("run", "-b", BUNDLE, "-f", SHORT, ID)
print(f"{COMMAND}: {number} system calls")
sys.exit(1 if failures or number < 20 else 0)
