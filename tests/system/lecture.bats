# SPDX-License-Identifier: Apache-2.0
# A lecture on containers, step by step in kokon's commands: chroot, ldd, unshare, nsenter, lsns,
# cgroups, run. Each test is one thing that the lecture shows.

load lib

setup() {
	common_setup
	need_root
}

# A command that this build has not got yet.
have_command() {
	"$KOKON" help | grep -qE "^  $1 " || skip "kokon has no command $1 yet"
}

nspids() { awk '/^NSpid:/ { $1 = ""; print }' "/proc/$1/status"; }
child_of() { head -n1 "/proc/$1/task/$1/children" | tr -d ' '; }
has_child() { [ -n "$(child_of "$1")" ]; }

# --- a root of its own --------------------------------------------------------------------------

@test "chroot: the ENOENT riddle, explained: bash is there, its interpreter is not" {
	have_command chroot
	mkdir -p "$T/root/bin"
	cp "$(readlink -f "$(command -v bash)")" "$T/root/bin/bash"
	# What chroot(8) says of it.
	run -127 chroot "$T/root" /bin/bash
	has "No such file or directory"
	refused 127 "bash" "interpreter" "ld-linux" "rootfs add" -- "$KOKON" chroot "$T/root" /bin/bash
}

@test "chroot with bash and ls, on a root of their files" {
	have_command rootfs
	have_command chroot
	run -0 "$KOKON" rootfs create "$T/root" --bin bash,ls
	run -0 "$KOKON" chroot "$T/root" bash -c 'ls /; echo "$BASH_VERSION"'
	has bin
	has "$BASH_VERSION"
	lacks boot
}

@test "the libraries of a program, without running it" {
	have_command rootfs
	run -0 "$KOKON" rootfs deps "$(command -v bash)"
	has "ld-linux"
	has "libc.so.6"
	ldd "$(command -v bash)" | grep -oE '/[^ ]+' | while read -r library; do
		has "$(basename "$library")"
	done
}

@test "unshare -mnp -f -R DIR --mount-proc busybox sh, on a root made by kokon" {
	need busybox
	have_command rootfs
	run -0 "$KOKON" rootfs create "$T/root" --bin busybox
	run -0 "$KOKON" unshare -mnp -f -R "$T/root" --mount-proc busybox sh -c 'echo "pid $$"; busybox ps; ls /'
	has "pid 1"
	lacks boot
	is "$(grep -cE '^ +[0-9]+ ' <<<"$output")" 2
}

# --- unshare --------------------------------------------------------------------------------------

@test "a PID namespace without its own /proc: ps still shows the host" {
	run -0 "$KOKON" unshare --pid --fork sh -c 'echo "I am $$"; ps -e | wc -l'
	has "I am 1"
	[ "${lines[1]}" -gt 5 ]
}

@test "with --mount-proc ps shows the namespace only" {
	run -0 "$KOKON" unshare --pid --fork --mount-proc ps -e -o pid,comm
	is "${#lines[@]}" 2
	has "1 ps"
}

@test "a network namespace has a loopback device that is down, and nothing else" {
	need ip
	run -0 "$KOKON" unshare --net ip -brief link
	is "${#lines[@]}" 1
	has "lo"
	has "DOWN"
}

@test "killing process 1 ends every process of its namespace" {
	spawn "$KOKON" unshare --pid --fork --kill-child --mount-proc sh -c 'sleep 301 & sleep 302 & wait'
	wait_for has_child "$spawned_pid"
	local init child
	init=$(child_of "$spawned_pid")
	wait_for sh -c "[ \$(wc -w </proc/$init/task/$init/children) -eq 2 ]"
	read -r -a children <"/proc/$init/task/$init/children" || true # no newline at its end
	kill -KILL "$init"
	for child in "${children[@]}"; do
		wait_for sh -c "! [ -e /proc/$child ]"
	done
}

@test "one process with three process numbers" {
	spawn "$KOKON" unshare --pid --fork --kill-child sh -c '"$0" unshare --pid --fork sleep 300; :' "$KOKON"
	three() {
		inner=$(pgrep -P "$(pgrep -P "$(child_of "$spawned_pid")")" sleep)
		[ "$(nspids "$inner" | wc -w)" -eq 3 ]
	}
	wait_for three
	three
	read -r -a numbers < <(nspids "$inner")
	is "${numbers[0]}" "$inner"
	is "${numbers[2]}" 1
	have_command ns
	run -0 "$KOKON" ns "$inner"
	has "$inner"
}

@test "hostname and domain name stay apart" {
	local name domain
	name=$(uname -n)
	domain=$(cat /proc/sys/kernel/domainname)
	run -0 "$KOKON" unshare --uts sh -c 'echo lecture >/proc/sys/kernel/hostname; echo hall >/proc/sys/kernel/domainname; uname -n; cat /proc/sys/kernel/domainname'
	is "$output" $'lecture\nhall'
	is "$(uname -n)" "$name"
	is "$(cat /proc/sys/kernel/domainname)" "$domain"
}

@test "SysV queue, semaphores and shared memory, and a POSIX queue, are invisible across" {
	need ipcmk
	run -0 "$KOKON" unshare --ipc --mount sh -c '
		ipcmk -Q >/dev/null && ipcmk -S 2 >/dev/null && ipcmk -M 4096 >/dev/null || exit 1
		mount -t mqueue mqueue "$1" && touch "$1/kokon-lecture" || exit 1
		tail -qn +2 /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm | wc -l
		ls "$1"' sh "$T"
	is "$output" $'3\nkokon-lecture'
	# Another namespace has none of them, nor has this one.
	run -0 "$KOKON" unshare --ipc --mount sh -c '
		mount -t mqueue mqueue "$1" || exit 1
		tail -qn +2 /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm | wc -l
		ls "$1"' sh "$T"
	is "$output" 0
	mkdir "$T/queues"
	mount -t mqueue mqueue "$T/queues"
	[ ! -e "$T/queues/kokon-lecture" ]
	umount "$T/queues"
}

# A process in a new mount namespace with the propagation $1, that has a mount on $T/point.
mount_inside() {
	spawn "$KOKON" unshare --mount --propagation "$1" sh -c 'mount -t tmpfs inside "$1/point" && touch "$1/point/file" && exec sleep 300' sh "$T"
	wait_for test -e "/proc/$spawned_pid/root$T/point/file"
}

@test "a mount is seen outside under shared, and not under private" {
	mkdir "$T/point"
	mount --bind "$T" "$T"
	mount --make-shared "$T"
	mount_inside shared
	[ -e "$T/point/file" ]
	umount "$T/point"
	kill "$spawned_pid"
	mount_inside private
	[ ! -e "$T/point/file" ]
	umount -l "$T"
}

@test "persistent namespaces: they stay without a process, and are entered by their file" {
	have_command nsenter
	touch "$T/uts" "$T/net"
	run -0 "$KOKON" unshare --uts="$T/uts" --net="$T/net" sh -c 'echo kept >/proc/sys/kernel/hostname'
	run -0 "$KOKON" nsenter --uts="$T/uts" uname -n
	is "$output" kept
	run -0 "$KOKON" nsenter --net="$T/net" readlink /proc/self/ns/net
	[ "$output" != "$(ns_of net)" ]
	umount "$T/uts" "$T/net"
}

# --- nsenter and lsns --------------------------------------------------------------------------------

@test "two shells and a tmpfs: the second enters the first's mount namespace, found by lsns -t mnt" {
	have_command nsenter
	mkdir "$T/point"
	mount_inside private
	[ ! -e "$T/point/file" ]
	local found
	found=$("$KOKON" lsns -t mnt -n -o PID,COMMAND | awk '/sleep 300/ { print $1; exit }')
	is "$found" "$spawned_pid"
	run -0 "$KOKON" nsenter --target "$found" --mount ls "$T/point"
	is "$output" file
}

@test "lsns shows a namespace as /proc does" {
	spawn "$KOKON" unshare --uts sleep 300
	wait_for grep -q '^sleep' "/proc/$spawned_pid/comm"
	run -0 "$KOKON" lsns -t uts -p "$spawned_pid" -n -o NS,TYPE,NPROCS,PID
	local inode
	inode=$(readlink "/proc/$spawned_pid/ns/uts" | tr -dc '[:digit:]')
	is "$(echo $output)" "$inode uts 1 $spawned_pid"
}

@test "host and container side by side: which namespaces are shared and which differ" {
	have_command ns
	spawn "$KOKON" unshare --uts --ipc sleep 300
	wait_for grep -q '^sleep' "/proc/$spawned_pid/comm"
	run -0 "$KOKON" ns $$ "$spawned_pid"
	has "$(readlink "/proc/$spawned_pid/ns/uts" | tr -dc '[:digit:]')"
	has "$(ns_of uts $$ | tr -dc '[:digit:]')"
	has "$(ns_of net $$ | tr -dc '[:digit:]')"
}

# --- a container -----------------------------------------------------------------------------------------

@test "a container of this machine's programs: PID 1, name, processes, network, root of its own" {
	have_command run
	run -0 "$KOKON" run --hostname lecture host:bash,ls,ps,ip,hostname -- bash -c 'echo "pid $$"; hostname; ps -e -o pid=,comm=; ip -brief link; ls /'
	is "${lines[0]}" "pid 1"
	is "${lines[1]}" lecture
	has "1 bash"
	lacks "$(uname -n)"
	lacks boot
	is "$(grep -c '^lo ' <<<"$output")" 1
}

@test "a memory limit that bites" {
	have_command run
	need_cgroup memory
	run "$KOKON" run --memory 32M host:bash,head,tail -- bash -c 'head -c 300M /dev/zero | tail; echo "tail: ${PIPESTATUS[1]}"'
	has "tail: 137"
	run -137 "$KOKON" run --memory 32M host:tail -- tail /dev/zero
}

@test "a limit of processes that bites" {
	have_command run
	need_cgroup pids
	run "$KOKON" run --pids-limit 8 host:bash,sleep -- bash -c 'for i in {1..20}; do sleep 5 & done; echo "made"'
	has "Resource temporarily unavailable"
}
