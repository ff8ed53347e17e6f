# SPDX-License-Identifier: Apache-2.0
# kokon exec: another command in a running container.

load lib
load living

# start [OPTION…]: the container x1 in the background, as root.
start() {
	need_root
	spawn "$KOKON" run --name x1 --rootfs "$T/root" "$@" -- sleep 1000
	wait_for "$KOKON" exec x1 true || { cat "$spawned_out"; false; }
}

start_as_user() {
	need_user_namespaces
	spawn as_user "$KOKON" run --name x1 --rootfs "$T/root" "$@" -- sleep 1000
	wait_for as_user "$KOKON" exec x1 true || { cat "$spawned_out"; false; }
}

inside() { "$KOKON" exec x1 "$@"; }
first() { "$KOKON" ps --json | jq -r '.containers[0].pid'; }

@test "it is in the container's namespaces and control groups" {
	start
	local pid type
	pid=$(first)
	for type in mnt uts ipc net pid cgroup; do
		is "$(inside readlink /proc/self/ns/$type)" "$(ns_of $type "$pid")"
	done
	run -0 inside ps
	has "sleep 1000"
	spawn "$KOKON" exec x1 sleep 1001
	wait_for sh -c "'$KOKON' top x1 args | grep -qx 'sleep 1001 *'"
	local other
	other=$("$KOKON" top -n x1 hpid,args | awk '$2 == "sleep" && $3 == "1001" { print $1 }')
	is "$(grep -v '^[0-9]*:\(cpu\|memory\|freezer\|blkio\|hugetlb\)' "/proc/$other/cgroup")" \
		"$(grep -v '^[0-9]*:\(cpu\|memory\|freezer\|blkio\|hugetlb\)' "/proc/$pid/cgroup")"
}

@test "same environment, directory, limits; -e, --env-file, -w" {
	mkdir "$T/root/work"
	start -e COLOUR=red -w /work --ulimit nofile=123:456
	is "$(inside pwd)" /work
	run -0 inside env
	has COLOUR=red
	has HOSTNAME=x1
	has HOME=/root
	lacks BATS
	is "$(inside sh -c 'ulimit -n; ulimit -Hn')" $'123\n456'
	printf '# no\nSHAPE=round\nCOLOUR=blue\n' >"$T/vars"
	run -0 "$KOKON" exec --env-file "$T/vars" -e SIZE=1 --env COLOUR=green -w /tmp x1 sh -c 'pwd; env'
	has SHAPE=round
	has SIZE=1
	has COLOUR=green
	is "${lines[0]}" /tmp
	FROM=me run -0 "$KOKON" exec -e FROM x1 env
	has FROM=me
}

@test "same rights: capabilities, filter, no-new-privileges; --privileged" {
	start --cap-drop CHOWN --security-opt no-new-privileges
	local what="grep -E ^(CapBnd|CapEff|Seccomp|NoNewPrivs): /proc/self/status"
	# shellcheck disable=SC2086
	is "$(inside $what)" "$(grep -E '^(CapBnd|CapEff|Seccomp|NoNewPrivs):' "/proc/$(first)/status")"
	run -0 "$KOKON" exec --privileged x1 grep -E '^(CapBnd|Seccomp):' /proc/self/status
	has "Seccomp:	0"
	lacks 00000000a80425fa
}

@test "a filter from a file is the container's too" {
	printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}' >"$T/profile.json"
	start --security-opt "seccomp=$T/profile.json"
	run -1 "$KOKON" exec x1 mkdir /tmp/new
	has "not supported"
	start2=$(first)
	is "$(inside grep ^Seccomp: /proc/self/status)" "$(grep ^Seccomp: "/proc/$start2/status")"
}

@test "-u: by number, by name of the container; groups and umask as the container has them" {
	echo 'alice:x:1234:99::/home/alice:/bin/sh' >>"$T/root/etc/passwd"
	echo 'crew:x:77:alice' >>"$T/root/etc/group"
	start --umask 027 --group-add 88
	is "$(inside sh -c umask)" 0027
	is "$(inside id -G)" "0 88"
	is "$(inside id -u)" 0
	is "$("$KOKON" exec -u 5:7 x1 sh -c 'id -u; id -g')" $'5\n7'
	run -0 "$KOKON" exec --user alice x1 sh -c 'id -u; id -G; echo $HOME; grep CapEff /proc/self/status'
	has 1234
	has 77
	has /home/alice
	has "CapEff:	0000000000000000"
	refused 125 "nosuch" -- "$KOKON" exec -u nosuch x1 true
}

@test "no descriptor of the host, and not the host's program" {
	start
	exec 7<"$T"
	run -0 "$KOKON" exec x1 sh -c 'ls /proc/$$/fd; true'
	exec 7<&-
	is "$output" $'0\n1\n2'
	# The way of CVE-2019-5736: a program that is a link to the one who starts it.
	printf '#!/proc/self/exe\n' >"$T/root/bin/self"
	chmod +x "$T/root/bin/self"
	run "$KOKON" exec x1 /bin/self
	[ "$status" -ne 0 ]
	cmp "$KOKON" "$BUILD/kokon"
	# What comes by a working directory (CVE-2024-21626): there is none of the host.
	local fd
	for fd in 3 4 5 6 7 8 9 10; do
		run "$KOKON" exec -w /proc/self/fd/$fd x1 sh -c 'ls -di . /'
		# At most the container's own root.
		[ "$status" -eq 125 ] || is "${lines[0]%% *}" "${lines[1]%% *}"
	done
}

@test "standard input: with -i only" {
	start
	is "$(echo hello | "$KOKON" exec -i x1 cat)" hello
	is "$(echo hello | "$KOKON" exec x1 cat)" ""
}

@test "exit status: the command's, 128 + signal, 125, 126, 127" {
	start
	run -3 "$KOKON" exec x1 sh -c 'exit 3'
	run -137 "$KOKON" exec x1 sh -c 'kill -9 $$'
	refused 127 "cannot run 'nosuch'" "PATH" -- "$KOKON" exec x1 nosuch
	refused 127 "cannot run '/bin/nosuch'" -- "$KOKON" exec x1 -- /bin/nosuch
	refused 126 "not executable" -- "$KOKON" exec x1 /etc/passwd
	refused 126 "it is a directory" -- "$KOKON" exec x1 /etc
	refused 125 "there is no running container 'x2'" "did you mean 'x1'?" -- "$KOKON" exec x2 true
	refused 125 "the working directory '/nosuch'" -- "$KOKON" exec -w /nosuch x1 true
}

@test "wrong usage" {
	refused 125 "the name of a container is missing" "kokon ps" -- "$KOKON" exec
	refused 125 "the command to run in 'x1' is missing" "kokon exec -it x1 sh" -- "$KOKON" exec x1
	refused 125 "the command to run" -- "$KOKON" exec x1 --
	refused 125 "unknown option '--detach'" -- "$KOKON" exec --detach x1 true
	refused 125 "the value is empty" -- "$KOKON" exec -u "" x1 true
	start
	refused 125 "nosuch" -- "$KOKON" exec --env-file "$T/nosuch" x1 true
	refused 125 "names no variable" -- "$KOKON" exec -e "=x" x1 true
}

@test "-t: a terminal of the container's, of the caller's size" {
	start
	on_terminal "stty rows 33 cols 99; '$KOKON' exec -it x1 sh -c 'tty; stty size; echo \$TERM; exit 5'" >"$T/out" </dev/null || is $? 5
	grep -q /dev/pts/ "$T/out"
	grep -q "33 99" "$T/out"
}

@test "a signal goes to the command; killed, it takes the command along" {
	start
	spawn "$KOKON" exec x1 sh -c 'trap "echo got it; exit 0" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for grep -q ready "$spawned_out"
	kill -TERM "$spawned_pid"
	wait_for grep -q "got it" "$spawned_out"
	spawn "$KOKON" exec x1 sleep 1002
	wait_for sh -c "'$KOKON' top x1 args | grep -q '^sleep 1002'"
	kill -KILL "$spawned_pid"
	wait_for sh -c "! '$KOKON' top x1 args | grep -q '^sleep 1002'"
}

@test "the container's end is the command's" {
	start
	local status=0
	spawn "$KOKON" exec x1 sleep 1003
	wait_for sh -c "'$KOKON' top x1 args | grep -q '^sleep 1003'"
	"$KOKON" kill x1
	wait "$spawned_pid" || status=$?
	is $status 137
}

@test "--explain does nothing; its words do the same" {
	start
	run -0 "$KOKON" exec --explain -u 5:7 x1 hostname
	has "echo 0 > /sys/fs/cgroup/"
	has "--pid=/proc/$(first)/ns/pid"
	has "setpriv --reuid=5"
	lacks $'\nx1'
	# It moves its shell into the groups.
	is "$(sh -c "$output")" x1
	run -0 "$KOKON" exec --explain x1 cat /proc/self/cgroup
	is "$(sh -c "$output")" "$(inside cat /proc/self/cgroup)"
	run -0 "$KOKON" exec --explain -t x1 hostname
	has "ptmx"
}

@test "--trace names the steps" {
	start
	run -0 "$KOKON" exec --trace x1 true
	has "exec: join"
	has "exec: confine"
}

@test "a container without groups, in the machine's namespaces" {
	start --cgroups=disabled --pid=host --net=host --uts=host --ipc=host --cgroupns=host
	is "$(inside hostname)" "$(hostname)"
	is "$(inside readlink /proc/self/ns/net)" "$(ns_of net)"
}

@test "the limit of processes holds, and is named" {
	need_cgroup pids
	need_root
	spawn "$KOKON" run --name x1 --rootfs "$T/root" --pids-limit 2 -- sleep 1000
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -q x1"
	refused 125 "cannot start a process in the container" "the limit of processes is reached" -- "$KOKON" exec x1 true
}

@test "as an ordinary user" {
	start_as_user -e COLOUR=red
	run -0 as_user "$KOKON" exec x1 sh -c 'id -u; hostname; env; ps'
	is "${lines[0]}" 0
	is "${lines[1]}" x1
	has COLOUR=red
	has "sleep 1000"
	refused 125 "there is no running container 'x1'" -- "$KOKON" exec x1 true
	run -7 as_user "$KOKON" exec x1 sh -c 'exit 7'
}

@test "as an ordinary user with ranges of ids: another user" {
	need_subids
	start_as_user
	is "$(as_user "$KOKON" exec -u 5:7 x1 sh -c 'id -u; id -g')" $'5\n7'
}
