# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, without systemd: what only this machine has. AppArmor is active there, and
# $KOKON_TEST_PROFILE is a profile "kokon-test" compiled on the host that forbids /tmp/forbidden.

load ../system/lib
load ../system/bundle

@test "process.apparmorProfile: the program runs with it; exec too; one that is not loaded is refused" {
	[ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ] || skip "AppArmor is not active here"
	[ -s "${KOKON_TEST_PROFILE:-}" ] || skip "no compiled profile"
	cat "$KOKON_TEST_PROFILE" >/sys/kernel/security/apparmor/.replace
	bundle 'p["apparmorProfile"] = "kokon-test"' sh -c 'cat /proc/self/attr/current; touch /tmp/forbidden; touch /tmp/fine && echo fine'
	run run_bundle
	has "kokon-test"
	has "/tmp/forbidden: Permission denied"
	has fine
	bundle 'p["noNewPrivileges"] = True
p["apparmorProfile"] = "kokon-test"' cat /proc/self/attr/current
	run -0 run_bundle
	has "kokon-test"
	bundle 'p["apparmorProfile"] = "not-loaded"' true
	run -1 run_bundle
	has "the profile is not loaded"
	bundle '' sleep 300
	oci create --bundle "$B" c1
	oci start c1
	run -0 oci exec --apparmor kokon-test c1 cat /proc/self/attr/current
	has "kokon-test"
	oci delete --force c1
}

@test "linux.resources.rdma and misc by 'unified', on controllers that only a guest has" {
	bundle 'r["unified"] = {"misc.max": "res_a 1"}' true
	run run_bundle # no resource of that kind: the kernel's own refusal, and the file's name
	has "misc.max"
	bundle 'r["unified"] = {"memory.high": "33554432", "cgroup.max.depth": "3"}
l["cgroupsPath"] = "/kokon-vm/a"' sleep 300
	oci create --bundle "$B" c2
	is "$(cat /sys/fs/cgroup/kokon-vm/a/memory.high)" 33554432
	is "$(cat /sys/fs/cgroup/kokon-vm/a/cgroup.max.depth)" 3
	oci delete --force c2
	rmdir /sys/fs/cgroup/kokon-vm
}

@test "a writable view of the group belongs to the container's user, and is of use" {
	bundle 'm.append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev"]})
l["namespaces"].append({"type": "user"})
l["uidMappings"] = l["gidMappings"] = [{"containerID": 0, "hostID": 300000, "size": 1000}]
l["cgroupsPath"] = "/kokon-vm/b"' sh -c 'mkdir /sys/fs/cgroup/mine && echo made; stat -c %u /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/pids.max'
	chown -R 300000:300000 "$B/rootfs"
	run -0 run_bundle
	is "${lines[0]}" made
	is "${lines[1]}" 0
	is "${lines[2]}" 65534
	"$KOKON" cgroup remove --recursive kokon-vm 2>/dev/null || true
}
