# SPDX-License-Identifier: Apache-2.0
"""Root runs the suite as an ordinary user with subordinate ids, in a mount namespace of its own."""
import contextlib
import os
import shutil
import subprocess
import sys

NAME, ID, SUBORDINATE = "kokon-test", 54321, 700000
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


TREES = {"all": "ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow", "none": "strictatime"}


def mount_trees(outer):
    """Folders with a mount below of all options, and of none."""
    for name, options in TREES.items():
        os.makedirs(f"{outer}/{name}/below")
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", f"{outer}/{name}/below"], check=True)


def delegate(name):
    """A group of that user in each hierarchy, with this process in it. Returns the groups."""
    made = []
    for point, kind in [(f[4], f[f.index("-") + 1]) for f in map(str.split, open("/proc/self/mountinfo", encoding="utf-8"))]:
        if kind not in ("cgroup", "cgroup2") or not os.path.exists(point + "/cgroup.procs") or not os.access(point, os.W_OK):
            continue
        group = os.path.join(point, name)
        if kind == "cgroup2":
            with open(point + "/cgroup.controllers", encoding="utf-8") as f:
                put(point + "/cgroup.subtree_control", " ".join("+" + c for c in f.read().split()))
        os.mkdir(group)
        made.append(group)
        for f in ("cpuset.cpus", "cpuset.mems") if kind == "cgroup" and os.path.exists(group + "/cpuset.mems") else ():
            with open(os.path.join(point, f), encoding="utf-8") as above:
                put(os.path.join(group, f), above.read())
        if os.path.exists(group + "/cpu.rt_runtime_us"):
            put(group + "/cpu.rt_runtime_us", "10000")
        for f in [group] + [os.path.join(group, f) for f in os.listdir(group)]:
            os.chown(f, ID, ID)
        put(group + "/cgroup.procs", str(os.getpid()))
    return made


def put(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def remove(groups):
    for group in groups:
        put(os.path.dirname(group) + "/cgroup.procs", str(os.getpid()))
        for d, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(d)


def append(scratch, name, line):
    """To the account file, in a copy that only this mount namespace sees."""
    copy, path = os.path.join(scratch, name), "/etc/" + name
    if os.path.exists(path):
        shutil.copy(path, copy)
    with open(copy, "a", encoding="utf-8") as f:
        f.write(line + "\n")
    if not os.path.exists(path):
        sys.exit(f"tests/conform/run: no {path} on this machine; install the package uidmap")
    subprocess.run(["mount", "--bind", copy, path], check=True)


def become(argv):
    """Root runs the suite as that user, with the words `argv`; its exit status. The user has groups of its own."""
    build = os.environ.get("BUILD", os.path.join(TOP, "build"))
    scratch = os.environ.get("KOKON_TEST_SCRATCH")
    if not scratch:  # tests/lib/enclose.c gives one
        os.execv(os.path.join(build, "tests", "enclose"), ["enclose", sys.executable, os.path.join(HERE, "run"), "--user", *argv])
    results = os.path.abspath(argv[argv.index("--results") + 1]) if "--results" in argv else None
    if results:  # in a folder of root's, maybe
        argv = [os.path.join(scratch, "home", "results") if i and argv[i - 1] == "--results" else a for i, a in enumerate(argv)]
    append(scratch, "passwd", f"{NAME}:x:{ID}:{ID}:kokon's tests:/nonexistent:/bin/sh")
    append(scratch, "group", f"{NAME}:x:{ID}:")
    append(scratch, "subuid", f"{NAME}:{SUBORDINATE}:65536")
    append(scratch, "subgid", f"{NAME}:{SUBORDINATE}:65536")
    for source, name in ((build, "build"), (HERE, "conform")):  # they may lie where only root can look
        os.mkdir(os.path.join(scratch, name))
        subprocess.run(["mount", "--bind", source, os.path.join(scratch, name)], check=True)
    trees = os.path.join(scratch, "trees")
    mount_trees(trees)
    home = os.path.join(scratch, "home")
    os.makedirs(os.path.join(home, "run"), 0o700)
    for d in (home, os.path.join(home, "run")):
        os.chown(d, ID, ID)
    environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "RUNTIME", "KOKON_CONFORM_OPTIONS")}
    environment.update(HOME=home, USER=NAME, XDG_RUNTIME_DIR=os.path.join(home, "run"), BUILD=os.path.join(scratch, "build"), KOKON_TEST_SCRATCH=home, KOKON_CONFORM_TREES=trees)
    os.chdir("/")
    groups = delegate(f"kokon-conform-user-{os.getpid()}")
    try:
        return subprocess.run(["setpriv", "--reuid", str(ID), "--regid", str(ID), "--clear-groups", "--inh-caps=-all", "--",
                               sys.executable, os.path.join(scratch, "conform", "run"), *argv], env=environment, check=False).returncode
    finally:
        remove(groups)
        if results and os.path.exists(os.path.join(home, "results")):
            shutil.copy(os.path.join(home, "results"), results)
