# SPDX-License-Identifier: Apache-2.0
# kokon lsns: every option and refusal, and the same output as the installed lsns(8).

load lib

lsns() { run -0 "$KOKON" lsns "$@"; }

# A process in namespaces of its own: its PID in $pid.
apart() {
	spawn unshare "$@" sleep 1000
	wait_for sh -c '[ "$(cat /proc/'"$spawned_pid"'/comm)" = sleep ]'
	pid=$spawned_pid
}

inode() { readlink "/proc/$2/ns/$1" | tr -dc 0-9; }

# same_as_lsns SETUP FORM...: kokon prints what util-linux prints for each FORM (options; $pid and inode
# may be used). In a PID namespace of its own, where nothing else comes and goes.
same_as_lsns() {
	export T KOKON
	run unshare -pfm --kill-child --mount-proc bash -c '
		inode() { readlink "/proc/$2/ns/$1" | tr -dc 0-9; }
		setup=$1
		shift
		# What the machine keeps has no process here, and only kokon shows such ones.
		while umount -R -l /run/netns 2>/dev/null; do :; done
		awk "/ - nsfs /{ print \$5 }" /proc/self/mountinfo | xargs -r umount
		eval "$setup"
		for form in "$@"; do
			eval "set -- $form"
			lsns "$@" >"$T/theirs"
			"$KOKON" lsns "$@" >"$T/ours"
			cmp -s "$T/theirs" "$T/ours" && continue
			echo "lsns $*"
			diff "$T/theirs" "$T/ours"
			exit 1
		done' bash "$@"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

need_lsns() {
	need lsns
	need_root
	[[ $(command lsns --version) == *' 2.'[34]* ]] || skip "another version of lsns"
}

@test "without options: the namespaces with their lowest process" {
	need_root
	apart -u
	lsns
	[[ ${lines[0]} =~ ^\ +NS\ TYPE\ +NPROCS\ +PID\ USER\ +COMMAND$ ]]
	grep -qE "^ *$(inode uts "$pid") uts +1 +$pid root +(..)?sleep 1000$" <<<"$output"
}

@test "the same as lsns(8), in every form" {
	need_lsns
	same_as_lsns 'unshare -mniu sh -c "sleep 1000 & wait" & pid=$!; until pgrep -x sleep >"$T/pid"; do :; done' \
		'' -l -n -r -J -u '-t net' '-t net -J' '-t net -W' '-t mnt -t pid' --output-all '--output-all -J' \
		'-o NS,PATH,UID,PPID,PNS,ONS' '-o +path' -T -Tparent --tree=process '-T -o type,ns -J' '-p $pid' \
		'"$(inode uts $pid)"' '-J "$(inode uts $pid)"' '-l "$(inode uts $pid)"' '-r -T' '-J -Tparent'
	LC_ALL=C.UTF-8 same_as_lsns 'unshare -Uu sleep 1000 & until pgrep -x sleep >"$T/pid"; do :; done' -T '' -r
	LC_ALL=C same_as_lsns 'unshare -Uu sleep 1000 & until pgrep -x sleep >"$T/pid"; do :; done' -T '' -r
}

@test "a persistent namespace is shown as lsns(8) shows it" {
	need_lsns
	touch "$T/a" "$T/b"
	same_as_lsns 'unshare -n sleep 1000 & until pgrep -x sleep >"$T/pid"; do :; done
		mount --bind /proc/$!/ns/net "$T/a"; mount --bind /proc/$!/ns/net "$T/b"' \
		'-t net' '-t net -W' '-t net -r' '-t net -J'
}

@test "--type: only that kind, several together" {
	need_root
	lsns -t uts -n -o TYPE
	[ -n "$output" ]
	is "$(sort -u <<<"$output")" uts
	lsns --type=uts --type ipc -n -o TYPE
	is "$(sort -u <<<"$output")" $'ipc\nuts'
	lsns -t net
	has NETNSID
	has NSFS
	refused 1 "unknown namespace type 'foo'" "mnt, net, ipc, user, pid, uts, cgroup and time" -- "$KOKON" lsns -t foo
	refused 1 "needs a value" -- "$KOKON" lsns -t
}

@test "--task: the namespaces of one process" {
	need_root
	apart -u
	lsns -p "$pid" -n -o NS,TYPE -l
	is "${#lines[@]}" "$(find "/proc/$pid/ns" -mindepth 1 -name '[a-z]*' ! -name '*_for_children' | wc -l)"
	grep -q "^$(inode uts "$pid") uts$" <<<"$output"
	grep -q "^$(inode mnt $$) mnt$" <<<"$output"
	refused 1 "'x' is no process number" -- "$KOKON" lsns --task x
	refused 1 "'0' is no process number" -- "$KOKON" lsns --task=0
	refused 1 "'-1' is no process number" -- "$KOKON" lsns -p -1
	refused 1 "no process '2147483646'" -- "$KOKON" lsns -p 2147483646
}

@test "a namespace: its processes as a tree, as a list, as JSON" {
	need_root
	spawn unshare -pf --kill-child sh -c 'sleep 1000 & wait'
	wait_for sh -c "pgrep -P \$(pgrep -P $spawned_pid)"
	pid=$(pgrep -P "$spawned_pid")
	lsns "$(inode pid "$pid")"
	[[ ${lines[0]} =~ ^\ *PID\ +PPID\ USER\ COMMAND$ ]]
	grep -qE "^ *$pid +$spawned_pid root sh -c" <<<"$output"
	grep -qE "root .{2,6}sleep 1000" <<<"$output"
	lsns -l "$(inode pid "$pid")"
	grep -qE "root sleep 1000" <<<"$output"
	lsns -J "$(inode pid "$pid")"
	is "$(jq -r '.namespaces[0].children[0].command' <<<"$output")" "sleep 1000"
	refused 1 "no namespace '12'" -- "$KOKON" lsns 12
	refused 1 "'x' is no namespace" "the column NS" -- "$KOKON" lsns x
	refused 1 "unexpected argument '13'" -- "$KOKON" lsns 12 13
	refused 1 "'--task' and '12' exclude each other" -- "$KOKON" lsns -p $$ 12
}

@test "--output: columns in any order and case, +LIST adds, unknown ones refused" {
	lsns -o type,NS
	is "${lines[0]}" "TYPE           NS"
	lsns -o +PATH
	[[ ${lines[0]} =~ COMMAND\ +PATH$ ]]
	grep -q "/proc/[0-9]*/ns/uts" <<<"$output"
	lsns --output-all
	is "$(head -n 1 <<<"$output" | xargs)" "NS TYPE PATH NPROCS PID PPID COMMAND UID USER NETNSID NSFS PNS ONS"
	refused 1 "unknown column 'COMAND'" "did you mean 'COMMAND'?" -- "$KOKON" lsns -o NS,COMAND
	refused 1 "unknown column 'xyzzy'" "--list-columns" -- "$KOKON" lsns -o xyzzy
	refused 1 "unknown column ''" -- "$KOKON" lsns -o ""
}

@test "--list-columns in its three forms" {
	lsns -H
	is "${#lines[@]}" 13
	[[ ${lines[0]} =~ ^\ +NS\ \<integer\>\ +namespace\ identifier ]]
	lsns --list-columns --json
	is "$(jq -r '."lsns-columns"[] | select(.holder == "NSFS") | .type' <<<"$output")" "<string>"
	lsns -H -r
	grep -q '^PNS <integer> parent\\x20namespace' <<<"$output"
}

@test "--json is JSON, with names of any kind" {
	need_root
	spawn unshare -u bash -c $'exec -a "$0" sleep 1000' $'a"b\\c\n\033[31m\xff\tü'
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	# At any depth: a namespace stands below that of its process's parent.
	length() { "$KOKON" lsns -J -o NS,COMMAND | jq -r ".. | objects | select(.ns == $(inode uts "$spawned_pid")) | .command | length"; }
	as_written() { [ "$(length)" = 19 ]; }
	wait_for as_written || is "$(length)" 19
}

@test "a hostile name does not reach the terminal" {
	need_root
	spawn unshare -u bash -c $'exec -a "$0" sleep 1000' $'x\033[2J\nfake line\x9b31m'
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	lsns
	has 'x\x1b[2J\x0afake line\x9b31m'
	lacks $'\033'
	lsns -r
	has 'x\x1b[2J\x0afake\x20line\x9b31m'
}

@test "--raw, --noheadings, --list" {
	lsns -r -n -o NS,TYPE
	[[ ${lines[0]} =~ ^[0-9]+\ [a-z]+$ ]]
	lsns --raw --noheadings --list --output TYPE
	[[ ${lines[0]} =~ ^[a-z]+$ ]]
}

@test "--tree: owner, parent, process" {
	need_root
	apart -U -u
	LC_ALL=C.UTF-8 lsns -T -o NS,TYPE
	grep -qE "(├|└)─$(inode user "$pid") *user" <<<"$output"
	grep -qE "(│ |  )└─$(inode uts "$pid") *uts" <<<"$output"
	LC_ALL=C lsns --tree=owner -o NS,TYPE
	grep -qE "(\| |  )[|\`]-$(inode uts "$pid") *uts" <<<"$output"
	LC_ALL=C lsns -Tparent -o NS,TYPE
	grep -qE "^[|\`]-$(inode user "$pid") *user" <<<"$output"
	lsns -T=process
	has COMMAND
	refused 1 "unknown tree type 'foo'" "parent, owner and process" -- "$KOKON" lsns --tree=foo
	refused 1 "'--list' and '--tree' exclude each other" -- "$KOKON" lsns -l -T
}

@test "--persistent: bind mounts, here and in another mount namespace" {
	need_root
	apart -n
	local net
	net=$(inode net "$pid")
	touch "$T/kept"
	mount --bind "/proc/$pid/ns/net" "$T/kept"
	kill "$pid"
	wait_for sh -c "! readlink /proc/$pid/ns/net"
	lsns -P -o NS,NPROCS,PID,NSFS -n -l
	grep -qE "^$net +0 +$T/kept$" <<<"$output"
	umount "$T/kept"
	wait_for sh -c "! '$KOKON' lsns -P -n -o NS | grep -q $net"
	# In a mount namespace where nobody else sees it.
	spawn unshare -m sh -c "unshare --uts='$T/kept' true && exec sleep 1000"
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	lsns -P -t uts -o NSFS -n -l
	has "/proc/$spawned_pid/root$T/kept"
	[ -e "/proc/$spawned_pid/root$T/kept" ]
	refused 1 "'--persistent' and '--task' exclude each other" -- "$KOKON" lsns -P -p $$
}

@test "namespaces that a descriptor or a socket alone keeps are found" {
	need_root
	need python3
	apart -n
	local net
	net=$(inode net "$pid")
	spawn sh -c 'exec sleep 1000 4<"$0"' "/proc/$pid/ns/net"
	local holder=$spawned_pid
	wait_for grep -q sleep "/proc/$holder/comm"
	kill "$pid"
	wait_for sh -c "! readlink /proc/$pid/ns/net"
	lsns -P -n -o NS,TYPE
	has "$net net"
	# A socket made there, the descriptor of the namespace closed.
	spawn python3 -c '
import ctypes, os, socket, sys, time
libc = ctypes.CDLL(None)
own, other = os.open("/proc/self/ns/net", 0), os.open(sys.argv[1], 0)
libc.setns(other, 0)
held = socket.socket()
libc.setns(own, 0)
os.close(other)
print("ready", flush=True)
time.sleep(1000)' "/proc/$holder/fd/4"
	wait_for grep -q ready "$spawned_out"
	kill "$holder"
	wait_for sh -c "! readlink /proc/$holder/ns/net"
	lsns -P -t net -n -o NS
	has "$net"
	kill "$spawned_pid"
	wait_for sh -c "! '$KOKON' lsns -P -n -o NS | grep -q $net"
}

@test "the owner of a namespace is found when nobody is in it" {
	need_root
	# The one in between ends and is waited for; what it started lives on.
	local nap=1357.$RANDOM
	spawn sh -c 'unshare -Ur sh -c "unshare -U sleep $0 & sleep 0.2"; echo ended; exec sleep 1000' $nap
	wait_for grep -q ended "$spawned_out"
	wait_for pgrep -n -f -x "sleep $nap"
	pid=$(pgrep -n -f -x "sleep $nap")
	wait_for grep -q sleep "/proc/$pid/comm"
	LC_ALL=C lsns -Tparent -t user -o NS,NPROCS,PID
	grep -B1 "$(inode user "$pid")" <<<"$output" | grep -qE '^.-[0-9]+ +0 *$'
	kill "$pid"
}

@test "--filter" {
	need_root
	apart -u
	lsns --filter "NS == $(inode uts "$pid")" -n -o PID
	is "$(xargs <<<"$output")" "$pid"
	lsns -Q "TYPE == 'uts' and COMMAND =~ '^sleep 1000'" -n -o NS
	has "$(inode uts "$pid")"
	lsns -Q 'false'
	is "$output" ""
	lsns -J -Q 'false'
	is "$(jq -c . <<<"$output")" '{"namespaces":[]}'
	refused 1 "unknown column 'FOO'" -- "$KOKON" lsns -Q 'FOO == 1'
	refused 1 "unexpected '=' at character 4" -- "$KOKON" lsns -Q 'NS = 1'
	refused 1 "ends too early" -- "$KOKON" lsns -Q 'NS =='
	refused 1 "regular expression '('" -- "$KOKON" lsns -Q 'COMMAND =~ "("'
	refused 1 "needs a value" -- "$KOKON" lsns --filter
}

@test "in a narrow terminal commands are cut, with --notruncate they are not" {
	need script
	need_root
	spawn unshare -u sleep 1000 00000000000000000000000000000000000000000000000000000001
	wait_for grep -q sleep "/proc/$spawned_pid/comm"
	run -0 on_terminal "stty cols 60; '$KOKON' lsns -t uts"
	lacks 00001
	[ -z "$(tr -d '\r' <<<"$output" | awk 'length > 60')" ]
	run -0 on_terminal "stty cols 60; '$KOKON' lsns -t uts --notruncate"
	has 00001
	run -0 on_terminal "stty cols 60; '$KOKON' lsns -t uts -u"
	has 00001
}

@test "options that exclude each other, and unknown ones" {
	refused 1 "'--json' and '--raw' exclude each other" "kokon lsns --help" -- "$KOKON" lsns -J -r
	refused 1 "unknown option '--jsno'" "did you mean '--json'?" -- "$KOKON" lsns --jsno
	refused 1 "unknown option '-x'" -- "$KOKON" lsns -x
}

@test "through a link named lsns it is lsns" {
	ln -s "$KOKON" "$T/lsns"
	run -0 "$T/lsns" -n -o TYPE
	has user
	refused 1 "unknown option" -- "$T/lsns" --frobnicate
}

@test "an ordinary user sees their own processes" {
	run -0 as_user "$KOKON" lsns -o NS,TYPE,NPROCS
	has user
	is_root || return 0
	refused 1 "cannot look at process '$$': Permission denied" "run it as root" -- as_user "$KOKON" lsns -p $$
}

@test "a closed pipe and a full disk" {
	run -1 bash -c 'trap "" PIPE; exec 9> >(:); wait $!; "$0" lsns --output-all >&9' "$KOKON"
	is "$output" ""
	run -141 bash -c 'exec 9> >(:); wait $!; "$0" lsns --output-all >&9' "$KOKON"
	is "$output" ""
	[ -e /dev/full ] || skip "no /dev/full"
	run -1 sh -c '"$0" lsns >/dev/full' "$KOKON"
	has "cannot write to standard output: No space left on device"
}

@test "processes that come and go while they are read" {
	local i
	spawn bash -c 'while :; do for i in {1..20}; do /bin/true & done; wait; done'
	for ((i = 0; i < 30; i++)); do
		"$KOKON" lsns -o NS,TYPE,NPROCS,PID,PPID,UID,USER,COMMAND >/dev/null
		"$KOKON" lsns "$(inode pid self)" >/dev/null
	done
}

@test "without /proc it says so" {
	need_root
	refused 1 "'/proc' shows no processes" "mount -t proc" -- unshare -m sh -c 'mount -t tmpfs none /proc; exec "$0" lsns' "$KOKON"
	make_root "$T/root"
	cp "$KOKON" "$T/root/bin/kokon"
	rmdir "$T/root/proc"
	refused 1 "cannot open '/proc': No such file" -- chroot "$T/root" /bin/kokon lsns
}
