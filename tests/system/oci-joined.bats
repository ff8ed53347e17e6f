# SPDX-License-Identifier: Apache-2.0
# A container that is made in the PID namespace of another one: it is whole, and has nothing that who is there could take
# before it is what it is going to be.

load lib
load oci

# in_pid_namespace_of ID: what is made from now on
in_pid_namespace_of() {
	change --arg path "/proc/$(pid_of "$1")/ns/pid" '(.linux.namespaces[] | select(.type == "pid")).path = $path'
}

# The option of procfs that names a PID namespace came with Linux 6.18; before, a helper makes the procfs.
@test "it sees the other's processes, and has all else of its own" {
	need_root
	begin j1
	bundle sh -c 'tr "\0" " " </proc/1/cmdline; echo; readlink /proc/self/ns/pid; [ $$ -gt 1 ] && [ -e /proc/$$/stat ] || exit 9; exit 7'
	in_pid_namespace_of j1
	run -7 oci run --bundle "$B" j2
	is "${lines[0]}" "sleep 1000 "
	is "${lines[1]}" "$(ns_of pid "$(pid_of j1)")"
	nothing_of j2
	bundle sh -c 'for n in mnt uts ipc net cgroup; do readlink /proc/self/ns/$n; done; hostname; ls /; cat /proc/self/cgroup'
	change '.hostname = "joined" | .linux.namespaces += [{"type": "time"}] | .linux.timeOffsets = {"boottime": {"secs": 9000000, "nanosecs": 0}} |
		.linux.resources.pids.limit = 1 | .process.args = ["sh", "-c", "exec cat /proc/uptime /proc/sys/kernel/hostname"]'
	in_pid_namespace_of j1
	run -0 oci run --bundle "$B" j2
	[ "${output%%.*}" -gt 9000000 ]
	has joined
	run -0 oci run --explain --bundle "$B" j2
	has "nsenter --pid=/proc/$(pid_of j1)/ns/pid mount -t proc"
	# The one it was made in goes on.
	has_status j1 running
	oci delete -f j1
	nothing_of j1
}

@test "while it waits it has no more rights and descriptors than the program" {
	need_root
	begin j1
	bundle sh -c 'exit 5'
	in_pid_namespace_of j1
	change '.process.capabilities = (.process.capabilities | map_values(["CAP_KILL"])) | .process.noNewPrivileges = false |
		.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot"], "action": "SCMP_ACT_ERRNO"}]}'
	run -0 oci check --bundle "$B"
	lacks CAP_SYS_ADMIN
	oci create --bundle "$B" j2 >"$T/j2.out" 2>&1 </dev/null
	is "$(cat "$T/j2.out")" ""
	pid=$(pid_of j2)
	is "$(ns_of pid "$pid")" "$(ns_of pid "$(pid_of j1)")"
	is "$(sed -n 's/^CapPrm:\t//p; s/^CapBnd:\t//p; s/^Seccomp:\t//p' "/proc/$pid/status" | tr '\n' ' ')" "0000000000000020 0000000000000020 2 "
	is "$(ls "/proc/$pid/fd" | wc -l)" 4
	[ ! -e "/proc/$pid/root/$B" ]
	readlink "/proc/$pid/exe" | grep -q 'memfd:kokon-init'
	oci start j2
	wait_for has_status j2 stopped
	oci delete j2
	oci delete -f j1
	nothing_of j2
}

@test "a filter that cannot be loaded before: one right more, and a warning" {
	need_root
	begin j1
	bundle true
	in_pid_namespace_of j1
	change '.process.capabilities = (.process.capabilities | map_values(["CAP_KILL"])) | .process.noNewPrivileges = false |
		.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot"], "action": "SCMP_ACT_ERRNO"}]} |
		.hooks.startContainer = [{"path": "/bin/true"}]'
	run -0 oci check --bundle "$B"
	has "warning: linux.seccomp: until the container is started it keeps CAP_SYS_ADMIN"
	oci create --bundle "$B" j2 >"$T/j2.out" 2>&1 </dev/null
	grep -q "process.noNewPrivileges" "$T/j2.out"
	is "$(sed -n 's/^CapPrm:\t//p' "/proc/$(pid_of j2)/status")" 0000000000200020
	oci start j2
	wait_for has_status j2 stopped
	oci delete j2
	change '.process.noNewPrivileges = true'
	run -0 oci check --bundle "$B"
	lacks CAP_SYS_ADMIN
	oci create --bundle "$B" j2 >"$T/j2.out" 2>&1 </dev/null
	is "$(cat "$T/j2.out")" ""
	is "$(sed -n 's/^CapPrm:\t//p' "/proc/$(pid_of j2)/status")" 0000000000000020
	oci delete -f j2
	run -0 oci restore --explain --bundle "$B" --image-path "$T" c
	has "criu works in the PID namespace '/proc/$(pid_of j1)/ns/pid' with all rights"
	oci delete -f j1
}

@test "hooks before the root is there work outside of the namespace, on a process that has the others" {
	need_root
	local kind
	begin j1
	bundle sleep 1000
	in_pid_namespace_of j1
	for kind in createRuntime createContainer poststart; do
		change --arg kind "$kind" --arg text "jq -r .pid >$T/$kind; readlink /proc/self/ns/pid >>$T/$kind; readlink /proc/\$(head -n1 $T/$kind)/ns/uts >>$T/$kind" \
			'.hooks[$kind] = [{"path": "/bin/sh", "args": ["sh", "-c", $text], "env": ["PATH=/bin:/usr/bin"]}]'
	done
	begin j2
	for kind in createRuntime createContainer; do
		is "$(sed -n 2p "$T/$kind")" "$(ns_of pid)"
		is "$(sed -n 3p "$T/$kind")" "$(ns_of uts "$(pid_of j2)")"
	done
	is "$(sed -n 1p "$T/poststart")" "$(pid_of j2)"
	oci delete -f j2
	oci delete -f j1
}

@test "little memory; a namespace whose first process has ended" {
	need_root
	local path
	begin j1
	bundle true
	exec 9<"/proc/$(pid_of j1)/ns/pid"
	path=/proc/$BASHPID/fd/9
	in_pid_namespace_of j1
	change '.linux.resources.memory.limit = 1048576'
	run -0 oci run --bundle "$B" j2
	oci delete -f j1
	change --arg path "$path" '(.linux.namespaces[] | select(.type == "pid")).path = $path'
	run -1 oci run --bundle "$B" j2
	has "first process has just ended"
	exec 9<&-
	nothing_of j2
}
