# SPDX-License-Identifier: Apache-2.0
# kokon unshare as users run it. What each option does to the kernel's state is compared with other
# tools in explain.bats; here are behaviour over time, refusals, and what a golden file cannot hold.

load lib

u() { as_user "$KOKON" unshare "$@"; }

@test "runs a program in the same process: number and parent stay, status is the program's" {
	run -0 bash -c 'echo $$ $PPID; exec "$0" unshare --user sh -c "echo \$\$ \$PPID"' "$KOKON"
	is "${lines[0]}" "${lines[1]}"
	run -7 "$KOKON" unshare sh -c 'exit 7'
	run -143 bash -c '"$0" unshare sh -c "kill -TERM \$\$"' "$KOKON"
}

@test "as a link named unshare it is this command" {
	ln -s "$KOKON" "$T/unshare"
	run -0 "$T/unshare" --fork echo here
	is "$output" here
}

@test "each namespace is new, the others are not" {
	need_root
	local pair flag type other
	for pair in m:mnt u:uts i:ipc n:net U:user C:cgroup T:time; do
		flag=${pair%:*} type=${pair#*:}
		run -0 "$KOKON" unshare -$flag readlink /proc/self/ns/$type
		[ "$output" != "$(ns_of $type)" ]
		for other in mnt uts ipc net user cgroup; do
			[ $other != $type ] || continue
			run -0 "$KOKON" unshare -$flag readlink /proc/self/ns/$other
			is "$output" "$(ns_of $other)"
		done
	done
	# For children only, of which the first is PID 1.
	run -0 "$KOKON" unshare -p sh -c 'readlink /proc/self/ns/pid; true'
	[ "$output" != "$(ns_of pid)" ]
	run -0 "$KOKON" unshare -p readlink /proc/self/ns/pid
	is "$output" "$(ns_of pid)"
}

@test "an ordinary user: root inside, PID 1, own /proc" {
	need_user_namespaces
	run -0 u -rpf --mount-proc sh -c 'echo $$; id -u; ls -d /proc/[0-9]* | wc -l; cat /proc/self/setgroups'
	is "${lines[0]}" 1
	is "${lines[1]}" 0
	is "${lines[2]}" 3
	is "${lines[3]}" deny
}

@test "a namespace kept on a file outlives its program" {
	need_root
	: >"$T/kept"
	run -0 "$KOKON" unshare --uts="$T/kept" hostname inside.example
	run -0 "$KOKON" nsenter --uts="$T/kept" hostname
	is "$output" inside.example
	umount "$T/kept"
	refused 1 "cannot keep the uts namespace on '$T/none'" "touch '$T/none'" -- "$KOKON" unshare --uts="$T/none" true
	need_user_namespaces
	: >"$U/kept"
	chown "$TEST_UID" "$U/kept"
	refused 1 "cannot keep the net namespace" "only root" -- u -r --net="$U/kept" true
}

@test "ids: single ones, ranges of root's, granted ranges of a user" {
	need_subids
	run -0 u -c id -u
	is "$output" "$TEST_UID"
	run -0 u --map-user=5 --map-group=6 sh -c 'id -u; id -g'
	is "$output" $'5\n6'
	run -0 u --map-root-user --map-auto cat /proc/self/uid_map
	is "$(tr -s ' ' <<<"$output")" " 0 $TEST_UID 1
 1 $TEST_SUBIDS 65536"
	run -0 u --map-subids awk '{ print $1, $2, $3 }' /proc/self/gid_map
	is "$output" "$TEST_SUBIDS $TEST_SUBIDS 65536"
	run -0 "$KOKON" unshare --map-users=10:20:30 awk '{ print $1, $2, $3 }' /proc/self/uid_map
	is "$output" "10 20 30"
	refused 1 "newuidmap could not map the ids" "/etc/subuid" -- u --map-users=0:0:10 true
	refused 1 "there is no user 'nosuchuser'" -- u --map-user=nosuchuser true
	refused 1 "there is no group 'nosuchgroup'" -- u --map-group=nosuchgroup true
}

@test "--owner: the user named may enter the namespace" {
	need_user_namespaces
	is_root || skip "needs root"
	spawn "$KOKON" unshare --owner "$TEST_UID:$TEST_UID" --map-users=0:$TEST_UID:1 --map-groups=0:$TEST_UID:1 sleep 60
	local pid=$spawned_pid
	wait_for sh -c "[ \"\$(tr -d '\\0' </proc/$pid/cmdline)\" = sleep60 ]"
	run -0 as_user "$KOKON" nsenter -t "$pid" -U --preserve-credentials readlink /proc/self/ns/user
	is "$output" "$(ns_of user "$pid")"
	refused 1 "supplementary groups" -- u --owner 0:0 true
}

@test "no privilege: the remedy is named, nothing is changed" {
	need_user_namespaces
	local option
	for option in --net --mount --uts --ipc --pid --cgroup; do
		refused 1 "cannot make a new" "Operation not permitted" "add --map-root-user, or run it as root" -- u $option true
	done
	refused 1 "time namespace" "add --map-root-user" -- u --time true
	refused 1 "cannot become user 0" -- u --setuid 0 true
	refused 1 "cannot change the root directory to '/usr'" "kokon unshare -r -R '/usr'" -- u --root /usr true
}

@test "no user namespaces allowed: the limit is named" {
	need_root
	run "$KOKON" unshare -U --map-root-user sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" unshare -U true' "$KOKON"
	is "$status" 1
	has "cannot make a new user namespace"
	has "max_"
}

@test "--pid without --fork on a terminal: one note; none elsewhere" {
	need_root
	run -0 on_terminal "'$KOKON' unshare --pid true"
	is "$(grep -c 'note: without --fork' <<<"$output")" 1
	run -0 on_terminal "'$KOKON' unshare --pid --fork true"
	lacks note
	run -0 "$KOKON" unshare --pid true
	is "$output" ""
}

@test "a root without /proc for --mount-proc: the directory is named, and how to make it" {
	need_root
	make_root "$T/root"
	rmdir "$T/root/proc"
	refused 1 "cannot find '$T/root/proc'" "mkdir -p '$T/root/proc'" -- "$KOKON" unshare -mpf -R "$T/root" --mount-proc true
	[ ! -e "$T/root/proc" ]
	refused 1 "cannot find '$T/none'" "mkdir" -- "$KOKON" unshare -mpf --mount-proc="$T/none" true
	refused 1 "cannot change the root directory to '$T/none'" -- "$KOKON" unshare -R "$T/none" true
	refused 1 "cannot change to the directory '$T/none'" -- "$KOKON" unshare -w "$T/none" true
}

@test "what is already a namespace is not unshared: nsenter is named" {
	refused 1 "'/proc/$$/ns/mnt' is already a namespace" "kokon nsenter --mount=/proc/$$/ns/mnt" -- "$KOKON" unshare --mount=/proc/$$/ns/mnt true
}

@test "mistakes with dashes are named" {
	refused 1 "typeset dash" "'--user'" -- "$KOKON" unshare —user
	refused 1 "a long option has two dashes" "'--user'" -- "$KOKON" unshare -user
	refused 1 "takes no value" "'--net=/x'" -- "$KOKON" unshare -n=/x
	refused 1 "unknown option '--forc'" "did you mean '--fork'" -- "$KOKON" unshare --forc
}

@test "programs that cannot run: 127, 126, and why" {
	refused 127 "cannot run 'nosuchprogram'" -- "$KOKON" unshare nosuchprogram
	refused 127 "cannot run '/nosuch/program'" -- "$KOKON" unshare /nosuch/program
	refused 126 "it is a directory" -- "$KOKON" unshare /usr
	echo 'echo hi' >"$T/text"
	refused 126 "not executable" "chmod +x" -- "$KOKON" unshare "$T/text"
	chmod +x "$T/text"
	run -0 "$KOKON" unshare "$T/text"
	is "$output" hi
	printf '#!/nosuch/sh\n' >"$T/text"
	refused 127 "its interpreter '/nosuch/sh'" -- "$KOKON" unshare "$T/text"
	printf '#!/bin/sh\r\n' >"$T/text"
	refused 127 "carriage return" "sed -i" -- "$KOKON" unshare "$T/text"
}

@test "--fork: a signal that ends the child ends the parent; its own INT and TERM do not" {
	run -137 bash -c '"$0" unshare --fork sh -c "kill -KILL \$\$"' "$KOKON"
	run -143 bash -c '"$0" unshare --fork sh -c "kill -TERM \$\$"' "$KOKON"
	run -5 "$KOKON" unshare --fork sh -c 'exit 5'
	run -0 env T="$T" bash -c '"$0" unshare --fork sh -c "echo >\"\$0/up\"; while [ ! -e \"\$0/go\" ]; do sleep 0.05; done; echo still here" "$T" &
		while [ ! -e "$T/up" ]; do sleep 0.05; done; kill -TERM $!; kill -INT $!; : >"$T/go"; wait $!' "$KOKON"
	is "$output" "still here"
}

@test "--forward-signals: the child gets them" {
	cat >"$T/program" <<-'EOF'
		trap 'echo got TERM; exit 9' TERM
		echo ready
		while :; do sleep 0.05; done
	EOF
	spawn "$KOKON" unshare --forward-signals sh "$T/program"
	wait_for grep -q ready "$spawned_out"
	kill -TERM "$spawned_pid"
	local ended=0
	wait "$spawned_pid" || ended=$?
	is "$ended" 9
	grep -q "got TERM" "$spawned_out"
}

@test "--kill-child: the child ends with its parent, also after a change of ids" {
	need_root
	local options
	for options in "" "--pid" "--setuid=$TEST_UID --setgid=$TEST_UID"; do
		spawn "$KOKON" unshare --kill-child $options sleep 6000
		wait_for pgrep -P "$spawned_pid" -x sleep
		local child
		child=$(pgrep -P "$spawned_pid" -x sleep)
		kill -KILL "$spawned_pid"
		wait_for sh -c "! [ -e /proc/$child ] || grep -q '^State:.Z' /proc/$child/status"
	done
}

@test "job control: ^Z stops it, fg goes on, the wait status arrives" {
	{
		echo "set -m"
		stop_and_go unshare 3 "$KOKON" unshare --user
		stop_and_go unshare 4 "$KOKON" unshare --fork
	} >"$T/session"
	run -0 on_terminal "bash '$T/session'"
	has "stopped before 3"
	has "status 3"
	has "stopped before 4"
	has "status 4"
}

@test "^C and ^Z typed at the terminal" {
	need tmux
	export TMUX_TMPDIR=$T
	tmux -L t new-session -d -x 100 -y 30 "bash --norc --noprofile"
	tmux -L t send-keys "PS1='> '; '$KOKON' unshare --user sleep 300" Enter
	wait_for sh -c "pgrep -f '^sleep 300'"
	tmux -L t send-keys C-z
	wait_for sh -c "tmux -L t capture-pane -p | grep -q Stopped"
	tmux -L t send-keys "fg" Enter
	wait_for sh -c "grep -q '^State:.S' /proc/\$(pgrep -f '^sleep 300')/status"
	tmux -L t send-keys C-c
	wait_for sh -c "! pgrep -f '^sleep 300'"
	tmux -L t send-keys 'echo status $?' Enter
	wait_for sh -c "tmux -L t capture-pane -p | grep -q 'status 130'"
	tmux -L t kill-server
}

@test "clocks: offsets are seen inside" {
	need_root
	run -0 "$KOKON" unshare --time --boottime 100000 --fork sh -c 'cut -d. -f1 /proc/uptime'
	[ "$output" -ge 100000 ]
	refused 1 "--monotonic and --boottime" "add --time" -- "$KOKON" unshare --monotonic 5 true
	refused 1 "cannot set the boottime clock" "must lie between" -- "$KOKON" unshare -T --boottime -9000000000 true
}

@test "environment: cleared, and kept by name" {
	run -0 env GREETING=hi OTHER=no "$KOKON" unshare --whitelist-env GREETING,PATH env
	has GREETING=hi
	lacks OTHER
	run -0 "$KOKON" unshare --clear-env /usr/bin/env
	is "$output" ""
}

@test "closed standard descriptors, and nothing left open" {
	run -0 bash -c 'for fd in /proc/$$/fd/*; do fd=${fd##*/}; [ "$fd" -le 2 ] || eval "exec $fd>&-"; done
		"$0" unshare --fork sh -c "ls /proc/\$\$/fd"; "$0" unshare sh -c "ls /proc/\$\$/fd"' "$KOKON"
	is "$(tr '\n' ' ' <<<"$output")" "0 1 2 0 1 2 "
	run -0 bash -c '"$0" unshare --user true <&- >&- 2>&-' "$KOKON"
	run -1 bash -c '"$0" unshare --frob <&- >&- 2>&-' "$KOKON"
}

@test "two hundred at once" {
	need_user_namespaces
	run -0 as_user bash -c 'for i in $(seq 200); do "$KOKON" unshare -rmpf --mount-proc sh -c "[ \$\$ = 1 ]" & pids="$pids $!"; done; for p in $pids; do wait $p || exit 1; done; echo all'
	is "$output" all
}

@test "nested twenty deep" {
	need_user_namespaces
	local -a words=()
	local i
	for ((i = 0; i < 20; i++)); do words+=("$KOKON" unshare -r); done
	run -0 as_user "${words[@]}" id -u
	is "$output" 0
	for ((i = 0; i < 20; i++)); do words+=("$KOKON" unshare -r); done
	refused 1 "cannot make a new user namespace" -- as_user "${words[@]}" id -u
}

@test "killed half-way it leaves nothing" {
	need_root
	: >"$T/kept"
	local i
	for i in 1 2 3 4 5 6 7 8; do
		"$KOKON" unshare -muinpf --map-users=0:0:100 --map-groups=0:0:100 --mount-proc sleep 0.01 &
		sleep "0.00$i"
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
	done
}

@test "--trace prints each step with its duration, in order" {
	need_user_namespaces
	run -0 --separate-stderr u -rm --trace echo done
	is "$output" done
	is "$(sed -E 's/ +[0-9]+ us$//' <<<"$stderr")" $'unshare: make-user\nunshare: map-own-id\nunshare: namespaces\nunshare: mounts-before-root'
}
