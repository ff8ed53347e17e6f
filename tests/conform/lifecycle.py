# SPDX-License-Identifier: Apache-2.0
"""runtime.md: State, Lifecycle, Operations; command lines as engines use them."""
from harness import *


@shared
def life(rt):
    """One container from create to delete: {moment: state}."""
    c = config("self", "wait")
    c["annotations"] = {"com.example.k": "v", "com.example.empty": ""}
    seen = {}
    with rt.created(c) as made:
        seen["created"] = made.state()
        seen["created.text"] = made.text()
        # changes after create have no effect
        with open(made.bundle + "/config.json", "w", encoding="utf-8") as f:
            f.write("{}")
        seen["twice"] = rt.call("create", "--bundle", made.bundle, made.name)
        seen["delete.created"] = rt.call("delete", "no-such-container")
        made.start()
        seen["running"] = made.state()
        seen["facts"] = made.facts()
        seen["again"] = rt.call("start", made.name)
        seen["delete.running"] = rt.call("delete", made.name)
        seen["after"] = made.state()
        rt.good("kill", made.name, "TERM")
        made.wait_for("stopped")
        seen["stopped"] = made.state()
        seen["kill.stopped"] = rt.call("kill", made.name, "TERM")
        seen["start.stopped"] = rt.call("start", made.name)
        rt.good("delete", made.name)
        seen["gone"] = rt.call("state", made.name)
        seen["name"], seen["bundle"] = made.name, made.bundle
    return seen


@test("state.ociVersion", "is version of the Open Container Initiative Runtime Specification with which the state complies")
def _(life):
    holds(life["created"]["ociVersion"].startswith("1."), life["created"]["ociVersion"])


@test("state.id", "is the container's ID")
def _(life):
    same(life["created"]["id"], life["name"])


@test("state.status.created", "Upon successful completion of create the status property of this container MUST be created")
def _(life):
    same(life["created"]["status"], "created")


@test("state.status.running", "Upon successful completion of start the status property of this container MUST be running")
def _(life):
    same(life["running"]["status"], "running")


@test("state.status.stopped", "When the process in the container is stopped, the status property of this container MUST be stopped")
def _(life):
    same(life["stopped"]["status"], "stopped")


@test("state.pid", "is the ID of the container process, REQUIRED when status is created or running")
def _(life):
    holds(life["created"]["pid"] > 1, "it is not there")
    same(life["running"]["pid"], life["created"]["pid"])


@test("state.bundle", "is the absolute path to the container's bundle directory")
def _(life):
    same(life["created"]["bundle"], life["bundle"])


@test("state.annotations", "contains the list of annotations associated with the container")
def _(life):
    same(life["created"]["annotations"], {"com.example.k": "v", "com.example.empty": ""})


@test("create.args", "the user-specified program MUST NOT be run at this time")
def _(life):
    same(life["created.text"], "")


@test("create.config", "Any changes made to the config.json file after this operation will not have an effect on the container")
def _(life):
    same(life["facts"]["hostname"], "conform")


@test("create.id.unique", "If the ID provided is not unique, or is not valid, the implementation MUST generate an error and a new container MUST NOT be created")
def _(life):
    holds(life["twice"].returncode != 0, "no error was generated")
    same(life["after"]["pid"], life["created"]["pid"])


@test("create.id.invalid", "If the ID provided is not valid in any other way, the implementation MUST generate an error")
def _(rt):
    path = rt.bundle(config("self"))
    for name in ("../x", "a/b", "a b", ""):
        holds(rt.call("create", "--bundle", path, name, stdout=subprocess.DEVNULL).returncode != 0, f"'{name}' was accepted")


@test("create.bundle.missing", "This operation MUST generate an error if it is not provided a path to the bundle")
def _(rt):
    rt.refused("create", "--bundle", rt.dir + "/no-such-bundle", "conform-no-bundle")


@test("start.twice", "Attempting to start a container that is not created MUST have no effect on the container and MUST generate an error")
def _(life):
    holds(life["again"].returncode != 0 and life["start.stopped"].returncode != 0, "no error was generated")


@test("start.missing", "Attempting to start a container that does not exist MUST generate an error")
def _(rt):
    rt.refused("start", "no-such-container")


@test("state.missing", "Attempting to query a container that does not exist MUST generate an error")
def _(rt):
    rt.refused("state", "no-such-container")


@test("state.no-id", "This operation MUST generate an error if it is not provided the ID of a container")
def _(rt):
    for command in ("state", "start", "kill", "delete"):
        rt.refused(command)


@test("kill", "This operation MUST send the specified signal to the container process")
def _(life):
    same(life["stopped"]["status"], "stopped")


@test("kill.stopped", "Attempting to send a signal to a container that is neither created nor running MUST have no effect and MUST generate an error")
def _(life):
    holds(life["kill.stopped"].returncode != 0, "no error was generated")


@test("kill.created", "Attempting to send a signal to a container that is created sends it")
def _(rt):
    with rt.created(config("wait")) as made:
        rt.good("kill", made.name, "KILL")
        made.wait_for("stopped")


@test("kill.missing", "Attempting to send a signal to a container that does not exist MUST generate an error")
def _(rt):
    rt.refused("kill", "no-such-container", "TERM")


@test("kill.signal.names", "a signal by its name, with and without SIG, and by its number")
def _(rt):
    for name in ("SIGKILL", "KILL", "9"):
        with rt.running(config("wait")) as made:
            rt.good("kill", made.name, name)
            made.wait_for("stopped")


@test("delete.running", "Attempting to delete a container that is not stopped MUST have no effect on the container and MUST generate an error")
def _(life):
    holds(life["delete.running"].returncode != 0, "no error was generated")
    same(life["after"]["status"], "running")


@test("delete.missing", "Attempting to delete a container that does not exist MUST generate an error")
def _(rt):
    rt.refused("delete", "no-such-container")


@test("delete", "Deleting a container MUST delete the resources that were created during the create step")
def _(life):
    holds(life["gone"].returncode != 0, "the container still exists")


@test("delete.id", "Once a container is deleted its ID MAY be used by a subsequent container")
def _(rt):
    path = rt.bundle(config("self"))
    for _ in range(2):
        rt.good("run", "--bundle", path, "conform-same-name")


@test("lifecycle.error", "generating an error MUST leave the state of the environment as if the operation were never attempted")
def _(rt):
    before = read("/proc/self/mountinfo"), sorted(os.listdir(rt.root)) if os.path.isdir(rt.root) else []
    c = config("self")
    c["mounts"].append({"destination": "/x", "type": "no-such-file-system"})
    rt.refuses(c)
    same((read("/proc/self/mountinfo"), sorted(os.listdir(rt.root))), before)


@test("process.missing", "process: this property is REQUIRED when start is called")
def _(rt):
    c = config()
    del c["process"]
    path = rt.bundle(c)
    holds(rt.call("run", "--bundle", path, "conform-no-process").returncode != 0, "no error was generated")


@test("process.status", "the exit status of run is the process's")
def _(rt):
    path = rt.bundle(config("exit:37"))
    same(rt.call("run", "--bundle", path, rt.new_name()).returncode, 37)


# ---- as engines call it -----------------------------------------------------------------------

@test("command.pid-file", "--pid-file: the process's number, in the file")
def _(rt):
    with rt.created(config("wait"), options=["--pid-file", rt.dir + "/pid"]) as made:
        same(read(rt.dir + "/pid").strip(), str(made.pid))


@test("command.exec", "another process in the container: its namespaces, root, groups; its status")
def _(rt):
    with rt.running(config("wait")) as made:
        same(rt.call("exec", made.name, "/probe", "exit:5").returncode, 5)
        f = documents(rt.good("exec", "--cwd", "/work", "--env", "A=1", "--user", "7:8", made.name, "/probe", "self", "link:/proc/self/ns/net").stdout)[0]
        same((f["cwd"], f["uid"], f["gid"], "A=1" in f["env"], f["hostname"]), ("/work", 7, 8, True, "conform"))
        same(f["link:/proc/self/ns/net"], os.readlink(f"/proc/{made.pid}/ns/net"))


@test("command.exec.process", "exec --process: a process of the specification's form")
def _(rt):
    with rt.running(config("wait")) as made:
        with open(made.bundle + "/process.json", "w", encoding="utf-8") as f:
            json.dump({"args": ["/probe", "self"], "cwd": "/work", "env": ["B=2"], "user": {"uid": 3, "gid": 4, "additionalGids": [9]}, "noNewPrivileges": True}, f)
        f = documents(rt.good("exec", "--process", made.bundle + "/process.json", made.name).stdout)[0]
        same((f["cwd"], f["uid"], f["gid"], 9 in f["groups"], f["no_new_privs"]), ("/work", 3, 4, True, 1))


@test("command.pause", "pause and resume: the processes are frozen, and go on")
def _(rt):
    with rt.running(config("wait")) as made:
        rt.good("pause", made.name)
        same(made.state()["status"], "paused")
        rt.good("resume", made.name)
        same(made.state()["status"], "running")


@test("command.list", "list --format json names the containers below --root")
def _(rt):
    with rt.created(config("wait")) as made:
        listed = {c["id"]: c for c in json.loads(rt.good("list", "--format", "json").stdout)}
        same((listed[made.name]["status"], listed[made.name]["pid"], listed[made.name]["bundle"]), ("created", made.pid, made.bundle))


@test("command.ps", "ps --format json gives the numbers of the container's processes")
def _(rt):
    with rt.running(config("wait")) as made:
        same(json.loads(rt.good("ps", "--format", "json", made.name).stdout), [made.pid])


@test("command.delete.force", "delete --force ends a container that runs; for one that does not exist it is no error")
def _(rt):
    with rt.running(config("wait")) as made:
        pid = made.pid
        rt.good("delete", "--force", made.name)
        end = time.monotonic() + PATIENCE
        while os.path.exists(f"/proc/{pid}") and status_field(pid, "State") not in (None, "Z (zombie)") and time.monotonic() < end:
            time.sleep(0.01)
        holds(rt.call("state", made.name).returncode != 0, "it is still there")
    rt.good("delete", "--force", "no-such-container")


@test("command.preserve-fds", "--preserve-fds N: N more descriptors are the process's")
def _(rt):
    path = rt.bundle(config("self"))
    r, w = os.pipe()
    try:
        os.dup2(r, 3, inheritable=True)
        text = rt.call("run", "--preserve-fds", "1", "--bundle", path, rt.new_name(), pass_fds=(3,)).stdout
        same(documents(text)[0]["fds"], [0, 1, 2, 3])
    finally:
        for fd in {r, w, 3}:
            os.close(fd)
