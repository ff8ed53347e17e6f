# SPDX-License-Identifier: Apache-2.0
"""What the scenarios of tests/hostile stand on.

A scenario is a function that gets a Case and calls its run(), or start() and exec(). It says nothing
about how the container comes to be: that is the way it is tried,

    run       run
    create    create, start, and the state until it has stopped
    exec      a container of the same configuration that sleeps, then exec
    kokon     kokon run, with options that say what the configuration says

each as root and as an ordinary user (a user namespace with subordinate ids). A scenario ends with
Escaped when something was reached; that the runtime refuses is as good as that it keeps it in.
"""
import array
import contextlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(TOP, "build"))
RUNTIME = os.environ.get("RUNTIME", os.path.join(BUILD, "kokon-oci"))
OURS = os.path.basename(RUNTIME) == "kokon-oci"
PATIENCE = 60
USER, USER_NAME, SUBIDS = 54321, "kokon-test", 700000
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_MKNOD", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_PTRACE"]
SECRET = "the host's secret"
APPS = ("sh", "cat", "ls", "stat", "sleep", "touch", "grep", "id", "mknod", "head", "pwd", "mount", "readlink", "echo", "true", "env", "chown",
        "mkdir", "ln")
OCI = ("run", "create", "exec")
ALL = (*OCI, "kokon")

scenarios = []  # (name, ids, ways, users, function, naive)


class Escaped(Exception):
    """Something was reached."""


class Skip(Exception):
    """It cannot be tried here; the text is the reason."""


def scenario(name, ids, ways=ALL, users=("root", "user"), naive=True, control=()):
    """`naive`: the runtime of that name does not keep it in (--must-escape). `control`: nobody fails it so (way, user),
    and something is reached on purpose if the case is `weak` (--control)."""
    def add(function):
        scenarios.append((name, ids, ways, users, function, naive, tuple(control)))
        return function
    return add


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def never(text, what, message):
    if what in text:
        raise Escaped(f"{message}: {text.strip()[-200:]}")


def unreached(text):
    """No line of the program `attack` that tells of a success."""
    for line in text.splitlines():
        if line.startswith("reached"):
            raise Escaped(line)


@contextlib.contextmanager
def open_dir(path):
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield fd
    finally:
        os.close(fd)


def until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"after {PATIENCE} s not: {what}")
        time.sleep(0.005)


class Suite:
    """What all cases share: a folder, copies of the programs, and how long a race takes."""

    def __init__(self, top, seconds, rounds):
        self.top, self.seconds, self.rounds = top, seconds, rounds
        self.bin = top + "/bin"
        self.count, self.verbose = 0, False
        os.mkdir(self.bin)
        # What is attacked is a copy.
        self.runtime = shutil.copy(RUNTIME, self.bin)
        if OURS:
            for helper in os.listdir(os.path.dirname(RUNTIME)):
                path = os.path.join(os.path.dirname(RUNTIME), helper)
                if helper.startswith("kokon") and os.path.isfile(path) and path != RUNTIME:
                    shutil.copy(path, self.bin)
        # The file that its processes run.
        with open(self.runtime, "rb") as f:
            self.program = os.path.realpath(sys.executable) if f.read(2) == b"#!" else self.runtime
        self.attack = shutil.copy(os.path.join(BUILD, "tests", "hostile-attack"), self.bin)
        self.loader = os.path.join(BUILD, "tests", "hostile-loader")
        self.weak = False
        shutil.copy(shutil.which("busybox"), self.bin)


class Case:
    """A bundle, a folder of the host's (`host`), a shared one (`vol`), and a way to try."""

    def __init__(self, suite, way, user):
        suite.count += 1
        self.suite, self.way, self.user, self.runtime, self.weak = suite, way, user, suite.runtime, suite.weak
        self.top = f"{suite.top}/case{suite.count}"
        self.host, self.vol = self.top + "/host", self.top + "/vol"
        self.rootfs, self.state = self.top + "/rootfs", self.top + "/state"
        self.options = []  # of kokon run, besides
        self.ids, self.made, self.swappers = [], 0, []
        for d in (self.host, self.vol, self.state, *(f"{self.rootfs}/{n}" for n in ("bin", "dev", "etc", "proc", "sys", "tmp"))):
            os.makedirs(d)
        os.chmod(self.state, 0o700)
        for program in ("busybox", "hostile-attack"):
            os.link(f"{suite.bin}/{program}", f"{self.rootfs}/bin/{program.removeprefix('hostile-')}")
        for app in APPS:
            os.symlink("busybox", f"{self.rootfs}/bin/{app}")
        write(self.rootfs + "/etc/passwd", "root:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n4294967297:x:0:0::/:/bin/sh\n")
        write(self.rootfs + "/etc/group", "root:x:0:\n")
        write(self.host + "/secret", SECRET)
        self.config = self.new_config()
        self.own(self.top)
        self.before = self.look()

    @property
    def name(self):
        """Of a container that going() runs by kokon."""
        return f"hostile{os.getpid()}x{self.suite.count}"

    @property
    def rootless(self):
        return self.user == "user"

    def own(self, top):
        """What root made is the user's, whoever the container is run by."""
        if not self.rootless:
            return
        for d, dirs, files in os.walk(top):
            for n in (".", *dirs, *files):
                path = os.path.join(d, n)
                # A swapper may have renamed it meanwhile.
                with contextlib.suppress(FileNotFoundError):
                    if os.lstat(path).st_nlink < 2 or os.path.isdir(path):
                        os.lchown(path, USER, USER)

    def new_config(self):
        c = {
            "ociVersion": "1.0.2",
            "process": {"user": {"uid": 0, "gid": 0}, "args": ["/bin/true"], "env": ["PATH=/bin"], "cwd": "/",
                        "capabilities": {k: CAPABILITIES for k in ("bounding", "effective", "permitted")}},
            "root": {"path": "rootfs"},
            "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                       {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]}],
            "linux": {"namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")]},
        }
        if self.rootless:
            self.user_namespace(c, USER)
        return c

    def user_namespace(self, config, root):
        """The container's root is `root` outside, the other ids are subordinate ones."""
        config["linux"]["namespaces"].append({"type": "user"})
        for k in ("uidMappings", "gidMappings"):
            config["linux"][k] = [{"containerID": 0, "hostID": root, "size": 1}, {"containerID": 1, "hostID": SUBIDS, "size": 65535}]

    def look(self):
        """Names, kinds, owners and modes below `host`."""
        found = []
        for d, dirs, files in os.walk(self.host):
            for n in sorted(dirs + files):
                st = os.lstat(os.path.join(d, n))
                found.append((os.path.join(d, n), st.st_mode, st.st_uid, st.st_gid))
        return sorted(found), read(self.host + "/secret")

    def unchanged(self):
        if self.look() != self.before:
            raise Escaped(f"the host's folder has changed: {self.look()[0]}")

    def without_mount(self, destination):
        self.config["mounts"] = [m for m in self.config["mounts"] if m["destination"] != destination]

    def without_namespace(self, kind):
        self.config["linux"]["namespaces"] = [n for n in self.config["linux"]["namespaces"] if n["type"] != kind]

    def bind(self, source, destination, *options):
        self.config["mounts"].append({"destination": destination, "type": "bind", "source": source, "options": ["rbind", *options]})

    def root_dir(self, *names):
        for n in names:
            os.makedirs(self.rootfs + n, exist_ok=True)
            self.own(self.rootfs + n)

    # --- calls -----------------------------------------------------------------------------------

    def identity(self):
        """Of who calls the runtime."""
        env = {"PATH": os.environ["PATH"], "HOSTILE_CANARY": SECRET}
        if not self.rootless:
            return {"env": env}
        run = self.top + "/run"
        os.makedirs(run, mode=0o700, exist_ok=True)
        os.chown(run, USER, USER)
        return {"env": {**env, "HOME": self.top, "USER": USER_NAME, "XDG_RUNTIME_DIR": run}, "user": USER, "group": USER, "extra_groups": []}

    def command(self, words, fds=(), **more):
        """(exit status, output) of a program."""
        out = self.top + "/output"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(out)
        with open(out, "w", encoding="utf-8") as f:
            more = {"stdin": subprocess.DEVNULL, "stdout": f, "stderr": subprocess.STDOUT, **self.identity(), **more}
            p = subprocess.run(words, cwd=self.top, timeout=PATIENCE, pass_fds=fds, check=False, **more)
        return p.returncode, read(out)

    def call(self, *words, **more):
        """(exit status, output) of the runtime, with the configuration as it is now."""
        write(self.top + "/config.json", json.dumps(self.config))
        return self.command([self.runtime, "--root", self.state, *words], **more)

    def new_id(self):
        self.made += 1
        self.ids.append(f"hostile-{os.getpid()}-{self.suite.count}-{self.made}")
        return self.ids[-1]

    def run(self, *args, **more):
        """(exit status, output) of a container, made the way that this case tries. Where there is
        no status of the program, 0 is that it was started."""
        if args:
            self.config["process"]["args"] = list(args)
        status, text = {"run": self.by_run, "create": self.by_create, "exec": self.by_exec, "kokon": self.by_kokon}[self.way](**more)
        if self.suite.verbose:
            print(f"# {status}: {' '.join(text.split())[:120]}", flush=True)
        return status, text

    def by_run(self, **more):
        return self.call("run", "--bundle", self.top, self.new_id(), **more)

    def by_create(self, **more):
        name = self.new_id()
        status, text = self.call("create", "--bundle", self.top, name, **more)
        if status == 0:
            output = self.top + "/output.create"
            os.rename(self.top + "/output", output)
            status, text = self.call("start", name)
            if status == 0:
                self.wait_stopped(name)
            text = read(output) + text
        self.delete(name)
        return status, text

    def by_exec(self, **more):
        args = self.config["process"]["args"]
        self.config["process"]["args"] = ["/bin/attack", "wait"]
        try:
            name, text = self.try_start(**more)
            if not name:
                return 1, text
            status, text = self.exec(name, *args, **more)
            self.delete(name)
            return status, text
        finally:
            self.config["process"]["args"] = args

    def by_kokon(self, **more):
        return self.command([self.suite.bin + "/kokon", "run", *self.kokon_options(), "--", *self.config["process"]["args"]], **more)

    def kokon_options(self):
        """What the configuration says, as far as kokon run has words for it."""
        c, p = self.config, self.config["process"]
        names = {n["type"] for n in c["linux"]["namespaces"]}
        options = ["--rootfs", self.rootfs, "-w", p["cwd"], "-u", f"{p['user']['uid']}:{p['user']['gid']}",
                   "--net", "none" if "network" in names else "host"]
        for m in c["mounts"]:
            if m["type"] == "bind":
                options += ["-v", f"{m['source']}:{m['destination']}" + (":ro" if "ro" in m["options"] else "")]
            elif m["destination"] not in ("/proc", "/dev", "/dev/pts"):
                options += ["--tmpfs", m["destination"]]
        for e in p["env"]:
            options += ["-e", e]
        for k, v in c["linux"].get("sysctl", {}).items():
            options += ["--sysctl", f"{k}={v}"]
        for g in p["user"].get("additionalGids", []):
            options += ["--group-add", str(g)]
        if c["root"].get("readonly"):
            options.append("--read-only")
        return [*options, *self.options]

    def try_start(self, **more):
        """(name or None, output)"""
        name = self.new_id()
        if self.way == "kokon":
            raise Skip("kokon run is not started in two steps")
        for step in (("create", "--bundle", self.top), ("start",)):
            status, text = self.call(*step, name, **(more if step[0] == "create" else {}))
            if status:
                self.delete(name)
                return None, text
        return name, ""

    @contextlib.contextmanager
    def going(self, *args):
        """A container that goes on, and a function that executes in it. A refusal ends the scenario."""
        self.config["process"]["args"] = list(args)
        if self.way == "kokon":
            with self.going_kokon() as execute:
                yield execute
            return
        name, text = self.try_start()
        if not name:
            raise Skip(f"this runtime cannot be attacked so: {' '.join(text.split())[-160:]}")
        yield lambda *words, options=(), **more: self.exec(name, *words, options=options, **more)
        self.delete(name)

    @contextlib.contextmanager
    def going_kokon(self):
        name = self.name
        kokon = self.suite.bin + "/kokon"
        with open(self.top + "/going", "w", encoding="utf-8") as f, \
             subprocess.Popen([kokon, "run", "--name", name, *self.kokon_options(), "--", *self.config["process"]["args"]], cwd=self.top,
                              stdin=subprocess.DEVNULL, stdout=f, stderr=f, **self.identity()) as p:
            try:
                def started():
                    return p.poll() is not None or self.command([kokon, "exec", name, "/bin/echo"])[0] == 0
                until(started, "the container runs")
                if p.poll() is not None:
                    raise Skip(f"refused: {read(self.top + '/going').strip()[-160:]}")
                yield lambda *words, options=(), **more: self.command([kokon, "exec", *options, name, "--", *words], **more)
            finally:
                p.send_signal(signal.SIGKILL)

    def exec(self, name, *words, options=(), **more):
        return self.call("exec", *options, name, *words, **more)

    def wait_stopped(self, name):
        def stopped():
            status, text = self.call("state", name)
            return status != 0 or json.loads(text)["status"] == "stopped"
        until(stopped, "the container has stopped")

    def delete(self, name):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.call("delete", "--force", name)

    # --- terminals ----------------------------------------------------------------------------------

    def run_on_terminal(self, *args):
        """run(), with a terminal for the container."""
        self.config["process"].update(terminal=self.way != "exec", args=list(args))
        if self.way == "create":
            return self.create_on_terminal()
        self.options = [*self.options, "-t"]
        master, slave = pty.openpty()
        ends = {"stdin": slave, "stdout": slave, "stderr": slave}
        try:
            if self.way == "exec":
                with self.going("/bin/attack", "wait") as execute:
                    status, _ = execute(*args, options=("-t",), **ends)
            else:
                status, _ = self.run(**ends)
            return status, drain(master)
        finally:
            os.close(slave)
            os.close(master)

    def create_on_terminal(self):
        name = self.new_id()
        path = self.top + "/console"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            self.own(self.top)
            listener.listen()
            status, text = self.call("create", "--bundle", self.top, "--console-socket", path, name)
            if status == 0:
                listener.settimeout(PATIENCE)
                with listener.accept()[0] as s:
                    fds = array.array("i")
                    for _, _, data in s.recvmsg(4096, socket.CMSG_SPACE(4))[1]:
                        fds.frombytes(data)
                try:
                    status, text = self.call("start", name)
                    if status == 0:
                        self.wait_stopped(name)
                        text = drain(fds[0])
                finally:
                    for fd in fds:
                        os.close(fd)
        self.delete(name)
        return status, text

    # --- races --------------------------------------------------------------------------------------

    def swap(self, a, b):
        """From here on two names are exchanged all the time, by who runs the containers."""
        who = {k: v for k, v in self.identity().items() if k != "env"}
        # pylint: disable=consider-using-with # ended in close()
        self.swappers.append(subprocess.Popen([self.suite.attack, "swap", a, b], **who))

    def again(self):
        """Rounds of a race."""
        end = time.monotonic() + self.suite.seconds
        for n in range(self.suite.rounds):
            yield n
            if time.monotonic() > end:
                return

    def close(self):
        """Removes it all; the message of what was left behind, if anything."""
        for p in self.swappers:
            p.kill()
            p.wait()
        for name in self.ids:
            self.delete(name)
        left = os.listdir(self.state)
        shutil.rmtree(self.top, ignore_errors=True)
        return f"in the folder of states: {left}" if left and OURS else None


def drain(master):
    """What can be read of a terminal whose other users have gone."""
    os.set_blocking(master, False)
    text = b""
    with contextlib.suppress(OSError):
        while chunk := os.read(master, 4096):
            text += chunk
    return text.decode(errors="replace").replace("\r\n", "\n")
