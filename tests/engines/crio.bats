# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# The calls that CRI-O and its conmon make. CRI-O itself is not packaged: this replays its order and
# words (internal/oci/runtime_oci.go of its sources) with the real conmon, on a bundle like its own:
# namespaces of the pod pinned to files, a group below the pod's, the groups mounted read-only.

load ../system/oci
load engine

setup_file() {
	! engine_lacks conmon busybox ip jq || return 0
	engine_setup_file
}

teardown_file() { engine_teardown_file; }

setup() {
	[ -z "$UNAVAILABLE" ] || skip "$UNAVAILABLE"
	common_setup
	oci_setup
	OCI=$RUNTIME
	ID=$(printf '%064d' 7)
	mkdir "$T/exits" "$T/sockets" "$T/persist" "$T/ns"
	pod_namespaces
	change '.process.args = ["sh", "-c", "echo begun; trap \"exit 3\" TERM; while :; do sleep 0.1; done"]
		| .linux.cgroupsPath = "/'"$NETNS"'/crio-'"$ID"'"
		| (.linux.namespaces[] | select(.type == ("network", "ipc", "uts"))) |= (.path = "'"$T/ns/"'" + .type)
		| del(.hostname)
		| .mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
			"options": ["nosuid", "noexec", "nodev", "relatime", "ro"]}, {"destination": "/etc/hostname", "type": "bind",
			"source": "'"$T/hostname"'", "options": ["ro", "rbind", "rprivate", "nodev", "nosuid", "noexec"]}]
		| .linux.resources = {"memory": {"limit": 67108864}, "cpu": {"shares": 512, "quota": 50000, "period": 100000}, "pids": {"limit": 100},
			"devices": [{"allow": false, "access": "rwm"}]}
		| .annotations = {"io.kubernetes.cri-o.ContainerType": "container", "io.kubernetes.cri-o.TTY": "false", "org.systemd.property.CollectMode": "\u0027inactive-or-failed\u0027"}'
	echo pod-host >"$T/hostname"
	! cgroup_of memory >/dev/null || return 0
	change 'del(.linux.resources.memory, .linux.resources.cpu, .linux.resources.pids)'
}

engine_teardown() {
	oci_teardown
	umount "$T/ns"/* 2>/dev/null || true
}

# What pinns does for a pod.
pod_namespaces() {
	touch "$T/ns/network" "$T/ns/ipc" "$T/ns/uts"
	unshare --net --ipc --uts sh -c 'hostname pod-host; ip link set lo up; for n in network:net ipc:ipc uts:uts; do
		nsenter --mount=/proc/$PPID/ns/mnt mount --bind /proc/$$/ns/${n#*:} "$0/${n%:*}"; done' "$T/ns"
}

# monitor CONMON'S ARGUMENT...: what it reports is in $report.
monitor() {
	[ -p "$T/report" ] || mkfifo "$T/report"
	exec 7<>"$T/report"
	printf '\0' >"$T/go"
	env -i _OCI_SYNCPIPE=5 _OCI_STARTPIPE=6 timeout 90 conmon -c "$ID" -n web -r "$RUNTIME" --socket-dir-path "$T/sockets" --log-level info \
		--runtime-arg "--root=$STORE" "$@" 5>"$T/report" 6<"$T/go" 7>&- 3>&- 4>&- </dev/null
	read -r -t 60 report <&7
	exec 7>&-
}

create() {
	(cd "$B" && monitor -b "$B" --exit-dir "$T/exits" -l "$T/log" -P "$T/conmon.pid" -p "$B/pidfile" --persist-dir "$T/persist" --syslog -u "$ID" "$@" && echo "$report")
}

# exec_sync WORD...: the status is in $code, the output in $T/exec.log.
exec_sync() {
	local arguments=()
	while [[ $1 == -* ]]; do
		arguments+=("$1" "$2")
		shift 2
	done
	process false "$@"
	: >"$T/exec.log"
	monitor -p "$T/exec.pid" -e -l "$T/exec.log" --sync --exec-process-spec "$T/process.json" "${arguments[@]}" || true
	code=$(jq .exit_code <<<"$report")
}

process() { jq --arg t "$1" '.process | .args = $ARGS.positional | .terminal = ($t == "true")' --args -- "${@:2}" <"$B/config.json" >"$T/process.json"; }

@test "a container's life" {
	run -0 create
	pid=$(jq .pid <<<"$output")
	is "$pid" "$(cat "$B/pidfile")"
	run -0 oci state "$ID"
	is "$(jq -r '.status, .pid, .annotations."io.kubernetes.cri-o.ContainerType"' <<<"$output")" $'created\n'"$pid"$'\ncontainer'
	run -0 oci start "$ID"
	wait_for grep -q 'stdout F begun' "$T/log"
	is "$(readlink "/proc/$pid/ns/net")" "net:[$(stat -c %i "$T/ns/network")]"
	if cgroup_of memory >/dev/null; then
		is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 67108864
		run -0 oci update --resources - "$ID" <<<'{"memory": {"limit": 83886080}, "cpu": {"shares": 256, "quota": 25000, "period": 100000}, "pids": {}}'
		is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 83886080
	fi
	exec_sync sh -c 'hostname; echo wrong >&2; touch /sys/fs/cgroup/x 2>/dev/null || echo read-only; exit 5'
	is "$code" 5
	is "$(cut -d' ' -f2- "$T/exec.log" | sort)" $'stderr F wrong\nstdout F pod-host\nstdout F read-only'
	exec_sync nosuchprogram
	is "$code" -1
	[[ $report == *nosuchprogram* ]]
	exec_sync -T 1 sleep 1000
	is "$(jq -r .message <<<"$report")" "command timed out"
	# The streaming Exec, with and without a terminal.
	process false sh -c 'cat; exit 4'
	run -4 oci exec --process "$T/process.json" "$ID" <<<"through it"
	is "$output" "through it"
	process true sh -c 'tty; echo $((6*7))'
	run -0 on_terminal "'$RUNTIME' --root '$STORE' exec --process '$T/process.json' '$ID'"
	has 42
	run -0 oci pause "$ID"
	is "$(status_of "$ID")" paused
	run -0 oci resume "$ID"
	run -0 oci kill "$ID" TERM
	wait_for test -s "$T/exits/$ID"
	is "$(cat "$T/exits/$ID")" 3
	wait_for has_status "$ID" stopped
	# Words by which CRI-O tells that there is nobody left to kill.
	run ! oci kill "$ID" KILL
	has "container not running"
	run -0 oci delete --force "$ID"
	run -0 oci delete --force "$ID"
	run ! oci state "$ID"
	[ ! -e "/proc/$pid" ]
}

@test "a terminal; what cannot start; a container that is killed, and its children in the machine's processes" {
	change '.process.terminal = true | .process.args = ["sh", "-c", "tty; sleep 1000"]'
	run -0 create -t
	run -0 oci start "$ID"
	wait_for grep -q /dev/ "$T/log"
	# "-a" where the container has no process namespace of its own.
	run -0 oci kill -a "$ID" 9
	wait_for test -s "$T/exits/$ID"
	is "$(cat "$T/exits/$ID")" 137
	run -0 oci delete --force "$ID"
	rm "$T/exits/$ID"
	change '.process.terminal = false | .process.args = ["nosuchprogram"]'
	run create
	has '"pid": -1'
	has nosuchprogram
	run -0 oci delete --force "$ID"
	change '.root.readonly = false | del(.linux.namespaces[] | select(.type == "pid")) | .process.args = ["sh", "-c", "sleep 1001 & echo $! >/child; wait"]'
	run -0 create
	run -0 oci start "$ID"
	wait_for test -s "$B/rootfs/child"
	run -0 oci kill "$ID" KILL
	wait_for test -s "$T/exits/$ID"
	wait_for has_status "$ID" stopped
	run -0 oci kill -a "$ID" 9
	child=$(cat "$B/rootfs/child")
	wait_for sh -c '! grep -q "^State:.[RSDT]" /proc/$0/status 2>/dev/null' "$child"
	run -0 oci delete --force "$ID"
}
