# SPDX-License-Identifier: Apache-2.0
# kokon-oci as engines call it: descriptors sent to sockets, keyrings, an upgrade between two commands, a store that
# is damaged, full, or not there.

load lib
load oci

# receiver SOCKET: in the background, prints "listening", then what it was sent and to what process or terminal the
# descriptor leads.
receiver() {
	spawn python3 -c '
import array, os, re, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
print("listening", flush=True)
peer, _ = s.accept()
fds = array.array("i")
text, extra, _, _ = peer.recvmsg(4096, socket.CMSG_LEN(fds.itemsize))
fds.frombytes(extra[0][2])
info = open(f"/proc/self/fdinfo/{fds[0]}").read()
pid = re.search(r"^Pid:\s*(\d+)", info, re.M)
print(text.decode(), pid[1] if pid else "a terminal" if os.isatty(fds[0]) else info, flush=True)
' "$1"
	wait_for grep -q listening "$spawned_out"
}

@test "--pidfd-socket, --console-socket: create, run, exec" {
	need_root
	need python3
	receiver "$T/1"
	oci create --pidfd-socket "$T/1" --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	wait "$spawned_pid"
	is "$(tail -n1 "$spawned_out")" "pidfd $(pid_of c1)"
	oci start c1
	receiver "$T/2"
	oci exec -d --pidfd-socket "$T/2" --pid-file "$T/pid" c1 sleep 1001
	wait "$spawned_pid"
	is "$(tail -n1 "$spawned_out")" "pidfd $(cat "$T/pid")"
	receiver "$T/3"
	oci exec -d --tty --console-socket "$T/3" c1 sleep 1002
	wait "$spawned_pid"
	is "$(tail -n1 "$spawned_out")" "/dev/ptmx a terminal"
	change '.process.terminal = true'
	receiver "$T/4"
	oci run -d --console-socket "$T/4" --bundle "$B" c2 >"$T/out" 2>&1 </dev/null
	wait "$spawned_pid"
	is "$(tail -n1 "$spawned_out")" "/dev/ptmx a terminal"
	run -1 oci create --pidfd-socket "$T/none" --console-socket "$T/none" --bundle "$B" c3
	has "cannot connect to"
	nothing_of c3
}

@test "--no-new-keyring: the session keyring is the caller's, without it a new one" {
	need_root
	[ -r /proc/keys ] || skip "this kernel keeps no keys"
	# It has the container's name; none of a name that no container had lingers.
	local id=key-$$
	bundle grep " $id: " /proc/keys
	change '.linux.maskedPaths = []'
	run -1 oci run --no-new-keyring --bundle "$B" "$id"
	is "$output" ""
	run -0 oci run --bundle "$B" "$id"
}

@test "an upgrade between create and start" {
	need_root
	local new=$T/new
	mkdir "$new"
	# Another build: its mark in what the two sides say to each other is another.
	sed 's/nokok/nokoX/g' "$OCI" >"$new/kokon-oci"
	chmod 755 "$new/kokon-oci"
	run -1 cmp -s "$OCI" "$new/kokon-oci"
	bundle sh -c 'echo started; exec sleep 1000'
	oci create --bundle "$B" c1 >"$T/c1.out" 2>&1 </dev/null
	"$new/kokon-oci" --root "$STORE" start c1
	wait_for grep -q started "$T/c1.out"
	has_status c1 running
	"$new/kokon-oci" --root "$STORE" exec c1 true
	"$new/kokon-oci" --root "$STORE" delete -f c1
	nothing_of c1
	# And back.
	"$new/kokon-oci" --root "$STORE" create --bundle "$B" c1 >"$T/c1.out" 2>&1 </dev/null
	oci start c1
	wait_for grep -q started "$T/c1.out"
	oci delete -f c1
}

@test "list: a record that cannot be read is told of, and hides no other" {
	need_root
	begin c1
	begin c2
	cp "$STORE/c1/record" "$T/record"
	echo "pid x" >"$STORE/c1/record"
	run -0 --separate-stderr oci list -q
	is "$output" c2
	[[ $stderr == *"level=warning"*"c1"* ]]
	run -0 --separate-stderr oci list --format json
	is "$(jq -r '.[].id' <<<"$output")" c2
	run -1 oci delete --force c1
	has "c1"
	cp "$T/record" "$STORE/c1/record"
	oci delete -f c1
	nothing_of c1
}

@test "a store that is not there: no container" {
	local command
	for command in start state kill delete ps pause resume update events checkpoint "exec c1"; do
		# shellcheck disable=SC2086 # a command, and perhaps the id
		run "$OCI" --root "$T/none" $command c1
		[ "$status" -ne 0 ]
		has "container 'c1' does not exist"
	done
	run -0 "$OCI" --root "$T/none" list --format json
	is "$output" "[]"
	run -0 "$OCI" --root "$T/none" delete --force c1
	[ ! -e "$T/none" ]
}
