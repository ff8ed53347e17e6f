# SPDX-License-Identifier: Apache-2.0
"""config.md: Annotations, Extensibility; features.md, features-linux.md; spec."""
import os
import re

from harness import *


@test("annotations.key.empty", "Keys MUST NOT be an empty string")
def _(rt):
    c = config("self")
    c["annotations"] = {"": "x"}
    rt.refuses(c)


@test("annotations.value", "Values MUST be strings")
def _(rt):
    c = config("self")
    c["annotations"] = {"com.example.k": 1}
    rt.refuses(c)


@test("extensibility", "Runtimes MAY log unknown properties but MUST otherwise ignore them")
def _(rt):
    c = config("self")
    c["futureProperty"] = {"deep": [1, {"x": None}]}
    c["process"]["futureProperty"] = True
    c["linux"]["futureProperty"] = "x"
    c["mounts"][0]["futureProperty"] = 1.5
    c["windows"] = {"layerFolders": []}
    same(rt.run(c)["hostname"], "conform")


@test("values.invalid", "Runtimes MUST generate an error when invalid or unsupported values are encountered")
def _(rt):
    c = config("self")
    c["linux"]["resources"] = {"memory": {"limit": "1G"}}
    rt.refuses(c)


@test("config.json", "The container's top-level directory MUST contain a configuration file called config.json")
def _(rt):
    path = rt.bundle(config("self"))
    os.unlink(path + "/config.json")
    rt.refused("create", "--bundle", path, "conform-no-config")
    with open(path + "/config.json", "w", encoding="utf-8") as f:
        f.write('{"ociVersion": "1.0.2",')
    rt.refused("create", "--bundle", path, "conform-bad-config")


@shared
def features(rt):
    return json.loads(rt.good("features").stdout)


@test("features.ociVersionMin", "The runtime MUST accept this value as the ociVersion property of config.json")
def _(rt, features):
    for name in ("ociVersionMin", "ociVersionMax"):
        c = config("self")
        c["ociVersion"] = features[name]
        rt.run(c)


@test("features.hooks", "The runtime MUST support the elements in this array as the hooks property of config.json")
def _(features):
    same(features["hooks"], ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"])


@test("features.mountOptions", "The runtime MUST recognize the elements in this array as the options of mounts objects")
def _(features):
    wanted = ("async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec noiversion nolazytime nomand norelatime "
              "nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime remount rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime "
              "rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid "
              "symfollow sync tmpcopyup unbindable idmap ridmap").split()
    same(sorted(set(wanted) - set(features["mountOptions"])), [])


@test("features.linux.namespaces", "The runtime MUST recognize the elements in this array as the type of linux.namespaces objects")
def _(features):
    same(sorted(features["linux"]["namespaces"]), ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"])


@test("features.linux.capabilities", "The runtime MUST recognize the elements in this array in the process.capabilities object")
def _(features):
    same((len(features["linux"]["capabilities"]), features["linux"]["capabilities"][0]), (41, "CAP_CHOWN"))


@test("features.linux.seccomp", "actions, operators, archs, knownFlags and supportedFlags: the recognized names")
def _(features):
    s = features["linux"]["seccomp"]
    same((s["enabled"], len(s["actions"]), len(s["operators"])), (True, 9, 7))
    holds("SCMP_ARCH_X86_64" in s["archs"] and set(s["supportedFlags"]) <= set(s["knownFlags"]), f"{s}")
    # The last one came with Linux 5.19, the others are older than all that is supported.
    has_all = tuple(int(n) for n in re.findall(r"\d+", os.uname().release)[:2]) >= (5, 19)
    same(sorted(s["supportedFlags"]), sorted(s["knownFlags"] if has_all else s["knownFlags"][:3]))


@test("features.linux.cgroup", "v1, v2, systemd, systemdUser, rdma: the runtime's implementation status of cgroup managers")
def _(features):
    same([features["linux"]["cgroup"][k] for k in ("v1", "v2", "rdma")], [True, True, True])


@test("features.linux.others", "apparmor, selinux, intelRdt, mountExtensions.idmap, netDevices: enabled")
def _(features):
    found = features["linux"]
    same([found[k]["enabled"] for k in ("apparmor", "selinux", "intelRdt", "netDevices")] + [found["mountExtensions"]["idmap"]["enabled"]], [True] * 5)


@test("spec", "a config.json to begin with is a valid one")
def _(rt):
    path = os.path.join(rt.dir, "template")
    os.mkdir(path)
    rt.good("spec", "--bundle", path)
    c = json.loads(read(path + "/config.json"))
    c["process"]["terminal"] = False
    c["process"]["args"] = ["/probe", "self"]
    same(rt.run(c)["no_new_privs"], 1)
