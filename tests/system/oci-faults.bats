# SPDX-License-Identifier: Apache-2.0
# kokon-oci when a system call fails once, and when it is given nonsense: a clear error, no hang,
# nothing left after `delete --force`, and the id is free.

load lib
load oci

# failing ERROR CALL N ARG…: `kokon-oci ARG…`, whose Nth CALL fails
failing() {
	local error=$1 name=$2 n=$3
	shift 3
	timeout 60 strace -qq -o /dev/null -e inject="$name:error=$error:when=$n" "$OCI" --root "$STORE" "$@" >"$T/out" 2>&1 </dev/null 3>&-
}

# calls_of NAME ARG…: how many calls of NAME `kokon-oci ARG…` makes
calls_of() {
	local name=$1
	shift
	strace -qq -e trace="$name" -o "$T/calls" "$OCI" --root "$STORE" "$@" >"$T/out" 2>&1 </dev/null 3>&-
	grep -c "^$name(" "$T/calls"
}

clean() {
	oci delete --force c1
	nothing_of c1
	[ ! -e "$STORE/.oci-new" ]
}

@test "delete: whatever cannot be removed now is removed by the next one" {
	need_root
	need strace
	local n k
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	n=$(calls_of unlinkat delete --force c1)
	for ((k = n; k > n - 6; k--)); do
		oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
		run -1 failing EIO unlinkat "$k" delete --force c1
		grep -q "state directory of 'c1'" "$T/out" || { cat "$T/out"; return 1; }
		clean || { echo "unlinkat $k of $n"; return 1; }
	done
}

@test "delete --force: a container that cannot be looked at is not one that does not exist" {
	need_root
	need strace
	oci run -d --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	run -1 failing EIO faccessat 1 delete --force c1
	grep -q "cannot open the state of 'c1'" "$T/out"
	has_status c1 running
	# A process that cannot be opened is not one that has ended: it would not need --force.
	run -1 failing ENOMEM pidfd_open 1 delete c1
	grep -q "cannot open the first process of 'c1'" "$T/out"
	has_status c1 running
	clean
}

@test "no memory for the record: an error, and nothing left" {
	need_root
	need strace
	local n k
	n=$(calls_of mmap run -d --bundle "$B" c1)
	clean
	for ((k = 1; k <= n; k++)); do
		failing ENOMEM mmap "$k" run -d --bundle "$B" c1 || {
			[ -s "$T/out" ] || { echo "mmap $k of $n: no message"; return 1; }
			[ ! -e "$STORE/c1" ] || { echo "mmap $k of $n: something is left"; return 1; }
		}
		clean || { echo "mmap $k of $n"; return 1; }
	done
}

@test "a config.json that is a fifo, a directory, a loop, endless" {
	need_root
	mv "$B/config.json" "$T/good"
	mkfifo "$B/config.json"
	run -1 timeout 60 "$OCI" --root "$STORE" run --bundle "$B" c1
	has "is no ordinary file"
	rm "$B/config.json"
	mkdir "$B/config.json"
	run -1 timeout 60 "$OCI" --root "$STORE" run --bundle "$B" c1
	has "is a directory"
	rmdir "$B/config.json"
	ln -s config.json "$B/config.json"
	run -1 timeout 60 "$OCI" --root "$STORE" run --bundle "$B" c1
	has "symbolic link"
	rm "$B/config.json"
	truncate -s 4G "$B/config.json"
	run -1 timeout 60 "$OCI" --root "$STORE" run --bundle "$B" c1
	has "too large"
	rm "$B/config.json"
	# What --config names may be a pipe.
	jq '.process.args = ["echo", "by pipe"]' "$T/good" >"$T/echo"
	run -0 bash -c '"$1" --root "$2" run --bundle "$3" --config <(cat "$4") c1 3>&-' x "$OCI" "$STORE" "$B" "$T/echo"
	is "$output" "by pipe"
	nothing_of c1
}

@test "mount targets of a hostile root: links, files, fifos" {
	need_root
	local place kind
	bundle true
	for place in proc sys dev; do
		for kind in "ln -s /etc" "ln -s ../../../.." "touch" "mkfifo" "ln -s $place"; do
			rm -rf "$B/rootfs/$place"
			(cd "$B/rootfs" && $kind "$place")
			run oci run --bundle "$B" c1
			[ "$status" -eq 0 ] || has "'/$place"
			nothing_of c1
		done
		rm -f "$B/rootfs/$place"
		mkdir "$B/rootfs/$place"
	done
	oci run --bundle "$B" c1
}

@test "--pid-file in no directory, --console-socket to what is no socket, closed streams" {
	need_root
	run -1 oci create --bundle "$B" --pid-file "$T/none/pid" c1
	has "cannot write the pid file"
	nothing_of c1
	change '.process.terminal = true'
	run -1 oci create --bundle "$B" --console-socket "$B/config.json" c1
	has "cannot connect to"
	nothing_of c1
	bundle sh -c 'exit 7'
	run -7 bash -c '"$@" 3>&- <&- >&- 2>&-' x "$OCI" --root "$STORE" run --bundle "$B" c1
	nothing_of c1
}
