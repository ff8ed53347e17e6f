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
	grep -c "^$name(" "$T/calls" || [ $? -eq 1 ] # none is a number, too
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
	has "has more than 4 MiB"
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

@test "no memory for the arena, the heap, a mapping: an error or the message, never a signal; nothing left" {
	need_root
	need strace
	local name n k status
	for name in mmap brk; do
		n=$(calls_of "$name" create --bundle "$B" c1)
		clean
		for ((k = 1; k <= n; k++)); do
			status=0
			failing ENOMEM "$name" "$k" create --bundle "$B" c1 || status=$?
			case $status in
			0) ;; # what failed was only an advice, or the heap found another way
			1 | 125) grep -qiE "memory|cannot" "$T/out" || { echo "$name $k: no word"; cat "$T/out"; return 1; } ;;
			*) echo "$name $k of $n: status $status"; cat "$T/out"; return 1 ;;
			esac
			clean || { echo "$name $k of $n"; return 1; }
		done
	done
}

@test "a root that is a symbolic link, or lies behind one in the bundle, is refused" {
	mkdir "$B/dir"
	ln -s ../rootfs "$B/dir/link"
	ln -s "$B" "$B/self"
	local path
	for path in dir/link dir/link/ self/rootfs ./dir/../dir/link "$B/dir/link" "$B/dir/link/"; do
		change '.root.path = $path' --arg path "$path"
		run -1 oci run --bundle "$B" c1
		has "root.path: '$path' is a symbolic link"
		run -1 oci check --bundle "$B"
		has "is a symbolic link"
	done
	need_root
	bundle true
	change '.root.path = $path' --arg path "$B/self/rootfs" # the engine's own path
	oci run --bundle "$B" c1
	change '.root.path = "dir/..//rootfs/"'
	oci run --bundle "$B" c1
}

@test "a config.json of more than 4 MiB: one message" {
	local n
	for n in 5 40; do
		bundle true
		head -c "${n}M" /dev/zero | tr '\0' ' ' >>"$B/config.json"
		run -1 oci create --bundle "$B" c1
		has "'$B/config.json' has more than 4 MiB"
		is "${#lines[@]}" 1
	done
}

@test "a program that the kernel cannot load is start's error" {
	need_root
	need perl
	# An ELF file with one segment: beyond the address space, and larger than it.
	elf() { # elf ADDRESS SIZE
		perl -e 'print pack("C16 S2 L Q3 L S6", 0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, (0) x 9, 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 1, 0, 0, 0),
			pack("L2 Q6", 1, 5, 0, hex($ARGV[0]), hex($ARGV[0]), 0x1000, hex($ARGV[1]), 0x1000), "\0" x 3976' "$@" 2>/dev/null
	}
	[ "$(uname -m)" = x86_64 ] || skip "writes a program for x86-64"
	elf ffff800000000000 1000 >"$B/rootfs/bin/high"
	elf 400000 7fffffff0000 >"$B/rootfs/bin/huge"
	chmod 755 "$B/rootfs/bin/high" "$B/rootfs/bin/huge"
	local name
	for name in high huge; do
		bundle "$name"
		# Before Linux 6.15 nobody but its parent knows how a process has ended that is reaped already.
		if printf '6.15\n%s\n' "$(uname -r)" | sort -VC; then
			oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
			run -1 oci start c1
			has "was killed by SIGSEGV while the kernel loaded it"
			wait_for has_status c1 stopped
			oci delete c1
		fi
		run -1 oci run --detach --bundle "$B" c1
		has "was killed by SIGSEGV while the kernel loaded it"
		nothing_of c1
		run -139 oci run --bundle "$B" c1
		nothing_of c1
	done
}

# with_resctrl COMMAND…: in a process that finds a resctrl file system, with its files, in $T/resctrl
with_resctrl() {
	sed -n p /proc/self/mountinfo >"$T/mountinfo"
	echo "999 1 0:99 / $T/resctrl rw - resctrl resctrl rw" >>"$T/mountinfo"
	# shellcheck disable=SC2016
	sh -c 'mount --bind "$0" /proc/$$/mountinfo && exec "$@"' "$T/mountinfo" "$@" 3>&- </dev/null >"$T/out" 2>&1
}

@test "intelRdt: delete removes the class that create made, and no other" {
	need_root
	mkdir -p "$T/resctrl/shared/mon_groups" "$T/resctrl/info"
	touch "$T/resctrl/shared/tasks" "$T/resctrl/shared/schemata"
	# A class of its own has no files here, which only the kernel makes: create fails, and its class goes.
	change '.linux.intelRdt = {l3CacheSchema: "L3:0=f"}'
	run -1 with_resctrl "$OCI" --root "$STORE" create --bundle "$B" c1
	grep -q "resctrl/c1" "$T/out"
	[ ! -e "$T/resctrl/c1" ]
	# One that is there already is another's, and stays.
	mkdir "$T/resctrl/c1"
	run -1 with_resctrl "$OCI" --root "$STORE" create --bundle "$B" c1
	grep -q "cannot make the class of service" "$T/out"
	[ -d "$T/resctrl/c1" ]
	nothing_of c1
	rmdir "$T/resctrl/c1"
	# What the record names is removed, also by an upgraded delete.
	change 'del(.linux.intelRdt)'
	oci create --bundle "$B" c1 >"$T/out" 2>&1 </dev/null
	mkdir "$T/resctrl/c1" "$T/resctrl/shared/mon_groups/c1"
	printf 'rdt %s\nrdt-monitor %s\n' "$T/resctrl/c1" "$T/resctrl/shared/mon_groups/c1" >>"$STORE/c1/record"
	oci delete c1
	[ ! -e "$T/resctrl/c1" ]
	[ ! -e "$T/resctrl/shared/mon_groups/c1" ]
	[ -d "$T/resctrl/shared" ]
}
