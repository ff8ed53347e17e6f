# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Bundles for kokon-oci, after lib.bash:
#
#	bundle 'p["user"]["uid"] = 7' id -u      makes $B: the default config, changed by lines of Python
#	                                         (c: all, p: process, l: linux, m: mounts, r: resources)
#	oci run ID                               kokon-oci with a --root of this test's own
#	run_bundle                               makes, runs and deletes it; the status is the program's

oci() { "${OCI:-${KOKON%/*}/kokon-oci}" --root "$T/oci" "$@"; }

_bundle_root() {
	B=$T/bundle
	[ ! -e "$B/rootfs/bin/busybox" ] || return 0
	make_root "$B/rootfs"
	rm -r "$B/rootfs"/{root,etc/passwd,etc/group}
	mkdir "$B/rootfs/data"
	chmod -R a+rX "$B"
}

bundle() {
	local change=$1
	shift
	_bundle_root
	python3 - "$change" "$B/config.json" "$@" <<'PYTHON'
import json, sys

def mount(target, kind, *options):
    return {"destination": target, "type": kind, "source": kind, "options": list(options)}

sets = ["bounding", "effective", "permitted"]
caps = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID"]
c = {
    "ociVersion": "1.3.0",
    "root": {"path": "rootfs"},
    "hostname": "bundle",
    "process": {
        "user": {"uid": 0, "gid": 0}, "args": sys.argv[3:] or ["true"], "cwd": "/",
        "env": ["PATH=/bin"], "capabilities": {s: caps for s in sets},
    },
    "mounts": [
        mount("/proc", "proc"),
        mount("/dev", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
        mount("/dev/shm", "tmpfs", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
        mount("/sys", "sysfs", "nosuid", "noexec", "nodev", "ro"),
    ],
    "linux": {
        "namespaces": [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount", "cgroup")],
        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        "maskedPaths": ["/proc/kcore", "/sys/firmware"],
        "readonlyPaths": ["/proc/sys"],
    },
}
p, l, m = c["process"], c["linux"], c["mounts"]
r = l["resources"]
exec(sys.argv[1])
with open(sys.argv[2], "w") as f:
    json.dump(c, f)
PYTHON
}

run_bundle() {
	local status=0
	oci run --bundle "$B" "test-$$-$BATS_TEST_NUMBER" || status=$?
	return "$status"
}
