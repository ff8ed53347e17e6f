# SPDX-License-Identifier: Apache-2.0
"""config.md: POSIX-platform Hooks; runtime.md: Lifecycle."""
import shutil
from harness import *

KINDS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
IN_CONTAINER = ("createContainer", "startContainer")
LINKS = ["link:/proc/self/ns/" + t for t in ("mnt", "net", "uts", "ipc", "pid")]


@shared
def story(rt):
    """A container with two hooks of each kind, each of which writes what it sees into one file."""
    c = config("self", *LINKS, "wait")
    c["annotations"] = {"com.example.k": "v"}
    log = os.path.join(rt.dir, "story")
    probe = os.path.join(rt.dir, "hook-probe")
    shutil.copy(PROBE, probe)
    # startContainer hooks find the file in the container
    c["mounts"].append({"destination": "/story", "type": "none", "source": rt.dir, "options": ["bind"]})
    c["hooks"] = {}
    for kind in KINDS:
        inside = kind == "startContainer"
        c["hooks"][kind] = [{"path": "/probe" if inside else probe, "env": ["ONLY=this"],
                             "args": ["zero", f"out:{'/story/story' if inside else log}", f"hook:{kind}.{i}", "self", *LINKS, "stat:/probe"]} for i in (1, 2)]
    marks = {}
    with rt.created(c) as made:
        marks["create"] = documents(read(log))
        marks["pid"] = made.pid
        marks["bundle"], marks["name"] = made.bundle, made.name
        made.start()
        marks["namespaces"] = {k.split("/")[-1]: v for k, v in made.facts().items() if k in LINKS}
        marks["start"] = documents(read(log))[len(marks["create"]):]
        rt.good("kill", made.name, "KILL")
        made.wait_for("stopped")
        rt.good("delete", made.name)
        marks["delete"] = documents(read(log))[len(marks["create"]) + len(marks["start"]):]
    return marks


def of(story, kind):
    found = [d for part in ("create", "start", "delete") for d in story[part] if d["hook"].startswith(kind + ".")]
    holds(found, f"no {kind} hook has run")
    return found


def kind_tests():
    operation = {"prestart": "create", "createRuntime": "create", "createContainer": "create", "startContainer": "start", "poststart": "start", "poststop": "delete"}
    for kind in KINDS:
        @test(f"hooks.{kind}", f"The {kind} hooks MUST be called as part of the {operation[kind]} operation")
        def _(story, kind=kind):
            same([d["hook"] for d in story[operation[kind]] if d["hook"].startswith(kind + ".")], [f"{kind}.1", f"{kind}.2"])

        @test(f"hooks.{kind}.namespace", f"The {kind} hooks MUST be executed in the {'container' if kind in IN_CONTAINER else 'runtime'} namespace")
        def _(story, kind=kind):
            found = of(story, kind)[0]
            for space in ("net", "uts", "ipc"):
                expected = story["namespaces"][space] if kind in IN_CONTAINER else os.readlink(f"/proc/self/ns/{space}")
                same(found[f"link:/proc/self/ns/{space}"], expected, space)
            if kind not in IN_CONTAINER:
                same(found["link:/proc/self/ns/pid"], os.readlink("/proc/self/ns/pid"), "pid")

        @test(f"hooks.{kind}.state", "The state of the container MUST be passed to hooks over stdin")
        def _(story, kind=kind):
            state = json.loads(of(story, kind)[0]["state"])
            same((state["id"], state["bundle"], state["annotations"]), (story["name"], story["bundle"], {"com.example.k": "v"}))
            if kind != "poststop":
                # as seen by the container for hooks that are executed in its namespace, else by the runtime
                same(state["pid"], 1 if kind in IN_CONTAINER else story["pid"])
            wanted = {"poststart": ("running",), "poststop": ("stopped",), "startContainer": ("created", "creating")}.get(kind, ("creating", "created"))
            holds(state["status"] in wanted, f"the status is {state['status']}")


kind_tests()


@test("hooks.order", "Hooks MUST be called in the listed order")
def _(story):
    same([d["hook"] for part in ("create", "start", "delete") for d in story[part]], [f"{k}.{i}" for k in KINDS for i in (1, 2)])


@test("hooks.args", "args with the same semantics as execv's argv")
def _(story):
    same(story["create"][0]["argv"][0], "zero")


@test("hooks.env", "env with the same semantics as environ")
def _(story):
    for d in story["create"] + story["start"] + story["delete"]:
        same([v for v in d["env"] if not v.startswith(("LISTEN_", "_"))], ["ONLY=this"], d["hook"])


@test("hooks.createContainer.path", "The value of path MUST resolve in the runtime namespace")
def _(story):
    same(of(story, "createContainer")[0]["hook"], "createContainer.1")


@test("hooks.startContainer.path", "The value of path MUST resolve in the container namespace")
def _(story):
    same(of(story, "startContainer")[0]["stat:/probe"]["type"], "file")


@test("hooks.path.absolute", "path MUST be absolute")
def _(rt):
    c = config("self")
    c["hooks"] = {"createRuntime": [{"path": "bin/true"}]}
    rt.refuses(c)


@test("hooks.timeout", "timeout is the number of seconds before aborting the hook")
def _(rt):
    c = config("self")
    c["hooks"] = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1}]}
    began = time.monotonic()
    rt.refuses(c)
    holds(time.monotonic() - began >= 1, "it did not wait")


@test("hooks.timeout.zero", "If set, timeout MUST be greater than zero")
def _(rt):
    c = config("self")
    c["hooks"] = {"createRuntime": [{"path": "/bin/true", "timeout": 0}]}
    rt.refuses(c)


def failure_tests():
    for kind in ("prestart", "createRuntime", "createContainer"):
        @test(f"hooks.{kind}.failure", f"If any {kind} hook fails, the runtime MUST generate an error, stop the container")
        def _(rt, kind=kind):
            c = config("self")
            c["hooks"] = {kind: [{"path": "/bin/false"}]}
            rt.refuses(c)


failure_tests()


@test("hooks.startContainer.failure", "If any startContainer hook fails, the runtime MUST generate an error, stop the container")
def _(rt):
    c = config("self", "wait")
    c["hooks"] = {"startContainer": [{"path": "/probe", "args": ["probe", "out:/dev/null", "exit:3"]}]}
    with rt.created(c) as made:
        rt.refused("start", made.name)
        made.wait_for("stopped")
        same(made.text(), "")


@test("hooks.poststart.failure", "If any poststart hook fails, the runtime MUST log a warning, but the remaining hooks and lifecycle continue (1.0 to 1.2), or generate an error (1.3)")
def _(rt):
    c = config("self", "wait")
    c["hooks"] = {"poststart": [{"path": "/bin/false"}]}
    with rt.created(c) as made:
        r = rt.call("start", made.name)
        holds(r.stderr.strip() or r.returncode == 0, "it failed without a word")


@test("hooks.poststop.failure", "If any poststop hook fails, the runtime MUST log a warning, but the remaining hooks and lifecycle continue as if the hook had succeeded")
def _(rt):
    c = config("self")
    ran = os.path.join(rt.dir, "poststop-ran")
    c["hooks"] = {"poststop": [{"path": "/bin/false"}, {"path": "/usr/bin/touch", "args": ["touch", ran]}]}
    with rt.created(c) as made:
        made.start()
        made.wait_for("stopped")
        r = rt.good("delete", made.name)
        holds(os.path.exists(ran), "the hook behind it was not called")
        holds(r.stderr.strip() != "", "no warning was logged")
