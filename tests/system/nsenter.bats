# SPDX-License-Identifier: Apache-2.0
# kokon nsenter as users run it. What each option does to the kernel's state is compared with
# nsenter(1) in explain.bats; here are order, rights, refusals and behaviour over time.

load lib

setup() {
	common_setup
	mark=6000.$BATS_TEST_NUMBER
	last=
}

teardown() {
	[ -z "$last" ] || kill -KILL "$last" 2>/dev/null || true
	common_teardown
}

# target COMMAND...: run it with a sleep as its program; the sleep's number is in $target.
target() {
	spawn "$@" sleep "$mark"
	wait_for pgrep -f "^sleep $mark\$"
	target=$(pgrep -f "^sleep $mark\$")
	last=$target
}

n() { "$KOKON" nsenter "$@"; }

@test "each namespace is entered, the others are not" {
	need_root
	local type other
	target unshare -muinpCTf --mount-proc --kill-child
	for type in uts ipc net cgroup time; do
		run -0 n -t "$target" --$type readlink /proc/self/ns/$type
		is "$output" "$(ns_of $type "$target")"
		for other in uts ipc net cgroup; do
			[ $other != $type ] || continue
			run -0 n -t "$target" --$type readlink /proc/self/ns/$other
			is "$output" "$(ns_of $other)"
		done
	done
	run -0 n -t "$target" -m -p sh -c 'ls -d /proc/[0-9]*; readlink /proc/self/ns/pid'
	has /proc/1
	is "${lines[-1]}" "$(ns_of pid "$target")"
	run -0 n -t "$target" -a sh -c 'readlink /proc/self/ns/net'
	is "$output" "$(ns_of net "$target")"
}

@test "in place when no PID namespace is entered, or with --no-fork; else in a child" {
	need_root
	target unshare -npf --kill-child
	run -0 bash -c 'echo $$ $PPID; exec "$0" nsenter -t '"$target"' -n sh -c "echo \$\$ \$PPID"' "$KOKON"
	is "${lines[0]}" "${lines[1]}"
	run -0 bash -c 'echo $$; exec "$0" nsenter -t '"$target"' -p --no-fork sh -c "echo \$\$"' "$KOKON"
	is "${lines[0]}" "${lines[1]}"
	run -0 bash -c 'echo $$; exec "$0" nsenter -t '"$target"' -p sh -c "echo \$PPID \$\$"' "$KOKON"
	is "${lines[1]%% *}" 0
	run -6 n -t "$target" -p sh -c 'exit 6'
	run -137 bash -c '"$0" nsenter -t '"$target"' -p sh -c "kill -KILL \$\$"' "$KOKON"
}

@test "an ordinary user enters the own user namespace first, with all that it owns" {
	need_user_namespaces
	is_root || skip "needs root to look on"
	target as_user unshare -rmunpf --mount-proc --kill-child
	run -0 as_user "$KOKON" nsenter -t "$target" -a --preserve-credentials sh -c 'id -u; readlink /proc/self/ns/net; ls -d /proc/1'
	is "${lines[0]}" 0
	is "${lines[1]}" "$(ns_of net "$target")"
	# Groups could not be dropped where setgroups(2) is denied, but there are none.
	run -0 as_user "$KOKON" nsenter -t "$target" -U id -u
	is "$output" 0
	refused 1 "cannot enter" "run it as root" -- as_user "$KOKON" nsenter -t "$target" -n true
	refused 1 "cannot set the supplementary groups" "--preserve-credentials" -- \
		env -i KOKON="$KOKON" PATH="$PATH" setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --groups 7,8 --inh-caps=-all -- "$KOKON" nsenter -t "$target" -U true
}

@test "root enters the user namespace last, and is its root without groups" {
	need_root
	need_user_namespaces
	target as_user unshare -rmunpf --mount-proc --kill-child
	run -0 n -t "$target" -a sh -c 'id -u; id -G; grep CapEff /proc/self/status; cat /proc/self/uid_map | tr -s " "'
	is "${lines[0]}" 0
	is "${lines[1]}" 0
	is "${lines[3]}" " 0 $TEST_UID 1"
	run -0 n -t "$target" -U --setuid 0 --setgid 0 readlink /proc/self/ns/user
	is "$output" "$(ns_of user "$target")"
	refused 1 "cannot become user 5" "not mapped" -- n -t "$target" -U --setuid 5 true
	run -0 n -t "$target" -U -S follow -G follow id -u
	is "$output" 0
	run -0 n -t "$target" -n -S follow -G follow id -u
	is "$output" "$TEST_UID"
	run -0 n -t "$target" -U --keep-caps grep CapAmb /proc/self/status
	lacks 0000000000000000
}

@test "--user-parent" {
	need_root
	need_user_namespaces
	local parent
	spawn unshare -Ur --kill-child sh -c "unshare -Un sleep $mark & wait"
	wait_for pgrep -f "^sleep $mark\$"
	target=$(pgrep -f "^sleep $mark\$")
	last=$target
	parent=$(awk '/^PPid:/ { print $2 }' "/proc/$target/status")
	run -0 n -t "$target" --user-parent --preserve-credentials readlink /proc/self/ns/user
	is "$output" "$(ns_of user "$parent")"
	run -0 n -t "$target" -U --user-parent --preserve-credentials readlink /proc/self/ns/user
	is "$output" "$(ns_of user "$parent")"
}

@test "--net-socket: the namespace that a socket was made in" {
	need_root
	need python3
	cat >"$T/holder.py" <<-'EOF'
		import os, socket, time, ctypes
		s = socket.socket()
		os.dup2(s.fileno(), 9)
		ctypes.CDLL(None).unshare(0x40000000)
		print("ready", flush=True)
		time.sleep(100)
	EOF
	spawn python3 "$T/holder.py"
	wait_for grep -q ready "$spawned_out"
	run -0 n -t "$spawned_pid" --net-socket 9 readlink /proc/self/ns/net
	is "$output" "$(ns_of net)"
	refused 1 "cannot take descriptor 77" -- n -t "$spawned_pid" -N 77 true
	refused 1 "is it a socket?" -- n -t "$spawned_pid" -N 1 true
}

@test "root, working directory, environment of the target" {
	need_root
	make_root "$T/root"
	target env -i GREETING='two words' PATH=/bin unshare -m --root "$T/root" --wd /etc
	run -0 n -t "$target" -m -r -w sh -c 'pwd; ls -d /usr 2>&1; ls /'
	is "${lines[0]}" /etc
	has busybox || has bin
	run -0 n -t "$target" -u -e /usr/bin/env
	has "GREETING=two words"
	lacks HOME=
	run -0 n -t "$target" -m -r --wdns=/tmp pwd
	is "$output" /tmp
	refused 1 "cannot change to the directory '/nosuch'" -- n -t "$target" -m --wdns=/nosuch pwd
}

@test "--join-cgroup: the target's groups, by whichever hierarchies there are" {
	need_cgroup pids
	local dir
	dir=$(cgroup_of pids)/kokon-test-$$
	mkdir "$dir"
	target sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$dir"
	run -0 n -t "$target" -n --join-cgroup cat /proc/self/cgroup
	has "/kokon-test-$$"
	kill -KILL "$target"
	wait_for rmdir "$dir"
}

@test "a target by PID:INODE of its pidfd, and by the names that kokon knows" {
	need_root
	need python3
	target unshare -n
	local inode
	inode=$(python3 -c 'import os,sys; print(os.fstat(os.pidfd_open(int(sys.argv[1]))).st_ino)' "$target")
	run -0 n -t "$target:$inode" -n readlink /proc/self/ns/net
	is "$output" "$(ns_of net "$target")"
	refused 1 "is not the one with the pidfd inode" -- n -t "$target:$((inode + 1))" -n true
	run -0 n -t "pid:$target" -n readlink /proc/self/ns/net
	is "$output" "$(ns_of net "$target")"
	run -0 n -t "ns:/proc/$target/ns/net" readlink /proc/self/ns/net
	is "$output" "$(ns_of net "$target")"
	run -0 n -t host -n readlink /proc/self/ns/net
	is "$output" "$(ns_of net)"
}

@test "a target that has ended, or whose number is another's, is not entered" {
	need_root
	target unshare -n
	kill -KILL "$target"
	wait_for sh -c "! [ -e /proc/$target ] || grep -q '^State:.Z' /proc/$target/status"
	refused 1 "$target" -- n -t "$target" -n true
	refused 1 "cannot open process 2147483647" "kokon lsns" -- n -t 2147483647 -a
}

@test "while it enters, nobody may look into it" {
	need_root
	need strace
	target unshare -n
	run -0 strace -f -e trace=setns,prctl "$KOKON" nsenter -t "$target" -n true
	local first
	first=$(grep -nE 'setns|PR_SET_DUMPABLE, (0|SUID_DUMP_DISABLE)' <<<"$output" | head -n1)
	has setns
	[[ $first == *PR_SET_DUMPABLE* ]]
}

@test "files that are no namespaces, files of another kind, missing ones" {
	need_root
	refused 1 "'/etc/passwd' is no net namespace" -- n --net=/etc/passwd true
	refused 1 "is no uts namespace" -- n --uts=/proc/self/ns/net true
	refused 1 "cannot open '/nosuch'" -- n --net=/nosuch true
	refused 1 "cannot enter the user namespace" "the user namespace that you are in" -- n --user=/proc/self/ns/user true
	need_user_namespaces
	refused 1 "cannot open '/proc/$$/ns/net'" "run it as root" -- as_user "$KOKON" nsenter -t $$ -n true
}

@test "a PID namespace without PID 1 cannot be entered" {
	need_root
	: >"$T/kept"
	"$KOKON" unshare --fork --pid="$T/kept" true
	refused 1 "cannot fork" "no PID 1" -- n --pid="$T/kept" true
	umount "$T/kept"
}

@test "job control with a child: it stops and goes on together with it" {
	need_root
	target unshare -pf --kill-child
	{
		echo "set -m"
		stop_and_go nsenter 3 "$KOKON" nsenter -t "$target" -p
	} >"$T/session"
	run -0 on_terminal "bash '$T/session'"
	has "stopped before 3"
	has "status 3"
}

@test "programs that cannot run: 127, 126" {
	need_root
	refused 127 "cannot run 'nosuchprogram'" -- n --net=/proc/self/ns/net nosuchprogram
	refused 126 "it is a directory" -- n --net=/proc/self/ns/net /usr
}

@test "a hundred at once" {
	need_root
	target unshare -muinpf --mount-proc --kill-child
	run -0 bash -c 'for i in $(seq 100); do "$0" nsenter -t '"$target"' -a true & pids="$pids $!"; done; for p in $pids; do wait $p || exit 1; done; echo all' "$KOKON"
	is "$output" all
}
