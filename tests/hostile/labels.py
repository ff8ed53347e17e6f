# SPDX-License-Identifier: Apache-2.0
"""Labels of AppArmor and SELinux: a program must run with the one that was asked for, or not at all.

What label it has is asked of the kernel by a system call (lsm_get_self_attr(2), Linux 6.8), since /proc may
be the image's here. Tried where one of the two is active; tests/vm/hostile.sh has guests for both.
KOKON_TEST_PROFILE is a compiled AppArmor profile "kokon-test"; the policy of SELinux is tests/vm/kokon-test.selinux.
"""
import contextlib
import os

from harness import Escaped, Skip, read, scenario, write

IDS = "CVE-2019-16884, CVE-2023-28642, CVE-2025-52881"
NAMES = ("exec", "current", "sockcreate", "keycreate", "fscreate")


def active():
    """(what the kernel calls it, the label that is asked for)"""
    if os.path.exists("/sys/fs/selinux/enforce"):
        return "selinux", "system_u:system_r:container_t:s0"
    with contextlib.suppress(OSError):
        if "apparmor" in read("/sys/kernel/security/lsm") and os.environ.get("KOKON_TEST_PROFILE"):
            with open(os.environ["KOKON_TEST_PROFILE"], "rb") as f, open("/sys/kernel/security/apparmor/.replace", "wb", buffering=0) as load:
                load.write(f.read())
            return "apparmor", "kokon-test"
    raise Skip("neither SELinux nor AppArmor with KOKON_TEST_PROFILE is active here")


def label(c):
    """The configuration asks for a label."""
    module, wanted = active()
    if module == "selinux" and c.way == "kokon":
        raise Skip("kokon run does not set labels of SELinux")
    c.config["process"]["apparmorProfile" if module == "apparmor" else "selinuxLabel"] = wanted
    # Filters may be older than the system call that tells the label.
    c.options = ["--security-opt", "apparmor=" + wanted, "--security-opt", "seccomp=unconfined"]
    c.wanted = wanted
    return c


def labelled(c, text):
    """Of a program that told its label; one that was refused tells nothing."""
    if "label unknown" in text:
        raise Skip("this kernel has no lsm_get_self_attr(2)")
    found = [line for line in text.splitlines() if line.startswith("label ")]
    if found and not any(c.wanted in line for line in found):
        raise Escaped(f"the label is not what was asked for, but {'; '.join(found)}")
    return bool(found)


def fake_proc(top):
    """A folder that looks like /proc, as far as labels go."""
    for task in ("self", "thread-self", "1"):
        for d in ("attr", "attr/apparmor"):
            os.makedirs(f"{top}/{task}/{d}", exist_ok=True)
            for name in NAMES:
                write(f"{top}/{task}/{d}/{name}", "")
                os.chmod(f"{top}/{task}/{d}/{name}", 0o666)


@scenario("labels.set", "AppArmor, SELinux", naive=False)
def _(c):
    # What the others stand on; and a label that is not there must not become none.
    if not labelled(label(c), c.run("/bin/attack", "label")[1]):
        raise Escaped("no program ran with a label at all")
    for key in ("apparmorProfile", "selinuxLabel"):
        if key in c.config["process"]:
            c.config["process"][key] = "kokon-not-there"
    c.options[1] = "apparmor=kokon-not-there"
    if "label " in c.run("/bin/attack", "label")[1]:
        raise Escaped("a label that is not there is passed over")


@scenario("labels.volume-on-proc", IDS)
def _(c):
    fake_proc(c.vol)
    c.own(c.vol)
    label(c).bind(c.vol, "/proc")
    labelled(c, c.run("/bin/attack", "label")[1])


@scenario("labels.no-proc", IDS, ways=("run", "create", "exec"))
def _(c):
    c.without_mount("/proc")
    fake_proc(c.rootfs + "/proc")
    c.own(c.rootfs)
    labelled(label(c), c.run("/bin/attack", "label")[1])


@scenario("labels.proc-link", IDS)
def _(c):
    fake_proc(c.rootfs + "/fake")
    os.rmdir(c.rootfs + "/proc")
    os.symlink("fake", c.rootfs + "/proc")
    c.own(c.rootfs)
    labelled(label(c), c.run("/bin/attack", "label")[1])


@scenario("labels.covered", IDS, ways=("run", "create", "exec"))
def _(c):
    # Parts of /proc that the configuration itself hides, or mounts something on.
    fake_proc(c.vol)
    c.own(c.vol)
    label(c).config["linux"]["maskedPaths"] = [f"/proc/{task}/attr{name}" for task in ("self", "thread-self") for name in ("", "/exec", "/apparmor")]
    labelled(c, c.run("/bin/attack", "label")[1])
    c.config["linux"]["maskedPaths"] = []
    c.bind(c.vol + "/self/attr", "/proc/self/attr")
    labelled(c, c.run("/bin/attack", "label")[1])
    c.config["mounts"][-1].update(destination="/proc/thread-self/attr/exec", source=c.vol + "/self/attr/exec")
    labelled(c, c.run("/bin/attack", "label")[1])


@scenario("labels.race", IDS)
def _(c):
    fake_proc(c.rootfs + "/fake")
    os.symlink("fake", c.rootfs + "/proc-link")
    c.own(c.rootfs)
    label(c).swap(c.rootfs + "/proc", c.rootfs + "/proc-link")
    for _ in c.again():
        labelled(c, c.run("/bin/attack", "label")[1])


@scenario("labels.exec", IDS, ways=("exec", "kokon"))
def _(c):
    # The container covers its /proc, then somebody executes a program in it.
    label(c)
    fake_proc(c.rootfs + "/fake")
    c.own(c.rootfs)
    c.config["process"]["capabilities"] = {k: [*v, "CAP_SYS_ADMIN"] for k, v in c.config["process"]["capabilities"].items()}
    c.options += ["--cap-add", "SYS_ADMIN"]
    with c.going("/bin/sh", "-c", "mount -o bind /fake /proc && echo covered >/tmp/covered; exec attack wait") as execute:
        for _ in range(400):
            if os.path.exists(c.rootfs + "/tmp/covered"):
                break
            execute("/bin/true")
        else:
            raise Skip("the container cannot cover its /proc here")
        labelled(c, execute("/bin/attack", "label")[1])
