# SPDX-License-Identifier: Apache-2.0
# Living containers: kokon ps, stop, kill, top, as root and as an ordinary user.

load lib
load living

# start NAME [OPTION…] [-- COMMAND…]: a container in the background, and wait until it runs.
start() {
	local name=$1
	local -a options=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	[ $# -gt 0 ] || set -- sleep 1000
	spawn "$KOKON" run --name "$name" --rootfs "$T/root" "${options[@]}" -- "$@"
	wait_for running "$KOKON" "$name" || { cat "$spawned_out"; false; }
}

start_as_user() {
	local name=$1
	shift
	spawn as_user "$KOKON" run --name "$name" --rootfs "$T/root" -- "$@"
	wait_for running as_user "$name"
}

# running COMMAND… NAME
running() {
	if [ "$1" = as_user ]; then
		as_user "$KOKON" ps -q --filter status=running | grep -qx "$2"
	else
		"$1" ps -q --filter status=running | grep -qx "$2"
	fi
}

pid_of() { "$KOKON" ps --json | jq -r ".containers[] | select(.name == \"$1\") | .pid"; }

# --- ps ------------------------------------------------------------------------------------------

@test "ps: nothing runs" {
	need_root
	run -0 "$KOKON" ps -q
	is "$output" ""
	run -0 "$KOKON" ps --json
	is "$(jq -c . <<<"$output")" '{"containers":[]}'
}

@test "ps: name, image, command, age, status, first process" {
	need_root
	start web -- sh -c 'sleep 1000; echo never'
	run -0 "$KOKON" ps
	is "${#lines[@]}" 2
	[[ ${lines[0]} =~ ^NAME\ +IMAGE\ +COMMAND\ +CREATED\ +STATUS\ +PID\ +NETWORKS ]]
	has "$T/root"
	has "sh -c 'sleep 1000; echo never'"
	[[ ${lines[1]} =~ ^web\ .*[0-9]+\ seconds?\ ago\ +Up\ [0-9]+\ seconds?\ +[0-9]+\ *-?$ ]]
	run -0 "$KOKON" ps --json
	is "$(jq -r '.containers[0].status' <<<"$output")" running
	is "$(jq -r '.containers[0].image' <<<"$output")" "$T/root"
	local pid
	pid=$(jq -r '.containers[0].pid' <<<"$output")
	is "$(awk '/^NSpid/ { print $NF }' "/proc/$pid/status")" 1
	[ $(($(date +%s) - $(jq -r '.containers[0].created' <<<"$output"))) -lt 30 ]
}

@test "ps: -q, -n, -a, --no-trunc" {
	need_root
	start web
	start db
	run -0 "$KOKON" ps -q
	is "$output" $'db\nweb'
	run -0 "$KOKON" ps -a --noheading --no-trunc
	is "${#lines[@]}" 2
	lacks NAME
}

@test "ps: filters of one key are alternatives, of several keys conditions" {
	need_root
	start web1
	start web2
	start db
	is "$("$KOKON" ps -q --filter name=web)" $'web1\nweb2'
	is "$("$KOKON" ps -q -f name=web2 -f name=db)" $'db\nweb2'
	is "$("$KOKON" ps -q -f name=web -f status=paused)" ""
	is "$("$KOKON" ps -q -f name=web -f ancestor="$T/root" -f status=running)" $'web1\nweb2'
	refused 2 "unknown filter 'colour=red'" "name=TEXT" -- "$KOKON" ps --filter colour=red
	refused 2 "'gone' is no status" "paused" -- "$KOKON" ps --filter status=gone
	refused 2 "unknown filter 'name'" -- "$KOKON" ps --filter name
}

@test "ps: wrong usage" {
	refused 2 "unexpected argument 'web'" "--filter name=web" -- "$KOKON" ps web
	refused 2 "exclude each other" -- "$KOKON" ps -q --json
	refused 2 "unknown option '--format'" -- "$KOKON" ps --format x
}

@test "ps: a command with control characters does no harm to a terminal" {
	need_root
	start web -- sh -c $'sleep 1000 # \e[31m\n'
	run -0 "$KOKON" ps
	lacks $'\e'
	run -0 "$KOKON" ps --json
	jq -e '.containers[0].command | contains("\u001b[31m")' <<<"$output"
}

@test "ps: each user sees the own ones" {
	need_root
	need_user_namespaces
	start roots
	start_as_user users sleep 1000
	is "$("$KOKON" ps -q)" roots
	is "$(as_user "$KOKON" ps -q)" users
	as_user "$KOKON" kill users
}

@test "ps: a frozen control group shows as paused" {
	[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || need_cgroup freezer
	need_root
	start web
	run -0 "$KOKON" cgroup freeze kokon/web
	refused 125 "the container 'web' is paused" "cgroup thaw" -- "$KOKON" exec web true
	run -0 "$KOKON" kill --explain web
	has "it is frozen"
	run -0 "$KOKON" ps
	has "(paused)"
	is "$("$KOKON" ps -q --filter status=paused)" web
	"$KOKON" kill web
	is "$("$KOKON" ps -q)" ""
}

# --- stop ----------------------------------------------------------------------------------------

@test "stop: nothing is left when it returns" {
	need_root
	start web -- sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'
	local owner=$spawned_pid
	run -0 "$KOKON" stop web
	is "$output" web
	[ ! -e /run/kokon/web ]
	run -0 "$KOKON" ps -q
	is "$output" ""
	wait "$owner" || is $? 7
}

@test "stop: what has no handler is killed after the timeout, and --verbose says why" {
	need_root
	start web
	local before=$SECONDS
	run -0 "$KOKON" stop --verbose -t 1 web
	has "PID 1 of 'web' has no handler for SIGTERM"
	[ $((SECONDS - before)) -ge 1 ]
	[ $((SECONDS - before)) -lt 9 ]
	start quiet
	run -0 "$KOKON" stop --time=0 quiet
	is "$output" quiet
}

@test "stop: --stop-signal and --stop-timeout of the container" {
	need_root
	start web --stop-signal USR1 -- sh -c 'trap "exit 0" USR1; while :; do sleep 0.1; done'
	run -0 "$KOKON" stop web
	start slow --stop-timeout 0
	local before=$SECONDS
	run -0 "$KOKON" stop slow
	[ $((SECONDS - before)) -lt 9 ]
	start other -- sh -c 'trap "exit 0" USR2; while :; do sleep 0.1; done'
	run -0 "$KOKON" stop -s USR2 -t -1 other
}

@test "stop: several are asked at once" {
	need_root
	start one
	start two
	start three
	local before=$SECONDS
	run -0 "$KOKON" stop -t 4 one two three
	is "$(sort <<<"$output")" $'one\nthree\ntwo'
	[ $((SECONDS - before)) -lt 11 ]
}

@test "stop: --all; a name twice; container:NAME" {
	need_root
	run -0 "$KOKON" stop --all
	is "$output" ""
	start one
	start two
	run -0 "$KOKON" stop -t 0 one container:one
	is "$output" one
	run -0 "$KOKON" stop -t 0 --all
	is "$output" two
}

@test "stop: one that does not exist is named, and the others are stopped" {
	need_root
	start web
	refused 1 "there is no running container 'wbe'" "did you mean 'web'?" -- "$KOKON" stop -t 0 wbe
	run -1 "$KOKON" stop -t 0 nosuch web
	has "there is no running container 'nosuch'"
	has web
	is "$("$KOKON" ps -q)" ""
	run -0 "$KOKON" stop --ignore nosuch
	is "$output" ""
}

@test "stop, kill: wrong usage" {
	refused 2 "the name of a container is missing" "kokon ps" -- "$KOKON" stop
	refused 2 "exclude each other" -- "$KOKON" kill --all web
	refused 2 "'soon' is no number of seconds" -- "$KOKON" stop -t soon web
	refused 2 "'-2' is no number of seconds" -- "$KOKON" stop -t -2 web
	refused 2 "unknown signal 'FOO'" -- "$KOKON" stop -s FOO web
	refused 2 "unknown signal '99'" -- "$KOKON" kill -s 99 web
	refused 1 "'../web' is no name for a container" -- "$KOKON" kill ../web
	refused 1 "'' is no name for a container" -- "$KOKON" stop ""
}

@test "stop: --explain does nothing, and its script stops the container" {
	need_root
	start web --stop-timeout 1
	run -0 "$KOKON" stop --explain web
	has "kill -s TERM $(pid_of web)"
	has "timeout 1 tail --pid="
	is "$("$KOKON" ps -q)" web
	sh -e <<<"$output"
	is "$("$KOKON" ps -q)" ""
}

@test "stop: --trace names the steps" {
	need_root
	start web
	run -0 "$KOKON" stop --trace -t 0 web
	has "stop: web: SIGTERM"
	has "stop: web: SIGKILL"
	has "stop: web: clean"
}

@test "stop: as an ordinary user" {
	need_user_namespaces
	start_as_user web sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	run -0 as_user "$KOKON" stop web
	is "$output" web
	is "$(as_user "$KOKON" ps -q)" ""
}

@test "stop: an owner that does not go on is named" {
	need_root
	start web
	kill -STOP "$spawned_pid"
	"$KOKON" kill -s TERM web # waits for nothing
	timeout 20 "$KOKON" stop -t 0 web >"$T/output" 2>&1 || true
	kill -CONT "$spawned_pid"
	grep -q "process $spawned_pid, which answers for it, does not go on" "$T/output"
	wait_for test ! -e /run/kokon/web
}

# --- kill ----------------------------------------------------------------------------------------

@test "kill: SIGKILL, and nothing is left" {
	need_root
	start web
	local owner=$spawned_pid status=0
	run -0 "$KOKON" kill web
	is "$output" web
	[ ! -e /run/kokon/web ]
	wait "$owner" || status=$?
	is "$status" 137
}

@test "kill: another signal reaches the first process" {
	need_root
	start web -- sh -c 'trap "echo got it" USR1; while :; do sleep 0.1; done'
	run -0 "$KOKON" kill --signal=SIGUSR1 web
	wait_for grep -q "got it" "$spawned_out"
	is "$("$KOKON" ps -q)" web
	run -0 "$KOKON" kill --verbose -s HUP web
	has "has no handler for SIGHUP"
	run -0 "$KOKON" kill --all
	is "$output" web
}

@test "kill: --explain and --trace" {
	need_root
	start web
	run -0 "$KOKON" kill --explain -s 10 web
	has "kill -s USR1 $(pid_of web)"
	lacks tail
	run -0 "$KOKON" kill --explain web
	has "kill -s KILL"
	run -0 "$KOKON" kill --trace web
	has "kill: web: SIGKILL"
}

# --- top -----------------------------------------------------------------------------------------

@test "top: numbers inside and outside, user, time, command" {
	need_root
	start web -- sh -c 'sleep 1000 & sleep 1001; true'
	wait_for sh -c "[ \$('$KOKON' top -n web | wc -l) = 3 ]"
	run -0 "$KOKON" top web
	[[ ${lines[0]} =~ ^PID\ +HOSTPID\ +USER\ +%CPU\ +TIME\ +COMMAND$ ]]
	[[ ${lines[1]} =~ ^\ *1\ +$(pid_of web)\ +root\ .*sh\ -c ]]
	has "sleep 1001"
}

@test "top: columns as words, as a list, as JSON" {
	need_root
	start web -- sh -c 'sleep 1000 & wait'
	wait_for sh -c "[ \$('$KOKON' top -n web | wc -l) = 2 ]"
	run -0 "$KOKON" top web ppid,pid comm state rss etime huser time pcpu args
	[[ ${lines[0]} =~ ^PPID\ +PID\ +NAME\ +STATE\ +RSS\ +ELAPSED\ +HOSTUSER ]]
	[[ ${lines[2]} =~ ^\ *1\ +2\ +(sleep|busybox)\ +S ]]
	run -0 "$KOKON" top --json --format pid,hpid web
	is "$(jq -c '.processes[0] | keys' <<<"$output")" '["hpid","pid"]'
	is "$(jq -r '.processes[0].hpid' <<<"$output")" "$(pid_of web)"
	refused 2 "unknown column 'colour'" "pid, hpid" -- "$KOKON" top web colour
	refused 2 "unknown column ''" -- "$KOKON" top web pid,,args
}

@test "top: users are the container's" {
	need_root
	echo 'alice:x:1234:1234::/:/bin/sh' >>"$T/root/etc/passwd"
	start web --user alice
	run -0 "$KOKON" top web user,huser
	has alice
	# Whatever its accounts are made of, they are read as a plain file or not at all.
	rm "$T/root/etc/passwd"
	mkfifo "$T/root/etc/passwd"
	run -0 timeout 5 "$KOKON" top -n web user
	is "$output" 1234
	rm "$T/root/etc/passwd"
	ln -s /../../../../etc/passwd "$T/root/etc/passwd"
	run -0 "$KOKON" top -n web user
	is "$output" 1234
}

@test "top: names that would change a terminal are shown as bytes" {
	need_root
	printf '#!/bin/sh\nsleep 1000\n' >"$T/root/bin/"$'x\e[31m\n'
	chmod +x "$T/root/bin/"$'x\e[31m\n'
	start web -- $'/bin/x\e[31m\n'
	run -0 "$KOKON" top web args,comm
	lacks $'\e'
	has '\x1b[31m'
}

@test "top: a container without a control group" {
	need_root
	start web --cgroups=disabled -- sh -c 'sleep 1000 & wait'
	wait_for sh -c "[ \$('$KOKON' top -n web | wc -l) = 2 ]"
	run -0 "$KOKON" top web pid,args
	has "sleep 1000"
	start shared --cgroups=disabled --pid=host -- sh -c 'sleep 1002 & wait'
	wait_for sh -c "[ \$('$KOKON' top -n shared | wc -l) = 2 ]"
	run -0 "$KOKON" top shared hpid,args
	has "sleep 1002"
	lacks "sleep 1000"
	# Nothing holds these together: no group, no PID namespace of their own.
	kill "$(awk '$2 " " $3 == "sleep 1002" { print $1 }' <<<"$output")"
}

@test "top: as an ordinary user, with the numbers and users of the container" {
	need_user_namespaces
	start_as_user web sh -c 'sleep 1000 & wait'
	run -0 as_user "$KOKON" top web pid,user,args
	[[ ${lines[1]} =~ ^\ *1\ +root\ +sh\ -c ]]
	as_user "$KOKON" kill web
}

@test "top: wrong usage" {
	refused 2 "the name of a container is missing" -- "$KOKON" top
	need_root
	refused 1 "there is no running container 'nosuch'" "kokon ps" -- "$KOKON" top nosuch
}

# --- naming --------------------------------------------------------------------------------------

@test "a container is a target of ns, nsenter and run" {
	need_root
	start web
	local pid
	pid=$(pid_of web)
	for type in net ipc uts pid cgroup; do
		local option=$type
		[ $type != cgroup ] || option=cgroupns
		is "$("$KOKON" run --rootfs "$T/root" --$option=container:web -- ls -l /proc/self/ns/$type | sed 's/.*-> //')" \
			"$(ns_of $type "$pid")"
	done
	is "$("$KOKON" run --rootfs "$T/root" --net=web -- ls -l /proc/self/ns/net | sed 's/.*-> //')" "$(ns_of net "$pid")"
	run -0 "$KOKON" nsenter -t container:web --net --uts hostname
	is "$output" web
	run -0 "$KOKON" ns container:web
	has "container:web"
	refused 125 "--net: no running container 'wbe'" "did you mean 'web'?" -- "$KOKON" run --rootfs "$T/root" --net=container:wbe -- true
	refused 125 "--ipc: unknown mode 'wbe'" -- "$KOKON" run --rootfs "$T/root" --ipc=wbe -- true
	refused 125 "--uts: " "is a net namespace" -- "$KOKON" run --rootfs "$T/root" --uts="ns:/proc/$pid/ns/net" -- true
}

@test "an ordinary user joins a container's namespaces by way of its user namespace" {
	need_user_namespaces
	start_as_user web sleep 1000
	run -0 as_user "$KOKON" run --rootfs "$T/root" --uts=container:web -- hostname
	is "$output" web
	run -0 as_user "$KOKON" run --rootfs "$T/root" --pid=container:web -- ps
	has "sleep 1000"
	refused 125 "has its id maps already" -- as_user "$KOKON" run --rootfs "$T/root" --userns=container:web --uidmap 0:1:1 -- true
	as_user "$KOKON" kill web
}

@test "completion offers the names" {
	need_root
	start web
	"$KOKON" completion bash >"$T/completion"
	grep -q 'ps -q' "$T/completion"
}
