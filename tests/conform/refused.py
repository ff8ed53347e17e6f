# SPDX-License-Identifier: Apache-2.0
"""What an ordinary user is refused: properties by how they begin, and a pattern that the one message matches."""

LOCKED = "in a user namespace what is mounted"

WORDS = [
    *[(f"mounts.options.{o}", LOCKED) for o in ("noatime", "strictatime", "nodiratime", "rnoatime", "rnodiratime", "rrelatime", "rrw", "rsuid", "rdev",
                                                "rexec", "ratime", "rdiratime", "rstrictatime", "rnostrictatime", "rnorelatime")],
    ("mounts.options.idmap", "file system"),
    ("mounts.options.ridmap", "file system"),
    ("mounts.uidMappings", "file system"),
    ("mounts.gidMappings", "file system"),
    ("linux.namespaces.user.inherited", "needs a user namespace .*kokon-oci spec --rootless"),
    ("process.scheduler.", "this takes CAP_SYS_NICE"),
    ("linux.netDevices", "run it as root"),
]
