# SPDX-License-Identifier: Apache-2.0
# kokon-oci create, start, run, state, list, kill, delete: the life of a container.

load lib
load oci

@test "run: output, exit status, nothing left" {
	need_root
	bundle sh -c 'echo hello; exit 7'
	run -7 oci run --bundle "$B" c1
	is "$output" hello
	nothing_of c1
	cd "$B"
	bundle sh -c 'kill -9 $$; exit 3'
	change '.process.args = ["sh", "-c", "sh -c \"kill -TERM \\$\\$\"; exit $?"]'
	run -143 oci run c1
	nothing_of c1
}

@test "run: --pid-file is relative to the caller, --keep leaves a stopped container" {
	need_root
	bundle true
	cd "$T"
	oci run --keep --bundle "$B" --pid-file here c1
	[ "$(cat here)" -gt 1 ]
	has_status c1 stopped
	is "$(pid_of c1)" 0
	oci delete c1
	nothing_of c1
}

@test "run --detach: it goes on without us" {
	need_root
	oci run -d --bundle "$B" c1 >"$T/out" 2>&1
	has_status c1 running
	run -1 oci delete c1
	has "not stopped: running"
	oci delete --force c1
	nothing_of c1
}

@test "run: one that another command deletes, and makes again, is not run's to delete" {
	need_root
	change --arg log "$T/poststop" '.hooks.poststop = [{"path": "/bin/sh", "args": ["sh", "-c", "echo x >>" + $log]}]'
	local status=0
	spawn "$OCI" --root "$STORE" run --bundle "$B" c1
	wait_for has_status c1 running
	kill -STOP "$spawned_pid"
	oci delete --force c1
	is "$(cat "$T/poststop")" x
	begin c1
	kill -CONT "$spawned_pid"
	wait "$spawned_pid" || status=$?
	is "$status" 137
	has_status c1 running
	is "$(cat "$T/poststop")" x
	oci delete --force c1
}

@test "create, start, kill, delete" {
	need_root
	bundle sh -c 'echo started; exec sleep 1000'
	oci create --bundle "$B" --pid-file "$T/pid" c1 >"$T/out" 2>&1
	has_status c1 created
	is "$(cat "$T/pid")" "$(pid_of c1)"
	[ ! -s "$T/out" ]
	oci start c1
	wait_for grep -q started "$T/out"
	has_status c1 running
	is "$(tr '\0' ' ' <"/proc/$(pid_of c1)/cmdline")" "sleep 1000 "
	run -1 oci start c1
	has "been started already"
	oci kill c1 KILL
	wait_for has_status c1 stopped
	run -1 oci kill c1
	has "container not running"
	run -1 oci start c1
	has "has stopped"
	oci delete c1
	nothing_of c1
}

@test "the waiting process: few descriptors, and no rights to look into it" {
	need_root
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	pid=$(pid_of c1)
	is "$(ls "/proc/$pid/fd" | wc -l)" 4
	readlink "/proc/$pid/exe" | grep -q 'memfd:kokon-init'
	# It outlives the one who made it; a created container can be deleted.
	has_status c1 created
	oci delete c1
	wait_for test ! -e "/proc/$pid" # a zombie, until its parent has asked for it
	nothing_of c1
}

@test "a program that is not there is told by create, and nothing is left" {
	need_root
	bundle no-such-program
	run -1 oci create --bundle "$B" c1
	has "cannot run 'no-such-program': no such file or directory"
	nothing_of c1
	bundle /etc
	run -1 oci run --bundle "$B" c1
	has "permission denied"
	nothing_of c1
}

@test "state and list: the shapes that engines read" {
	need_root
	change '.annotations = {"a.b": "c"}'
	begin c1
	oci create --bundle "$B" c2 >"$T/out" 2>&1 </dev/null
	run -0 oci state c1
	is "$(jq -r '[.ociVersion, .id, .status, .bundle, .rootfs, .annotations["a.b"]] | join(" ")' <<<"$output")" \
		"1.3.0 c1 running $B $B/rootfs c"
	jq -re .created <<<"$output" | grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]+Z$'
	is "$(oci list -q | tr '\n' ' ')" "c1 c2 "
	is "$(oci list --format json | jq -r '.[] | .id + "=" + .status' | tr '\n' ' ')" "c1=running c2=created "
	run -0 oci list
	is "${lines[0]%% *}" ID
	has "created"
	# Neither program lists the other's.
	run -0 "$KOKON" ps -q
	lacks c1
	run -1 oci state c3
	has "container 'c3' does not exist"
	run -1 oci list --format xml
	has "invalid format option 'xml'"
}

@test "ids: what is refused, and a taken one" {
	need_root
	for id in .. . 'a/b' 'a b' ''; do
		run -1 oci create --bundle "$B" "$id"
		has "invalid container id"
	done
	begin a+b_c.d-1
	run -1 oci create --bundle "$B" a+b_c.d-1
	has "already exists"
	has_status a+b_c.d-1 running
}

@test "options behind the id, a missing id, unknown words" {
	need_root
	bundle true
	oci run c1 --bundle "$B"
	run -1 oci run --bundle "$B"
	has "container id is missing"
	run -1 oci run --bundle "$B" c1 c2
	has "one container id"
	run -1 oci start
	has "container id is missing"
	run -1 oci strt c1
	has "did you mean 'start'?"
	run -1 oci run --bundel "$B" c1
	has "did you mean '--bundle'?"
	run -1 oci run --bundle "$T/none" c1
	has "cannot open the bundle"
	run -1 oci run --bundle "$T" c1
	has "not found"
	run -1 oci run --no-pivot=perhaps c1
	has "neither true nor false"
	run -1 oci run --preserve-fds 5x c1
	has "is no number"
	run -1 oci run --bundle "$B" --preserve-fds 9 c1
	has "is not open"
}

@test "kill: by number and name, --all, and a paused container" {
	need_root
	bundle sh -c 'trap "echo got usr1" USR1; trap "echo got term; exit 4" TERM; echo ready; while :; do sleep 0.1; done'
	begin c1
	wait_for grep -q ready "$T/c1.out"
	oci kill c1 0
	oci kill c1 10
	wait_for grep -q 'got usr1' "$T/c1.out"
	oci kill c1 SIGTERM
	wait_for has_status c1 stopped
	run -1 oci kill c1 NOSUCH
	has "unknown signal 'NOSUCH'"
	oci delete c1

	bundle sleep 1000
	begin c1
	oci exec -d c1 sleep 1001
	oci kill --all c1 KILL
	wait_for has_status c1 stopped
	oci delete c1

	begin c1
	oci pause c1
	has_status c1 paused
	run -255 oci exec c1 true
	has "paused"
	oci kill c1 KILL
	wait_for has_status c1 stopped
	oci delete c1
	begin c1
	oci pause c1
	oci delete -f c1
	nothing_of c1
}

@test "pause and resume" {
	need_root
	begin c1
	oci pause c1
	has_status c1 paused
	run -1 oci pause c1
	has "is not running"
	oci resume c1
	has_status c1 running
	run -1 oci resume c1
	has "is not paused"
	oci create --bundle "$B" c2 >"$T/out" 2>&1 </dev/null
	oci pause c2
	run -1 oci start c2
	has "is paused"
	oci resume c2
	oci start c2
	has_status c2 running
}

@test "delete: --force without a container, --regex" {
	need_root
	oci delete --force nobody
	run -1 oci delete nobody
	has "does not exist"
	begin web-1
	begin web-2
	begin db
	oci kill --regex '^web-' KILL
	wait_for has_status web-2 stopped
	wait_for has_status web-1 stopped
	oci delete --regex '^web-'
	is "$(oci list -q)" db
	run -1 oci delete --regex '['
	has "no regular expression"
}

@test "a config.json that changes after create changes nothing" {
	need_root
	bundle sh -c 'echo first; exec sleep 1000'
	oci create --bundle "$B" c1 >"$T/c1.out" 2>&1 </dev/null
	echo '{' >"$B/config.json"
	oci start c1
	wait_for grep -q first "$T/c1.out"
	oci exec c1 true
	oci delete -f c1
}

@test "--log and --log-format: errors are there and on stderr" {
	need_root
	bundle no-such-program
	run -1 oci --log "$T/log" --log-format json run --bundle "$B" c1
	has "cannot run 'no-such-program'"
	lacks level=
	is "$(jq -r .level <"$T/log")" error
	jq -re .msg <"$T/log" | grep -q "cannot run 'no-such-program': no such file or directory"
	jq -re .time <"$T/log" | grep -qE '^20[0-9-]+T'
	run -1 oci --log-format text run --bundle "$B" c1
	has 'level=error msg="cannot run'
	run -1 oci --log-format xml list
	has "unknown log format"
}

@test "--preserve-fds, --no-pivot, --no-new-keyring" {
	need_root
	bundle sh -c 'cat <&3; ls /proc/self/fd | tr "\n" " "'
	echo text >"$T/file"
	run -0 "$OCI" --root "$STORE" run --bundle "$B" --preserve-fds 1 c1 3<"$T/file"
	has text
	bundle ls /
	run -0 oci run --bundle "$B" --no-pivot c1
	has etc
	bundle true
	oci run --bundle "$B" --no-new-keyring c1
}

@test "a terminal: in the foreground, and what is refused" {
	need_root
	need script
	bundle sh -c 'tty; ls -l /dev/console; stty size; exit 5'
	change '.process.terminal = true | .process.consoleSize = {"height": 33, "width": 77}'
	run -5 on_terminal "stty rows 20 cols 70; $OCI --root $STORE run --bundle $B c1" </dev/null
	has /dev/pts/0
	lacks $'\r\r'
	run -1 oci create --bundle "$B" c1
	has "without setting console socket"
	run -1 oci run -d --bundle "$B" c1
	has "without setting console socket"
	change '.process.terminal = false'
	run -1 oci create --bundle "$B" --console-socket "$T/none" c1
	has "cannot use console socket"
	nothing_of c1
}

@test "update, events --stats, ps" {
	need_cgroup memory
	begin c1
	dir=$(find /sys/fs/cgroup -path '*/kokon-oci/c1' -exec test -e '{}/memory.limit_in_bytes' -o -e '{}/memory.max' \; -print | head -n1)
	file=$dir/memory.max
	[ -e "$file" ] || file=$dir/memory.limit_in_bytes
	oci update --memory 64M c1
	is "$(cat "$file")" 67108864
	echo '{"memory": {"limit": 33554432}}' | oci update --resources - c1
	is "$(cat "$file")" 33554432
	run -1 oci update --memory lots c1
	has "is no size"
	run -0 oci events --stats c1
	is "$(jq -r '.type + " " + .id + " " + (.data.memory.usage.limit | tostring)' <<<"$output")" "stats c1 33554432"
	run -0 oci ps --format json c1
	is "$(jq -c . <<<"$output")" "[$(pid_of c1)]"
	run -0 oci ps c1 -o pid,args
	has "sleep 1000"
	run -1 oci ps c1 -o args
	has "no column PID"
	oci kill c1 KILL
	wait_for has_status c1 stopped
	run -1 oci update --memory 64M c1
	has "container not running"
	run -1 oci events --stats c1
	has "is not running"
}

@test "spec, features, check, --version" {
	mkdir "$T/new"
	cd "$T/new"
	"$OCI" spec
	jq -e .process.args config.json
	run -1 "$OCI" spec
	has "file exists"
	run -0 "$OCI" features
	is "$(jq -r .ociVersionMax <<<"$output")" 1.3.0
	mkdir rootfs
	run -0 "$OCI" check
	echo '{"ociVersion": "1.0.0", "root": {"path": "gone"}}' >config.json
	run -1 "$OCI" check
	has "error: root.path"
	has "the bundle has"
	run -0 "$OCI" --version
	has "kokon-oci version"
	has "spec: 1.3.0"
	run -0 "$OCI" --help
	has "create"
	run -0 "$OCI" create --help
	has "--console-socket"
}

@test "the man page and the completion have every option" {
	local command option page=$BATS_TEST_DIRNAME/../../src/cli-oci/kokon-oci.8.scd
	"$OCI" completion bash >"$T/completion"
	bash -n "$T/completion"
	for command in $("$OCI" --help | sed -n '/^Commands:/,/^Options:/s/^  \([a-z]*\) .*/\1/p'); do
		grep -qF "*$command*" "$page" || { echo "$command is not in the man page"; false; }
		for option in $("$OCI" "$command" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE '\-\-[a-z-]+'); do
			[ "$option" = --help ] || grep -qF -- "$option" "$page" || { echo "$command $option is not in the man page"; false; }
			grep -E "^	$command\) words" "$T/completion" | grep -qF -- "$option" || { echo "$command $option is not completed"; false; }
		done
	done
	# shellcheck source=/dev/null
	source "$T/completion"
	COMP_WORDS=(kokon-oci cre) COMP_CWORD=1
	_kokon_oci
	is "${COMPREPLY[*]}" create
	COMP_WORDS=("$OCI" kill --a) COMP_CWORD=2
	_kokon_oci
	is "${COMPREPLY[*]}" --all
}

@test "an ordinary user: run, create, start, exec, delete" {
	need_user_namespaces
	cp -r "$B" "$U/bundle"
	! is_root || chown -R "$TEST_UID:$TEST_UID" "$U/bundle"
	rm "$U/bundle/config.json"
	as_user "$OCI" spec --rootless --bundle "$U/bundle"
	B=$U/bundle change '.process.terminal = false | .process.args = ["sh", "-c", "id -u; exit 3"]'
	run -3 as_user "$OCI" run --bundle "$U/bundle" c1
	is "$output" 0
	B=$U/bundle change '.process.args = ["sleep", "1000"]'
	as_user "$OCI" create --bundle "$U/bundle" c1 >"$T/out" 2>&1 </dev/null 3>&-
	as_user "$OCI" start c1
	run -4 as_user "$OCI" exec c1 sh -c 'hostname; exit 4'
	is "$output" kokon
	as_user "$OCI" kill c1 KILL
	wait_for as_user sh -c "$OCI state c1 | grep -q stopped"
	as_user "$OCI" delete c1
	is "$(as_user "$OCI" list -q)" ""
	rm -rf "$U/run/kokon"
}

# As engines of ordinary users call it: with all rights, but in a namespace where nothing of the machine is theirs.
@test "root of a user namespace: devices, /sys, /dev/mqueue, groups, where the state is" {
	need_subids
	cp -a "$B" "$U/bundle"
	change '.process.terminal = false | .process.args = ["sh", "-c", "echo x >/dev/null && ls /dev/mqueue /sys/kernel >/dev/null && cat /proc/self/uid_map"]'
	mv "$B/config.json" "$U/bundle/config.json"
	chown -R "$TEST_UID:$TEST_UID" "$U/bundle"
	local -a inside=("$KOKON" unshare --user --map-root-user --map-auto --)
	run -0 as_user "${inside[@]}" "$OCI" run --bundle "$U/bundle" c1
	is "$(tr -s ' ' <<<"$output" | head -1)" " 0 $TEST_UID 1"
	# In a pod the second container joins what the first one made.
	run -0 as_user "${inside[@]}" "$KOKON" unshare --ipc --net --mount sh -c 'mkdir -p "$U/bundle2" && cp -r "$U/bundle/rootfs" "$U/bundle2" &&
		jq "(.linux.namespaces[] | select(.type == \"ipc\" or .type == \"network\")) |= (.path = \"/proc/$$/ns/\" + {ipc: \"ipc\", network: \"net\"}[.type])" \
			<"$U/bundle/config.json" >"$U/bundle2/config.json" && "$0" run --bundle "$U/bundle2" c2' "$OCI"
	# The state lies with the user's, not in the machine's /run/kokon.
	run -0 as_user "${inside[@]}" sh -c '"$0" create --bundle "$U/bundle" c3 >"$U/out" && "$0" state c3 && ls "$XDG_RUNTIME_DIR/kokon" && "$0" delete -f c3' "$OCI"
	has '"status": "created"'
	has c3
}

@test "what fails under a filter that kills on sendmsg: start says it" {
	need_root
	printf '#!/no/such/interpreter\n' >"$B/rootfs/bin/script"
	chmod 755 "$B/rootfs/bin/script"
	bundle /bin/script
	change '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sendmsg", "write"], "action": "SCMP_ACT_KILL_PROCESS"}]}'
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	run -1 oci start c1
	has "its interpreter '/no/such/interpreter'"
	wait_for has_status c1 stopped
	run -1 oci run --bundle "$B" c2
	has "its interpreter '/no/such/interpreter'"
	nothing_of c2
	bundle true
	change '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_KILL"}]}'
	run -1 oci run --detach --bundle "$B" c3
	has "was killed by SIGSYS"
	has "seccomp"
	nothing_of c3
	run -1 oci run --bundle "$B" c3
	has "was killed by SIGSYS"
}
