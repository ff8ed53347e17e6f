# SPDX-License-Identifier: Apache-2.0
# Hooks of an OCI bundle: where and when each kind runs, what it is told, and what its failure means.

load lib
load oci

# hook KIND 'SHELL TEXT' [TIMEOUT]: one more hook of this kind
hook() {
	change --arg kind "$1" --arg text "$2" --argjson timeout "${3:-60}" \
		'.hooks[$kind] += [{"path": "/bin/sh", "args": ["sh", "-c", $text], "env": ["PATH=/bin:/usr/bin", "K=" + $kind], "timeout": $timeout}]'
}

kinds=(prestart createRuntime createContainer startContainer poststart poststop)

@test "all six: order, namespaces, state on standard input" {
	need_root
	mkdir "$B/rootfs/log"
	chmod 777 "$B/rootfs/log"
	change '.root.readonly = false | .annotations = {"x": "y \"z\""}'
	for kind in "${kinds[@]}"; do
		log=$B/rootfs/log
		[ "$kind" != startContainer ] || log=/log
		hook "$kind" "echo \$K >>$log/order; cat >$log/\$K.json; readlink /proc/self/ns/mnt >$log/\$K.ns; readlink /proc/self/ns/pid >>$log/\$K.ns"
	done
	log=$B/rootfs/log
	oci create --bundle "$B" c1 >"$T/c1.out" 2>&1 </dev/null
	is "$(tr '\n' ' ' <"$log/order")" "prestart createRuntime createContainer "
	pid=$(pid_of c1)
	oci start c1
	ns=$(ns_of mnt "$pid")
	pidns=$(ns_of pid "$pid")
	oci delete -f c1
	is "$(tr '\n' ' ' <"$log/order")" "${kinds[*]} "
	for kind in "${kinds[@]}"; do
		is "$(jq -r '.ociVersion + " " + .id + " " + .bundle + " " + .annotations.x' <"$log/$kind.json")" "1.3.0 c1 $B y \"z\""
	done
	told() { jq -r '.status + " " + (.pid | tostring)' <"$log/$1.json"; }
	is "$(told prestart)" "creating $pid"
	is "$(told createRuntime)" "creating $pid"
	is "$(told createContainer)" "creating 1"
	is "$(told startContainer)" "created 1"
	is "$(told poststart)" "running $pid"
	is "$(told poststop)" "stopped 0"
	for kind in prestart createRuntime poststart poststop; do
		is "$(tr '\n' ' ' <"$log/$kind.ns")" "$(ns_of mnt) $(ns_of pid) "
	done
	for kind in createContainer startContainer; do
		is "$(tr '\n' ' ' <"$log/$kind.ns")" "$ns $pidns "
	done
}

@test "one that fails before start: create fails with what it said, and nothing is left" {
	need_root
	for kind in prestart createRuntime createContainer; do
		bundle sleep 1000
		hook "$kind" "echo it said so >&2; exit 5"
		hook poststop "echo stopped >$T/stopped"
		run -1 oci create --bundle "$B" c1
		has "the $kind hook '/bin/sh' failed with status 5: it said so"
		nothing_of c1
		is "$(cat "$T/stopped")" stopped
		rm "$T/stopped"
	done
}

@test "a startContainer hook that fails: start fails with its message" {
	need_root
	hook startContainer "echo no >&2; exit 2"
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	run -1 oci start c1
	has "the startContainer hook '/bin/sh' failed with status 2: no"
	wait_for has_status c1 stopped
	oci delete c1
	nothing_of c1
}

@test "a poststart hook that fails stops the container; a poststop hook that fails does not matter" {
	need_root
	hook poststart "exit 3"
	hook poststop "exit 4"
	hook poststop "echo second >$T/second"
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	run -1 oci start c1
	has "the poststart hook"
	wait_for has_status c1 stopped
	run -0 oci delete c1
	has "poststop"
	is "$(cat "$T/second")" second
}

@test "one that takes too long is killed, with all its children" {
	need_root
	hook createRuntime "sleep 1234 & echo \$! >$T/child; wait" 1
	run -1 oci create --bundle "$B" c1
	has "did not end within 1 s"
	child=$(cat "$T/child")
	ended() { [ ! -e "/proc/$child" ] || grep -q '^State:.Z' "/proc/$child/status"; }
	wait_for ended
	nothing_of c1
}

@test "one that is not there" {
	need_root
	change '.hooks.createRuntime = [{"path": "/no/such/hook"}]'
	run -1 oci create --bundle "$B" c1
	has "the createRuntime hook '/no/such/hook' failed"
	has "No such file"
	nothing_of c1
}

# What a container has for /proc may be files of its image.
@test "startContainer: its state does not come through the container's /proc; each hook has its own" {
	need_root
	local n
	bundle true
	change '.root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = [] |
		.mounts = [.mounts[] | select(.destination != "/proc" and .destination != "/tmp")]'
	mkdir -p "$B/rootfs/proc/self/fd" "$B/rootfs/tmp"
	for n in $(seq 3 40); do
		mkfifo "$B/rootfs/proc/self/fd/$n"
	done
	# Neither what one has read nor what it has written is seen by the next one.
	hook startContainer 'read -r -n 2 x; echo forged >&0; cat >/dev/null' 30
	hook startContainer 'cat >/tmp/told' 30
	run timeout -k 1 60 "$OCI" --root "$STORE" run --bundle "$B" "told-$$" # a name of its own: its group is the machine's
	is "$status: $output" "0: "
	is "$(jq -r '.id + " " + .status' <"$B/rootfs/tmp/told")" "told-$$ created"
}
