# SPDX-License-Identifier: Apache-2.0
# The process of a bundle: ids, limits, scheduling, labels, memory, seccomp with an agent, and what
# of the machine comes with it.

load lib
load bundle

ok_bundle() {
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "user, umask, groups, capability sets one by one, limits, no_new_privs" {
	need_root
	bundle 'p["user"] = {"uid": 7, "gid": 8, "umask": 0o27, "additionalGids": [5, 9]}
p["oomScoreAdj"] = 300
p["noNewPrivileges"] = True
p["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
p["capabilities"] = {"bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], "permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_KILL"],
                     "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}' \
		sh -c 'id; umask; cat /proc/self/oom_score_adj; ulimit -Sn; ulimit -Hn; grep -E "Cap|NoNew" /proc/self/status'
	ok_bundle
	has "uid=7 gid=8 groups="
	has 5
	is "${lines[1]}" 0027
	is "${lines[2]}" 300
	is "${lines[3]}:${lines[4]}" 100:200
	has "CapBnd:	00000000000000a1"
	has "CapAmb:	0000000000000020"
	has "CapInh:	0000000000000020"
	has "NoNewPrivs:	1"
}

@test "scheduling policies, priority of input and output, personality, memory policy" {
	need_root
	local prints='grep -E "^(policy|prio|dl.runtime)" /proc/self/sched; busybox ionice -p $$; uname -m; head -n1 /proc/self/numa_maps'
	bundle 'p["scheduler"] = {"policy": "SCHED_BATCH", "nice": 5}
p["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 6}
l["personality"] = {"domain": "LINUX32"}' sh -c "$prints"
	ok_bundle
	[[ $output =~ policy[\ :]+3 ]]
	[[ $output =~ prio[\ :]+125 ]]
	has "best-effort: prio 6"
	[ "$(uname -m)" != x86_64 ] || has i686
	bundle 'p["scheduler"] = {"policy": "SCHED_IDLE"}
p["ioPriority"] = {"class": "IOPRIO_CLASS_IDLE", "priority": 7}' sh -c "$prints"
	ok_bundle
	[[ $output =~ policy[\ :]+5 ]]
	has idle
	bundle 'p["scheduler"] = {"policy": "SCHED_DEADLINE"}' true
	run -1 run_bundle
	has "SCHED_DEADLINE needs"
	if [ -e /proc/self/numa_maps ]; then
		bundle 'l["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}' sh -c "$prints"
		ok_bundle
		has "bind:0"
	fi
	bundle 'l["memoryPolicy"] = {"mode": "MPOL_BIND"}' true
	run -1 run_bundle
	has "linux.memoryPolicy"
}

@test "SCHED_DEADLINE, SCHED_FIFO and SCHED_RR where the machine allows them" {
	need_root
	chrt -T 1000000 -D 10000000 -P 10000000 -d 0 true 2>/dev/null || skip "this machine lets nobody set SCHED_DEADLINE"
	bundle 'p["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 10000000, "period": 10000000}' \
		grep -E "^(policy|dl.runtime)" /proc/self/sched
	ok_bundle
	[[ $output =~ policy[\ :]+6 ]]
	bundle 'p["scheduler"] = {"policy": "SCHED_RR", "priority": 10}' grep -E "^policy" /proc/self/sched
	run run_bundle
	if [ "$status" -eq 0 ]; then
		[[ $output =~ policy[\ :]+2 ]]
	else
		has "realtimeRuntime"
	fi
}

@test "exec: processors before and in the groups, umask, labels that are not there" {
	need_root
	bundle '' sleep 100
	oci create --bundle "$B" c1
	oci start c1
	cat >"$T/p.json" <<-'EOF'
		{"user": {"uid": 0, "gid": 0, "umask": 7}, "cwd": "/", "env": ["PATH=/bin"], "execCPUAffinity": {"initial": "0", "final": "0"},
		"args": ["sh", "-c", "grep Cpus_allowed_list /proc/self/status; umask"]}
	EOF
	run -0 oci exec --process "$T/p.json" c1
	has "Cpus_allowed_list:	0"
	has 0007
	sed -i 's/"initial": "0"/"initial": "nine"/' "$T/p.json"
	run oci exec --process "$T/p.json" c1
	has "process.execCPUAffinity"
	oci delete --force c1
}

@test "labels of security modules that are not active are refused" {
	need_root
	[ ! -d /sys/kernel/security/apparmor ] || skip "AppArmor is active here"
	bundle 'p["apparmorProfile"] = "none"' true
	run -1 run_bundle
	has "AppArmor is not active here"
	[ ! -d /sys/fs/selinux/class ] || skip "SELinux is active here"
	bundle 'p["selinuxLabel"] = "a:b:c"' true
	run -1 run_bundle
	has "SELinux is not active here"
}

@test "devices: modes, owners, fifos, the default ones and links; none may be what it is not" {
	need_root
	bundle 'l["devices"] = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 3, "gid": 4},
{"path": "/tmp/fifo", "type": "p", "fileMode": 0o600}, {"path": "/dev/u", "type": "u", "major": 1, "minor": 3}]
r["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 5, "access": "rw"})' \
		sh -c 'stat -c "%n %a %u:%g %t:%T %F" /dev/mine /tmp/fifo /dev/u /dev/null; head -c2 /dev/mine | od -An -tx1; ls -l /dev/fd /dev/ptmx /dev/stdin'
	ok_bundle
	is "${lines[0]}" "/dev/mine 640 3:4 1:5 character special file"
	is "${lines[1]}" "/tmp/fifo 600 0:0 0:0 fifo"
	has "00 00"
	has "pts/ptmx"
	mkdir "$B/rootfs/x"
	touch "$B/rootfs/x/null"
	bundle 'l["devices"] = [{"path": "/x/null", "type": "c", "major": 1, "minor": 3}]' true
	run -1 run_bundle
	has "something else is there"
}

@test "devices outside of the list cannot be opened" {
	need_root
	cgroup_of devices >/dev/null || [ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no device control here"
	bundle 'l["devices"] = [{"path": "/dev/kmsg", "type": "c", "major": 1, "minor": 11}]
p["capabilities"]["effective"] = p["capabilities"]["permitted"] = p["capabilities"]["bounding"] = ["CAP_DAC_OVERRIDE", "CAP_MKNOD"]' \
		sh -c 'head -c1 /dev/kmsg'
	run run_bundle
	has "not permitted"
}

@test "an interface of the machine moves in with its addresses" {
	need_root
	need ip
	ip link add kk$$ type veth peer name kkp$$
	ip addr add 10.99.7.1/24 dev kk$$
	bundle 'l["netDevices"] = {"kk'$$'": {"name": "eth7"}}' sh -c 'ip addr show eth7'
	run run_bundle
	ip link del kkp$$ 2>/dev/null || true
	has "10.99.7.1/24"
	has "UP"
	bundle 'l["netDevices"] = {"kk'$$'": {}}' true
	run -1 run_bundle
	has "kk$$"
	bundle 'l["netDevices"] = {"lo": {}}; l["namespaces"] = [n for n in l["namespaces"] if n["type"] != "network"]' true
	run -1 run_bundle
	has "linux.netDevices"
}

# An agent that answers each call with errno 42 (ENOMSG), and writes what it was told to $T/agent.json.
agent() {
	cat >"$T/agent.py" <<-'PYTHON'
		import array, ctypes, fcntl, socket, struct, sys
		server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
		server.bind(sys.argv[1])
		server.listen()
		peer, _ = server.accept()
		data, ancillary, _, _ = peer.recvmsg(65536, socket.CMSG_SPACE(4))
		fd = array.array("i", ancillary[0][2])[0]
		while more := peer.recv(65536):
		    data += more
		open(sys.argv[2], "wb").write(data)
		while True:
		    request = bytearray(80)
		    try:
		        fcntl.ioctl(fd, 0xC0502100, request)
		        fcntl.ioctl(fd, 0xC0182101, bytearray(struct.pack("QqiI", struct.unpack_from("Q", request)[0], 0, -42, 0)))
		    except OSError:
		        break
	PYTHON
	spawn python3 "$T/agent.py" "$T/agent.sock" "$T/agent.json"
	wait_for test -S "$T/agent.sock"
}

@test "seccomp: an agent answers, and is told of the container" {
	need_root
	local nnp call
	for nnp in True False; do
		for call in mkdir sendmsg close; do
			rm -f "$T/agent.sock" "$T/agent.json"
			agent
			bundle 'p["noNewPrivileges"] = '$nnp'
l["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "'"$T"'/agent.sock", "listenerMetadata": "of \"mine\"",
"syscalls": [{"names": sorted({"'$call'", "mkdir", "mkdirat"}), "action": "SCMP_ACT_NOTIFY"}]}' sh -c 'mkdir /tmp/never'
			run run_bundle
			[[ $output == *"No message"* ]] || { echo "$nnp $call: $output"; false; }
			run -0 python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); assert s["pid"] == s["state"]["pid"] > 1; print(s["fds"], s["metadata"], s["state"]["id"])' "$T/agent.json"
			is "$output" "['seccompFd'] of \"mine\" test-$$-$BATS_TEST_NUMBER"
			[ ! -e "$B/rootfs/tmp/never" ]
		done
	done
}

@test "seccomp: no agent is an error; a filter that stops the start itself tells why" {
	need_root
	bundle 'l["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "'"$T"'/none.sock", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}' true
	run -1 run_bundle
	has "none.sock"
	bundle 'l["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}' true
	run -1 run_bundle
	has "listenerPath"
	local action
	for action in ERRNO KILL_PROCESS; do
		bundle 'p["noNewPrivileges"] = True
l["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sendmsg", "execve"], "action": "SCMP_ACT_'$action'"}]}' true
		run run_bundle
		[ "$status" -ne 0 ]
	done
}
