# SPDX-License-Identifier: Apache-2.0
"""What the conformance tests stand on: bundles, containers, and the list of tests.

A test is a function with the property's name and the specification's words:

    @test("process.cwd", "the working directory that will be set for the executable")
    def _(everyday):
        same(everyday["cwd"], "/work")

Its parameters name what it needs: "rt" is the runtime, any other one a @shared function, which runs
once for all tests that ask for it. So one container serves many properties.
"""
import contextlib
import copy
import inspect
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(TOP, "build"))
PROBE = os.path.join(BUILD, "tests", "conform-probe")
PATIENCE = 250 if os.environ.get("KOKON_TEST_EMULATED") else 25  # seconds; only a hang takes so long
SYSTEMD = "--systemd-cgroup" in os.environ.get("KOKON_CONFORM_OPTIONS", "")
ROOTLESS = os.geteuid() != 0

tests = []    # (chapter, property, words, function)
shared_functions = {}
chapter = ""


class Failed(Exception):
    """The runtime does not do what the specification says."""


class Skip(Exception):
    """This machine cannot show it; the text is the fact that was found."""


class Refused(Exception):
    """An ordinary user is refused; the text is the runtime's message."""


def set_chapter(name):
    global chapter
    chapter = name


def test(prop, words):
    def add(function):
        tests.append((chapter, prop, " ".join(words.split()), function))
        return function
    return add


def shared(function):
    shared_functions[function.__name__] = function
    return function


def needs(function):
    """Names of what a test needs: its parameters without a default."""
    return [p.name for p in inspect.signature(function).parameters.values() if p.default is inspect.Parameter.empty]


def same(found, expected, what=""):
    if found != expected:
        raise Failed(f"{what + ': ' if what else ''}expected {expected!r}, found {found!r}")


def holds(truth, text):
    if not truth:
        raise Failed(text)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
                "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL"]


def config(*words):
    """A config.json as an engine writes it, whose process is the probe."""
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/probe", *words],
            "env": ["PATH=/"],
            "cwd": "/",
            "capabilities": {"bounding": CAPABILITIES, "effective": CAPABILITIES, "permitted": CAPABILITIES},
        },
        "root": {"path": "rootfs"},
        "hostname": "conform",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "noexec", "nodev"]},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
        ],
        "linux": {"namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")]},
    }


def namespace(c, kind, path=None):
    """Ask for a namespace, in place of an entry of its type."""
    c["linux"]["namespaces"] = [n for n in c["linux"]["namespaces"] if n["type"] != kind]
    c["linux"]["namespaces"].append({"type": kind, **({"path": path} if path else {})})
    return c


def without_namespace(c, kind):
    c["linux"]["namespaces"] = [n for n in c["linux"]["namespaces"] if n["type"] != kind]
    return c


def subordinate(path):
    """(first, count) of the ids that this user was granted."""
    with contextlib.suppress(OSError):
        for line in read(path).splitlines():
            name, first, count = line.split(":")
            if name in (str(os.geteuid()), pwd.getpwuid(os.geteuid()).pw_name):
                return int(first), int(count)
    raise Skip(f"this user has no range in {path}")


def mappings(path, own, first=100000):
    """Ids of the container from 0 on. For root: `first` … of the machine; an ordinary user's are the own one, and those granted."""
    if not ROOTLESS:
        return [{"containerID": 0, "hostID": first, "size": 65536}]
    first, count = subordinate(path)
    return [{"containerID": 0, "hostID": own, "size": 1}, {"containerID": 1, "hostID": first, "size": min(count, 65535)}]


# The group that is an ordinary user's, below which absolute paths may lie; before any container makes room in it.
OWN_GROUP = read("/proc/self/cgroup").splitlines()[-1].split(":", 2)[2].rstrip("/")


def user_namespace(c):
    namespace(c, "user")
    c["linux"]["uidMappings"] = mappings("/etc/subuid", os.getuid())
    c["linux"]["gidMappings"] = mappings("/etc/subgid", os.getgid())
    return c


def for_container(b):
    """The root file system of the bundle b belongs to the container's root, who makes mount points in it."""
    if ROOTLESS:
        return
    for d, _, files in os.walk(b + "/rootfs"):
        for n in [d] + [os.path.join(d, f) for f in files]:
            os.chown(n, 100000, 100000)


def documents(text):
    """JSON objects one behind the other."""
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        value, at = decoder.raw_decode(text, at)
        found.append(value)
    return found


def mounts(text):
    """mountinfo as {mount point: …}; of several at one place the last counts."""
    found = {}
    for line in text.splitlines():
        left, right = line.split(" - ", 1)
        f, t = left.split(), right.split()
        found[f[4].replace("\\040", " ")] = {"root": f[3], "options": f[5].split(","), "optional": f[6:], "type": t[0],
                                              "source": t[1], "super": t[2].split(",")}
    return found


class Container:
    """One that was created; `text()` is what it has printed."""

    def __init__(self, rt, name, bundle):
        self.rt, self.name, self.bundle = rt, name, bundle
        self.output = os.path.join(bundle, "output")

    def text(self):
        return read(self.output)

    def facts(self):
        """What the probe printed, once it is whole."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if '"end": true}' in self.text():
                return documents(self.text())[0]
            if self.state()["status"] == "stopped" and '"end": true}' not in self.text():
                raise Failed(f"the probe has ended early: {self.text()[-300:]}")
            time.sleep(0.01)
        raise Failed("the probe has printed nothing")

    def state(self):
        return json.loads(self.rt.good("state", self.name).stdout)

    @property
    def pid(self):
        return self.state()["pid"]

    def start(self):
        self.rt.good("start", self.name)
        return self

    def wait_for(self, status):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.state()["status"] == status:
                return
            time.sleep(0.01)
        raise Failed(f"it is not {status} but {self.state()['status']}")


class Runtime:
    def __init__(self, path):
        self.path = path
        self.dir = tempfile.mkdtemp(prefix="conform.", dir=os.environ.get("KOKON_TEST_SCRATCH"))
        os.chmod(self.dir, 0o755)
        self.root = os.path.join(self.dir, "state")
        self.count = 0
        self.shared = {}
        self.name = os.path.basename(path)
        self.command = [path, "--root", self.root, *os.environ.get("KOKON_CONFORM_OPTIONS", "").split()]

    def close(self):
        for name in os.listdir(self.root) if os.path.isdir(self.root) else []:
            self.call("delete", "--force", name)
        for _, point in controllers().values():  # groups above those of containers stay when those are gone
            with contextlib.suppress(OSError):
                os.rmdir(os.path.join(point, f"kokon-conform-{os.getpid()}"))
        shutil.rmtree(self.dir, ignore_errors=True)

    def call(self, *args, stdin=None, stdout=subprocess.PIPE, timeout=PATIENCE, **more):
        return subprocess.run([*self.command, *args], stdin=stdin or subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, errors="replace", timeout=timeout, check=False, **more)

    def good(self, *args, **more):
        r = self.call(*args, **more)
        if r.returncode != 0:
            raise Failed(f"{args[0]}: exit status {r.returncode}: {r.stderr.strip()[-400:]}")
        return r

    def refused(self, *args, **more):
        """The call fails, with a message. Returns the message."""
        r = self.call(*args, **more)
        holds(r.returncode != 0, f"{args[0]} {args[-1]}: no error was generated")
        holds(r.stderr.strip() != "", f"{args[0]}: it failed without a message")
        return r.stderr

    def bundle(self, conf, prepare=None):
        """A bundle of its own, with a root file system that holds the probe alone."""
        self.count += 1
        path = os.path.join(self.dir, f"b{self.count}")
        root = os.path.join(path, "rootfs")
        for d in ("proc", "dev", "sys", "tmp", "work", "etc"):
            os.makedirs(os.path.join(root, d))
        shutil.copy(PROBE, os.path.join(root, "probe"))
        if prepare:
            prepare(path)
        if ROOTLESS and all(n["type"] != "user" for n in conf.get("linux", {}).get("namespaces", [{"type": "user"}])):
            conf = user_namespace(clone(conf))  # as every engine of an ordinary user does
        if ROOTLESS and not SYSTEMD and conf.get("linux", {}).get("cgroupsPath", "").startswith("/"):
            conf["linux"]["cgroupsPath"] = OWN_GROUP + conf["linux"]["cgroupsPath"]
        if SYSTEMD and conf.get("linux", {}).get("cgroupsPath"):
            conf = clone(conf)  # /a/b is the unit a-b.scope
            conf["linux"]["cgroupsPath"] = "kokon-conform.slice:" + ":".join(["kokon", *conf["linux"]["cgroupsPath"].strip("/").split("/")][-2:])
        with open(os.path.join(path, "config.json"), "w", encoding="utf-8") as f:
            json.dump(conf, f)
        return path

    def new_name(self):
        return f"conform-{os.getpid()}-{self.count}"

    def run(self, conf, prepare=None, status=0, options=()):
        """Run to the end; what the probe printed."""
        path = self.bundle(conf, prepare)
        r = self.call("run", *options, "--bundle", path, self.new_name())
        if r.returncode != status:
            raise Failed(f"run: exit status {r.returncode}: {r.stderr.strip()[-400:]}")
        return (documents(r.stdout) or [{}])[0]

    def refuses(self, conf, prepare=None):
        """Create generates an error and leaves nothing. Returns the message."""
        path = self.bundle(conf, prepare)
        name = self.new_name()
        errors = os.path.join(path, "errors")
        with open(os.path.join(path, "output"), "wb") as f, open(errors, "wb") as e:
            r = subprocess.run([*self.command, "create", "--bundle", path, name], stdin=subprocess.DEVNULL,
                               stdout=f, stderr=e, timeout=PATIENCE, check=False)
        if r.returncode == 0:
            self.call("delete", "--force", name)
            raise Failed("create: no error was generated")
        holds(self.call("state", name).returncode != 0, "create failed, and the container exists")
        return read(errors)

    @contextlib.contextmanager
    def created(self, conf, prepare=None, options=(), **more):
        path = self.bundle(conf, prepare)
        c = Container(self, self.new_name(), path)
        try:
            with open(c.output, "wb") as f, open(os.path.join(path, "errors"), "w+", encoding="utf-8") as e:
                r = subprocess.run([*self.command, "create", *options, "--bundle", path, c.name], stdin=subprocess.DEVNULL,
                                   stdout=f, stderr=e, timeout=PATIENCE, check=False, **more)
            if r.returncode != 0:
                raise Failed(f"create: exit status {r.returncode}: {read(os.path.join(path, 'errors')).strip()[-400:]}")
            yield c
        finally:
            self.call("delete", "--force", c.name)

    @contextlib.contextmanager
    def running(self, conf, prepare=None, options=(), **more):
        """Started, and the probe has printed what it was asked for (its words must end with "wait")."""
        with self.created(conf, prepare, options, **more) as c:
            c.start()
            yield c

    def get(self, name):
        """What a @shared function returned, or the exception it ended with, again."""
        if name == "rt":
            return self
        if name not in self.shared:
            try:
                function = shared_functions[name]
                self.shared[name] = (function(*[self.get(p) for p in needs(function)]), None)
            except (Failed, Skip, KeyError, IndexError, TypeError, ValueError, OSError, subprocess.SubprocessError) as e:
                self.shared[name] = (None, e)
        value, error = self.shared[name]
        if error:
            raise error
        return value


# ---- the machine ------------------------------------------------------------------------------

def controllers():
    """{controller: (version, mount point)} of what is mounted."""
    found = {}
    for point, m in mounts(read("/proc/self/mountinfo")).items():
        if not os.path.exists(os.path.join(point, "cgroup.procs")):
            continue  # another mount hides it
        if m["type"] == "cgroup":
            for o in m["super"]:
                found.setdefault(o, (1, point))
        elif m["type"] == "cgroup2":
            for o in read(os.path.join(point, "cgroup.controllers")).split():
                found.setdefault(o, (2, point))
            found["v2"] = (2, point)
    return found


def group_of(pid, controller):
    """(version, directory) of a process's group where the controller is; Skip where there is none."""
    names = {"io": "blkio"}
    at = controllers()
    names["v2"] = "v2"
    found = at.get(controller) or at.get(names.get(controller, ""))
    if not found:
        raise Skip(f"no {controller} controller is mounted on this kernel")
    version, point = found
    for line in read(f"/proc/{pid}/cgroup").splitlines():
        number, which, path = line.split(":", 2)
        if (version == 2 and number == "0") or (version == 1 and {controller, names.get(controller)} & set(which.split(","))):
            return version, point + path
    raise Failed(f"the process is in no group of {controller}")


def status_field(pid, field):
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(field + ":"):
            return line.split(":", 1)[1].strip()
    return None


def kernel_has(namespace_file):
    return os.path.exists(f"/proc/self/ns/{namespace_file}")


def clone(conf):
    return copy.deepcopy(conf)


def send(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def out(text=""):
    print(text, flush=True, file=sys.stdout)
