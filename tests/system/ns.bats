# SPDX-License-Identifier: Apache-2.0
# kokon ns: where am I, one process, two; and how targets are named.

load lib

apart() {
	spawn unshare "$@" sleep 1000
	wait_for sh -c '[ "$(cat /proc/'"$spawned_pid"'/comm)" = sleep ]'
	pid=$spawned_pid
}

# The same, in a new PID namespace: of a child of unshare.
apart_forked() {
	spawn unshare --fork --kill-child "$@" sleep 1000
	wait_for pgrep -P "$spawned_pid"
	pid=$(pgrep -P "$spawned_pid")
	wait_for grep -q sleep "/proc/$pid/comm"
}

inode() { readlink "/proc/$2/ns/$1" | tr -dc 0-9; }
row() { grep -E "^$1 " <<<"$output"; }

setup() {
	common_setup
	named=()
}
teardown() {
	local name
	for name in "${named[@]}"; do
		umount "/run/netns/$name" 2>/dev/null
		rm -f "/run/netns/$name"
	done
	common_teardown
}

# name_network NAME: as `ip netns add` does.
name_network() {
	mkdir -p /run/netns
	touch "/run/netns/$1"
	named+=("$1")
	unshare --net="/run/netns/$1" true
}

@test "without a target: where am I" {
	run -0 "$KOKON" ns
	is "$(head -n 1 <<<"$output" | xargs)" "TYPE NS PLACE APART"
	is "$(row user | awk '{ print $2 }')" "$(inode user self)"
	is "$(row mnt | awk '{ print $2 }')" "$(inode mnt self)"
}

@test "without a target, in namespaces of one's own" {
	need_root
	run -0 unshare -uipf "$KOKON" ns
	is "$(row uts | awk '{ print $3 }')" own
	is "$(row ipc | awk '{ print $3 }')" own
	is "$(row pid | awk '{ print $3 }')" own
	has "You are apart from the host in: "
	grep -qE '^You are apart.*pid.*ipc, uts' <<<"$output"
	grep -qE '^Your process number is [0-9]+ here and 1 in the innermost' <<<"$output"
}

@test "one process: inode, place, owner, parent of each namespace" {
	need_root
	apart -Uu
	run -0 "$KOKON" ns "$pid"
	has "process $pid: sleep 1000"
	is "$(row uts | awk '{ print $2, $3, $4 }')" "$(inode uts "$pid") own $(inode user "$pid")"
	is "$(row user | awk '{ print $2, $3, $5 }')" "$(inode user "$pid") own $(inode user self)"
	is "$(row net | awk '{ print $2 }')" "$(inode net self)"
	run -0 "$KOKON" ns "pid:$pid"
	has "process $pid"
}

@test "one process with three numbers" {
	need_root
	spawn unshare -pf --kill-child unshare -pf --kill-child sleep 1000
	wait_for sh -c "pgrep -P \$(pgrep -P $spawned_pid)"
	pid=$(pgrep -P "$(pgrep -P "$spawned_pid")")
	wait_for grep -q sleep "/proc/$pid/comm"
	run -0 "$KOKON" ns "$pid"
	has "Its number in each PID namespace:"
	grep -qE "^ *$pid +$(inode pid self) " <<<"$output"
	grep -qE "^ *2 +[0-9]+ own$" <<<"$output"
	grep -qE "^ *1 +$(inode pid "$pid") own$" <<<"$output"
	run -0 "$KOKON" ns --json "$pid"
	is "$(jq -c '[.pids[].pid]' <<<"$output")" "[$pid,2,1]"
}

@test "--json of one, of none, of two" {
	need_root
	apart -u
	run -0 "$KOKON" ns -J "$pid"
	is "$(jq -r '.namespaces[] | select(.type == "uts") | [.ns, .place] | @tsv' <<<"$output")" "$(inode uts "$pid")	own"
	is "$(jq -r .command <<<"$output")" "sleep 1000"
	is "$(jq -r .pid <<<"$output")" "$pid"
	run -0 "$KOKON" ns --json
	is "$(jq -r .target <<<"$output")" null
	is "$(jq -r '.namespaces[] | select(.type == "uts") | .ns' <<<"$output")" "$(inode uts self)"
	run -0 "$KOKON" ns -J -m -i "$pid"
	[ "$(jq '.mounts | length' <<<"$output")" -gt 0 ]
	is "$(jq -r '.overflow_uid' <<<"$output")" "$(cat /proc/sys/kernel/overflowuid)"
	run -0 "$KOKON" ns --json host "$pid"
	is "$(jq -r '.namespaces[] | select(.type == "uts") | .relation' <<<"$output")" different
}

@test "two targets: what they share" {
	need_root
	apart_forked -p
	run -0 "$KOKON" ns host "$pid"
	is "$(row mnt | awk '{ print $2, $3, $4 }')" "$(inode mnt self) $(inode mnt "$pid") shared"
	grep -qE "^pid .* different: the second is inside the first$" <<<"$output"
	run -0 "$KOKON" ns "$pid" host
	grep -qE "^pid .* different: the first is inside the second$" <<<"$output"
}

@test "a namespace by its file, and by its name" {
	need_root
	apart -n
	run -0 "$KOKON" ns "ns:/proc/$pid/ns/net"
	has "network namespace, 1 process; the first is $pid: sleep 1000"
	is "$(row net | awk '{ print $2 }')" "$(inode net "$pid")"
	name_network kokon-test-a
	run -0 "$KOKON" ns netns:kokon-test-a
	has "network namespace, 0 processes"
	has "netns:kokon-test-a"
	run -0 "$KOKON" ns kokon-test-a
	has "netns:kokon-test-a"
	run -0 "$KOKON" ns kokon-test-a "$pid"
	is "$(grep -c different <<<"$output")" 1
	is "$(grep -c . <<<"$output")" 2
	run -0 nsenter --net=/run/netns/kokon-test-a "$KOKON" ns kokon-test-a host
	grep -qE '^net .* shared$' <<<"$output"
}

@test "a process in a named network namespace: the name is shown" {
	need_root
	name_network kokon-test-b
	spawn nsenter --net=/run/netns/kokon-test-b sleep 1000
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	run -0 "$KOKON" ns "$spawned_pid"
	grep -qE '^net .* netns:kokon-test-b$' <<<"$output"
}

@test "a container by its name, and a name that is two things" {
	need_root
	spawn "$KOKON" run --name kokon-test-x host:sleep -- sleep 1000
	wait_for "$KOKON" ns container:kokon-test-x
	run -0 "$KOKON" ns kokon-test-x
	grep -qE '^pid .* own .* container:kokon-test-x$' <<<"$output"
	run -0 "$KOKON" ns host container:kokon-test-x
	grep -qE '^mnt .* different$' <<<"$output"
	refused 1 "no running container 'kokon-test-y'" "did you mean 'kokon-test-x'?" -- "$KOKON" ns container:kokon-test-y
	name_network kokon-test-x
	refused 1 "'kokon-test-x' is a container and a network namespace" \
		"container:kokon-test-x or netns:kokon-test-x" -- "$KOKON" ns kokon-test-x
	run -0 "$KOKON" stop -t 0 kokon-test-x
}

@test "targets that do not exist: what exists is listed, the nearest suggested" {
	refused 1 "no process '2147483646'" -- "$KOKON" ns 2147483646
	refused 1 "'x' is no process number" -- "$KOKON" ns pid:x
	refused 1 "'/etc/passwd' is no namespace" "/proc/PID/ns" -- "$KOKON" ns ns:/etc/passwd
	refused 1 "cannot open '/nonexistent': No such file" -- "$KOKON" ns ns:/nonexistent
	refused 1 "no running container 'nope'" -- "$KOKON" ns container:nope
	refused 1 "no network namespace 'nope'" -- "$KOKON" ns netns:nope
	refused 1 "'a/b' is no name of a network namespace" -- "$KOKON" ns netns:a/b
	refused 1 "the target is empty" "host, pid:N" -- "$KOKON" ns ""
	refused 1 "ns:/proc/self/ns/net" -- "$KOKON" ns /proc/self/ns/net
	need_root
	name_network kokon-test-c
	refused 1 "no container or network namespace 'kokon-test-d'" "did you mean 'kokon-test-c'?" -- "$KOKON" ns kokon-test-d
	refused 1 "there are: netns:kokon-test-c" -- "$KOKON" ns something-else-entirely
	touch /run/netns/kokon-test-e
	named+=(kokon-test-e)
	refused 1 "'/run/netns/kokon-test-e' holds no network namespace any more" "kokon netns delete kokon-test-e" -- "$KOKON" ns netns:kokon-test-e
}

@test "a thread is not a process" {
	need python3
	spawn python3 -c '
import threading, time
t = threading.Thread(target=time.sleep, args=(1000,), daemon=True)
t.start()
print(t.native_id, flush=True)
time.sleep(1000)'
	wait_for grep -q . "$spawned_out"
	refused 1 "is a thread, not a process" "Tgid" -- "$KOKON" ns "$(cat "$spawned_out")"
}

@test "--mounts: propagation and peer group in words" {
	need_root
	spawn unshare -m --propagation private sh -c "
		mkdir -p '$T/s' && mount -t tmpfs kokon-shared '$T/s' && mount --make-shared '$T/s' &&
		mkdir '$T/s/slave' '$T/s/alone' && mount --bind '$T/s' '$T/s/slave' && mount --make-slave '$T/s/slave' &&
		mount -t tmpfs u '$T/s/alone' && mount --make-private '$T/s/alone' && mount --make-unbindable '$T/s/alone' &&
		exec sleep 1000"
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	local first=$spawned_pid
	spawn nsenter --mount="/proc/$first/ns/mnt" unshare -m --propagation unchanged sleep 1000
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	pid=$spawned_pid
	run -0 "$KOKON" ns --mounts "$pid"
	grep -qE "^$T/s +kokon-shared +tmpfs +.*shared, peer group [0-9]+ with mnt $(inode mnt "$first")$" <<<"$output"
	grep -qE "^$T/s/slave +.*receives from peer group [0-9]+ in mnt $(inode mnt "$first")" <<<"$output"
	grep -qE "^$T/s/alone +.*private" <<<"$output"
	has "shared: what is mounted or unmounted below it"
	run -0 "$KOKON" ns --mounts "$first"
	grep -qE "^$T/s/alone +.*private, unbindable$" <<<"$output"
	run -0 "$KOKON" ns -m "ns:/proc/$pid/ns/mnt"
	has kokon-shared
	refused 1 "is a uts namespace, which has no mounts" -- "$KOKON" ns --mounts "ns:/proc/$pid/ns/uts"
	refused 2 "'--mounts' takes one target, not two" -- "$KOKON" ns --mounts host "$pid"
}

@test "--ids: the maps, and why an id shows as 65534" {
	need_root
	run -0 "$KOKON" ns --ids
	has "Every id is itself"
	apart -Ur
	run -0 "$KOKON" ns --ids "$pid"
	grep -qE '^uid +0 +0 +1$' <<<"$output"
	has "show as 65534"
	has "setgroups is denied"
	run -0 unshare -Ur "$KOKON" ns -i
	has "OUTSIDE is the number in the parent user namespace."
	run -0 unshare -U "$KOKON" ns -i
	has "No uid map has been written"
	refused 1 "which has no id maps" -- "$KOKON" ns --ids "ns:/proc/$pid/ns/net"
	refused 2 "'--ids' takes one target, not two" -- "$KOKON" ns -i host "$pid"
}

@test "an ordinary user: own namespaces yes, another's no" {
	run -0 as_user "$KOKON" ns
	is "$(row uts | awk '{ print $2 }')" "$(inode uts self)"
	is_root || return 0
	refused 1 "cannot see the namespaces of process '$$': Permission denied" "run this as root" -- as_user "$KOKON" ns $$
}

@test "a process that has ended" {
	spawn sh -c 'sleep 0 & exec sleep 1000'
	wait_for sh -c "grep -q 'State:.Z' /proc/\$(pgrep -P $spawned_pid)/status"
	refused 1 "cannot see the namespaces of process" "has ended" -- "$KOKON" ns "$(pgrep -P "$spawned_pid")"
}

@test "a hostile name does not reach the terminal" {
	spawn bash -c $'exec -a "$0" sleep 1000' $'x\033[2J\nfake'
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	run -0 "$KOKON" ns "$spawned_pid"
	has 'x\x1b[2J\x0afake'
}

@test "without /proc it says so" {
	need_root
	refused 1 "cannot read '/proc/self/ns'" "mount -t proc" -- unshare -m sh -c 'mount -t tmpfs none /proc; exec "$0" ns' "$KOKON"
}

@test "wrong usage" {
	refused 2 "unexpected argument '3'" "kokon ns --help" -- "$KOKON" ns 1 2 3
	refused 2 "unknown option '--mountz'" -- "$KOKON" ns --mountz
}
