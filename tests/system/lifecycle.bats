# SPDX-License-Identifier: Apache-2.0
# The life of a container, and what is left when it is cut short: nothing. What only a living process
# could remove is removed by the next command.

load lib
load living

# begin [as_user] NAME COMMAND…: a container in the background, and wait until it runs.
begin() {
	local -a who=()
	if [ "$1" = as_user ]; then
		who=(as_user)
		shift
	fi
	local name=$1
	shift
	spawn "${who[@]}" "$KOKON" run --name "$name" --rootfs "$T/root" -- "$@"
	wait_for running "$name" "${who[@]}" || { cat "$spawned_out"; false; }
}

# running NAME [as_user]
running() { "${@:2}" "$KOKON" ps -q --filter status=running | grep -qx "$1"; }

# Nothing of the container NAME is left.
gone() {
	[ ! -e "/run/kokon/$1" ] || { echo "state of $1 is left"; return 1; }
	[ ! -e "/var/lib/kokon/tops/$1" ] || { echo "the top of $1 is left"; return 1; }
	[ -z "$(find /sys/fs/cgroup -maxdepth 3 -path "*/kokon/$1")" ] || { echo "a group of $1 is left"; return 1; }
}

dead() { [ ! -d "/proc/$1" ] || grep -q '^State:	[ZX]' "/proc/$1/status" 2>/dev/null; }

first() { "$KOKON" ps --json | jq -r ".containers[] | select(.name == \"$1\") | .pid"; }

@test "SIGKILL to kokon: the container is dead at once, and the next command removes the rest" {
	need_root
	begin l1 sleep 1000
	local pid
	pid=$(first l1)
	kill -KILL "$spawned_pid"
	wait_for dead "$pid"
	[ -e /run/kokon/l1/record ]
	run -0 "$KOKON" lsns
	gone l1
}

# The leash is the kernel's signal at a parent's end (PR_SET_PDEATHSIG).
@test "SIGKILL to kokon: a program that has slipped the leash is dead, too" {
	need_root
	local pid exec_pid
	# A set-user-ID program, for a user that is not root. (Busybox gives the rights back at once.)
	mkdir -m 755 "$T/root/suid"
	cp "$T/root/bin/sleep" "$T/root/suid/sleep"
	chmod 4755 "$T/root/suid/sleep"
	spawn "$KOKON" run --name l1 -u 1234:1234 --rootfs "$T/root" -- /suid/sleep 1000
	wait_for running l1 || { cat "$spawned_out"; false; }
	pid=$(first l1)
	kill -KILL "$spawned_pid"
	sleep 0.1
	dead "$pid"
	run -0 "$KOKON" ps -q
	gone l1
	# The same for a process that joins.
	begin l2 sleep 1000
	spawn "$KOKON" exec -u 1234:1234 l2 /suid/sleep 999
	find_it() { exec_pid=$(pgrep -xf '/suid/sleep 999'); }
	wait_for find_it
	kill -KILL "$spawned_pid"
	sleep 0.1
	dead "$exec_pid"
	run -0 "$KOKON" kill l2
}

@test "SIGKILL to kokon: a program that has taken the leash off is dead, too" {
	need setpriv
	need_user_namespaces
	spawn as_user "$KOKON" run --name l1 host:bash,sleep,setpriv -- setpriv --pdeathsig clear sleep 1000
	wait_for running l1 as_user || { cat "$spawned_out"; false; }
	local pid
	pid=$(as_user "$KOKON" ps --json | jq -r '.containers[0].pid')
	wait_for grep -q sleep "/proc/$pid/cmdline"
	kill -KILL "$(awk '$1 == "owner" { print $2 }' "$U/run/kokon/l1/record")"
	sleep 0.1
	dead "$pid"
	run -0 as_user "$KOKON" ps -q
	is "$output" ""
}

@test "without a PID namespace and a control group nobody outlives the first process" {
	local -a who=(as_user)
	! is_root || who=()
	nobody() { ! pgrep -xf "$1"; }
	run -7 "${who[@]}" "$KOKON" run --pid=host --cgroups=disabled --rootfs "$T/root" -- sh -c 'setsid sleep 4321 & sleep 4321 & exit 7'
	nobody 'sleep 4321'
	spawn "${who[@]}" "$KOKON" run --name l1 --pid=host --cgroups=disabled --rootfs "$T/root" -- sh -c 'setsid sleep 4322 & sleep 4322; true'
	wait_for sh -c "[ \"\$(pgrep -xfc 'sleep 4322')\" -eq 2 ]"
	wait_for running l1 "${who[@]}"
	kill -KILL "$("${who[@]}" "$KOKON" ps --json | jq -r '.containers[0].pid' | xargs -I @ awk '/^PPid/ { print $2 }' /proc/@/status)"
	wait_for nobody 'sleep 4322'
	run -0 "${who[@]}" "$KOKON" ps -q
	is "$output" ""
}

@test "SIGKILL to kokon, with the host's programs as image: the top is removed too" {
	need_root
	spawn "$KOKON" run --name l1 host:bash,sleep -- bash -c 'echo x >/file; sleep 1000; true'
	wait_for test -e /var/lib/kokon/tops/l1/upper/file
	kill -KILL "$spawned_pid"
	sleep 0.1
	run -0 "$KOKON" unshare --mount true
	gone l1
}

@test "SIGKILL to kokon of an ordinary user" {
	need_user_namespaces
	begin as_user l1 sleep 1000
	local pid
	pid=$(as_user "$KOKON" ps --json | jq -r '.containers[0].pid')
	kill -KILL "$(as_user "$KOKON" ps --json >/dev/null; awk '$1 == "owner" { print $2 }' "$U/run/kokon/l1/record")"
	wait_for dead "$pid"
	[ -e "$U/run/kokon/l1/record" ]
	run -0 as_user "$KOKON" ps -q
	is "$output" ""
	[ ! -e "$U/run/kokon/l1" ]
}

@test "SIGKILL to kokon of an ordinary user: a top that belongs to subordinate ids" {
	need_subids
	spawn as_user "$KOKON" run --name l1 host:bash,chown,mkdir,sleep -- bash -c 'mkdir -p /d/e && chown -R 5:7 /d && sleep 1000; true'
	local top=$U/.local/share/kokon/tops/l1
	wait_for sh -c "[ \"\$(stat -c %u '$top/upper/d/e')\" = $((TEST_SUBIDS + 4)) ]" ||
		{ cat "$spawned_out"; stat -c '%u %n' "$top/upper/d/e"; false; }
	kill -KILL "$(awk '$1 == "owner" { print $2 }' "$U/run/kokon/l1/record")"
	sleep 0.1
	run -0 as_user "$KOKON" ps -q
	is "$output" ""
	[ ! -e "$top" ]
}

@test "with too few descriptors it is not forgotten: what is left of it is removed by the next command that can" {
	need_root
	begin l1 sleep 1000
	local n
	kill -KILL "$spawned_pid"
	for n in $(seq 3 20); do
		sh -c 'exec 3>&-; ulimit -n "$1"; exec "$0" ps' "$KOKON" "$n" >/dev/null 2>&1 || true
		[ ! -e /run/kokon/l1 ] || continue
		gone l1
		return
	done
	false
}

swept() { "$KOKON" ps >/dev/null && gone l1 && [ -z "$(ls -A /run/kokon)" ]; }

# The program is ended at many of its system calls, one run for each.
@test "killed at any system call: nothing is left after the next command" {
	need_root
	need strace
	local call k nap=0.6$RANDOM
	strace -o "$T/calls" "$KOKON" run --rootfs "$T/root" --name l1 true || skip "cannot trace here"
	grep -oE '^[a-z_0-9]+\(' "$T/calls" | tr -d '(' | awk '{ n[$1]++; print $1, n[$1] }' >"$T/points"
	[ "$(wc -l <"$T/points")" -gt 100 ]
	while read -r call k; do
		strace -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$k" \
			"$KOKON" run --rootfs "$T/root" --name l1 sleep "$nap" >/dev/null 2>&1 </dev/null || true
		# A child that has not executed the sealed init yet ends a moment later.
		wait_for swept || { echo "after the end at $call, number $k"; ls -lA /run/kokon; return 1; }
	done < <(awk 'NR % 11 == 3' "$T/points")
	no_nap() { ! pgrep -fx "sleep $nap"; }
	wait_for no_nap
}

@test "SIGINT, SIGTERM, SIGHUP: it ends, with 128 + signal, and nothing is left" {
	need_root
	local signal status
	for signal in INT TERM HUP QUIT; do
		# What a shell starts in the background ignores SIGINT and SIGQUIT, and so would the container.
		spawn env --default-signal=INT,QUIT "$KOKON" run --name l1 --rootfs "$T/root" -- sleep 1000
		wait_for running l1 || { cat "$spawned_out"; false; }
		status=0
		kill -$signal "$spawned_pid"
		wait "$spawned_pid" || status=$?
		is $status $((128 + $(kill -l $signal)))
		gone l1
	done
}

@test "a signal that the first process handles is its own affair" {
	need_root
	begin l1 sh -c 'trap "echo handled; exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	wait_for grep -q ready "$spawned_out"
	local status=0
	kill -TERM "$spawned_pid"
	wait "$spawned_pid" || status=$?
	is $status 9
	grep -q handled "$spawned_out"
	gone l1
}

@test "a closed terminal ends it" {
	need_root
	spawn script -qefc "'$KOKON' run -it --name l1 --rootfs '$T/root' -- sleep 1000" /dev/null
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx l1"
	local pid
	pid=$(first l1)
	kill -KILL "$spawned_pid"
	wait_for dead "$pid"
	wait_for gone l1
}

@test "a killed parent leaves nothing: kokon goes on, or ends with its session" {
	need_root
	spawn sh -c "trap '' HUP; '$KOKON' run --name l1 --rootfs '$T/root' -- sleep 1000; true"
	wait_for sh -c "'$KOKON' ps -q --filter status=running | grep -qx l1"
	kill -KILL "$spawned_pid"
	run -0 "$KOKON" stop -t 0 l1
	gone l1
}

@test "two with the same name: one clear error" {
	need_root
	begin l1 sleep 1000
	refused 125 "the name 'l1' is taken by a running container" "kokon stop l1" -- \
		"$KOKON" run --name l1 --rootfs "$T/root" true
	is "$("$KOKON" ps -q)" l1
	kill -KILL "$spawned_pid"
	# The one before is dead: its name is free at once.
	run -0 "$KOKON" run --name l1 --rootfs "$T/root" echo again
	is "$output" again
	gone l1
}

@test "the same name from ten at once: exactly one has it" {
	need_root
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		spawn "$KOKON" run --name l1 --rootfs "$T/root" sleep 1000
	done
	refused_ones() { cat "$T"/out.* | grep -c "the name 'l1' is taken by a running container"; }
	wait_for sh -c "[ \$(cat '$T'/out.* | grep -c taken) = 9 ]"
	is "$(refused_ones)" 9
	is "$("$KOKON" ps -q)" l1
	run -0 "$KOKON" stop -t 0 l1
	gone l1
}

@test "names that are none" {
	local name
	for name in "" . .. / a/b ../x -x .hidden 'a b' $'a\nb' "$(printf 'a%.0s' {1..129})"; do
		refused 125 "is no name for a container" -- "$KOKON" run --name "$name" --rootfs "$T/root" true
	done
	need_root
	[ -z "$(ls -A /run/kokon 2>/dev/null)" ]
}

@test "fifty at once, each killed in its own way" {
	need_root
	local i
	local -a pids=()
	for i in $(seq 50); do
		"$KOKON" run --name "l$i" --rootfs "$T/root" sleep 1000 >"$T/many.$i" 2>&1 </dev/null 3>&- &
		pids+=($!)
	done
	wait_for sh -c "[ \$('$KOKON' ps -q --filter status=running | wc -l) = 50 ]" ||
		wait_for sh -c "[ \$('$KOKON' ps -q --filter status=running | wc -l) = 50 ]" ||
		{ "$KOKON" ps; cat "$T"/many.*; false; }
	for i in $(seq 0 3 49); do kill -KILL "${pids[$i]}"; done
	for i in $(seq 1 3 49); do kill -TERM "${pids[$i]}"; done
	run -0 "$KOKON" stop --all -t 0
	for i in "${pids[@]}"; do wait "$i" || true; done
	is "$("$KOKON" ps -q)" ""
	for i in $(seq 50); do gone "l$i"; done
}

@test "a state directory that is not only the owner's is not trusted" {
	as_user mkdir -p "$U/run/kokon"
	chmod 777 "$U/run/kokon"
	refused 1 "is not only yours" "chmod 700" -- as_user "$KOKON" ps
	chmod 500 "$U/run/kokon"
	make_root "$T/root"
	refused 125 "'$U/run/kokon/shut'" "Permission denied" -- as_user "$KOKON" run --name shut --rootfs "$T/root" -- true
	chmod 700 "$U/run/kokon"
	# A link is not followed.
	rmdir "$U/run/kokon"
	as_user mkdir "$U/elsewhere"
	as_user ln -s "$U/elsewhere" "$U/run/kokon"
	run -1 as_user "$KOKON" ps
	rm "$U/run/kokon"
}

@test "a record that is none is passed over" {
	need_root
	mkdir -p -m 700 /run/kokon/l1
	: >/run/kokon/l1/lock
	echo nonsense >/run/kokon/l1/record
	run -0 "$KOKON" ps
	gone l1
	mkdir -m 700 /run/kokon/l1
	: >/run/kokon/l1/lock
	# It asks for the removal of what is no control group, and for the end of another's process.
	printf 'kokon-state 1\nname l1\nstatus running\npid 1\npid-start 1\ncgroup /etc\ncgroup %s\n' "$T/root" >/run/kokon/l1/record
	run -0 "$KOKON" ps
	[ -e "$T/root/bin" ]
	[ -d /proc/1 ]
	rm -rf /run/kokon/l1
}
