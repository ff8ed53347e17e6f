# SPDX-License-Identifier: Apache-2.0
# What --explain prints does what the command does: the script is run by sh, and the kernel's state
# around its program is compared with that around kokon's own. An explanation that lies fails.

load lib

setup() {
	common_setup
	need_root
	STATE=$BATS_TEST_DIRNAME/../lib/state
	mark=4242.$BATS_TEST_NUMBER
	# A shell on the way hands on only variables that it could have made itself.
	user=(env -i PATH="$PATH" LANG=C TERM=dumb KOKON_X='two words' SHELL=/bin/sh)
	held=()
}

teardown() {
	local pid f
	for pid in "${held[@]}"; do kill -KILL "$pid" 2>/dev/null; done
	for f in "$T"/keep.*; do
		while mountpoint -q "$f" 2>/dev/null; do umount "$f"; done
	done
	common_teardown
}

# The process that executes the program "sleep $mark", among $1 and its descendants.
program_of() {
	local pid child
	local -a todo=("$1")
	while [ "${#todo[@]}" -gt 0 ]; do
		pid=${todo[0]}
		todo=("${todo[@]:1}")
		if [ "$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)" = "$program " ]; then
			program_pid=$pid
			return 0
		fi
		for child in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do
			todo+=("$child")
		done
	done
	return 1
}

# state_of FILE COMMAND...: run it in the background until its program runs, and write its state down.
state_of() {
	local file=$1 pid
	shift
	("${user[@]}" "$@" </dev/null >"$T/log" 2>&1 3>&-) &
	pid=$!
	held+=("$pid")
	wait_for program_of "$pid" || { echo "no program started by: $*"; cat "$T/log"; return 1; }
	[ -z "${settle:-}" ] || wait_for $settle
	{
		if [ "$program_pid" = "$pid" ]; then echo "in place"; else echo "in a child"; fi
		"$STATE" "$program_pid" $$
		[ -z "${also:-}" ] || $also "$program_pid"
	} >"$file" 2>&1
	kill -KILL "$program_pid" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ -z "${after:-}" ] || $after
	return 0
}

# honest TOOL OPTION...: with the program added.
honest() {
	program="${PROGRAM:-sleep} $mark"
	"${user[@]}" "$KOKON" "$1" --explain "${@:2}" ${PROGRAM:-sleep} "$mark" >"$T/script" 2>"$T/log" ||
		{ echo "no explanation"; cat "$T/log"; return 1; }
	chmod 644 "$T/script"
	state_of "$T/kokon" "$KOKON" "$1" "${@:2}" ${PROGRAM:-sleep} "$mark" || return 1
	state_of "$T/sh" sh "$T/script" || { cat "$T/script"; return 1; }
	grep -q '^CapEff' "$T/kokon" || { echo "no state"; cat "$T/kokon"; return 1; }
	diff -u "$T/kokon" "$T/sh" >"$T/difference" && return 0
	echo "the script of: kokon $*"
	cat "$T/script"
	echo "does something else:"
	cat "$T/difference"
	return 1
}

as_ordinary() {
	need_user_namespaces
	user=(as_user)
}


# A root that holds the program, with the directories to mount on.
small_root() {
	make_root "$T/root"
	mkdir -p "$T/root/bm"
	chmod 755 "$T/root"
}

@test "unshare: each namespace" {
	local option
	for option in --mount --uts --ipc --net --pid --user --cgroup --time; do
		honest unshare $option
	done
	honest unshare -muinpCT
	honest unshare
}

@test "unshare: each namespace, as an ordinary user" {
	local option
	as_ordinary
	honest unshare --user
	for option in --mount --uts --ipc --net --pid --cgroup --time; do
		honest unshare --map-root-user $option
	done
	honest unshare -UmuinpCT
}

@test "unshare: forks, and the PID namespace's /proc" {
	honest unshare --fork
	honest unshare --pid --fork
	honest unshare --pid --fork --kill-child
	honest unshare --pid --kill-child=TERM
	honest unshare --pid --fork --mount-proc
	honest unshare --mount-proc
	mkdir "$T/proc"
	honest unshare -pf --mount-proc="$T/proc"
	as_ordinary
	honest unshare -rpf --mount-proc
	honest unshare -cpf --mount-proc
	honest unshare -Upf --mount-proc
}

@test "unshare: propagation" {
	local kind
	for kind in private shared slave unchanged; do
		honest unshare --mount --propagation $kind
		honest unshare -pf --mount-proc --propagation $kind
	done
}

@test "unshare: single ids" {
	local who
	for who in root user; do
		honest unshare --map-root-user
		honest unshare --map-current-user
		honest unshare --map-user=7
		honest unshare --map-group=7
		honest unshare --map-user=7 --map-group=8 --net --mount
		honest unshare --map-user=daemon --map-group=adm
		honest unshare --user --setgroups=deny
		honest unshare -r --setgroups=deny
		as_ordinary
	done
}

@test "unshare: ranges of ids, written by root" {
	honest unshare --map-users=0:1000:10 --map-groups=0:2000:20
	honest unshare --map-users=1000,0,10
	honest unshare --map-users=0:100000:65536 --map-groups=0:100000:65536 --map-root-user
	honest unshare --map-users=0:1000:10 --map-users=50:3000:10 --map-groups=0:0:1
	honest unshare --map-users=all --map-groups=all
	honest unshare --map-users=all --map-groups=all --map-current-user --mount
	honest unshare --map-users=0:1000:10 --map-groups=0:1000:10 --setgroups=deny
}

@test "unshare: ranges of ids, written by newuidmap" {
	need_subids
	as_ordinary
	honest unshare --map-auto
	honest unshare --map-subids
	honest unshare --map-auto --map-root-user
	honest unshare --map-auto --map-current-user -mpf --mount-proc
	honest unshare --map-users=auto --map-root-user
	honest unshare --map-users=1:$TEST_SUBIDS:10 --map-groups=1:$TEST_SUBIDS:10 -r --net
}

@test "unshare: owner of the user namespace" {
	honest unshare --owner 1000:1000
	honest unshare --owner 1000:1000 --map-root-user --uts
}

@test "unshare: ids of the program" {
	honest unshare --setuid=65534 --setgid=65534
	honest unshare --setgid=5
	honest unshare --setuid=5
	honest unshare -m --setuid=5 --setgid=6
	honest unshare --map-users=0:0:100 --map-groups=0:0:100 --setuid=5 --setgid=6
	honest unshare -r --keep-caps
	honest unshare -c --keep-caps
	honest unshare --map-users=0:0:100 --map-groups=0:0:100 --setuid=5 --setgid=6 --keep-caps
	as_ordinary
	honest unshare -r --keep-caps
	honest unshare -c --keep-caps --net
}

@test "unshare: root and working directory" {
	small_root
	honest unshare --wd /usr
	honest unshare --wd .
	honest unshare --root "$T/root"
	honest unshare --root "$T/root" --wd /bin
	honest unshare -mpf --root "$T/root" --mount-proc
	honest unshare --root "$T/root" --setuid=5 --setgid=6
	honest unshare -r --root "$T/root"
	honest unshare -r --root "$T/root" --keep-caps
	PROGRAM=/bin/sleep honest unshare -c --root "$T/root"
	as_ordinary
	honest unshare -rmpf --root "$T/root" --mount-proc
	honest unshare -r --root "$T/root" --wd /etc
	PROGRAM=/bin/sleep honest unshare -c --root "$T/root"
}

@test "unshare: clocks" {
	honest unshare --time --monotonic 1000 --boottime 5000
	honest unshare --time --monotonic -10
	as_ordinary
	honest unshare -r --time --boottime 86400
}

@test "unshare: environment" {
	honest unshare --clear-env
	honest unshare --whitelist-env PATH,KOKON_X
	honest unshare --whitelist-env PATH --whitelist-env TERM,NONE
	honest unshare --clear-env --whitelist-env KOKON_X
	honest unshare --clear-env --setuid=5 --setgid=5
	honest unshare -r --clear-env
	small_root
	honest unshare --clear-env --root "$T/root"
	honest unshare --whitelist-env KOKON_X --root "$T/root" --wd /bin
}

@test "unshare: binfmt_misc" {
	"$KOKON" unshare --mount-binfmt true 2>/dev/null || skip "this kernel has no binfmt_misc for user namespaces"
	mkdir "$T/bm"
	honest unshare -r --mount-binfmt
	honest unshare -r --mount-binfmt="$T/bm"
	honest unshare -r --load-interp ':kokon:M::\x7fKOK:\xff\xff\xff\xff:/bin/true:'
	honest unshare -r --load-interp ':kokon:E::kok::/bin/true:F'
	small_root
	honest unshare -r --root "$T/root" --load-interp ':kokon:E::kok::/bin/true:'
	honest unshare -r --root "$T/root" --load-interp ':kokon:E::kok::/bin/true:F'
}

kept() { mountpoint -q "$T/keep.$keep_type" && [ "$(stat -Lc %i "$T/keep.$keep_type")" = "$(stat -Lc %i "/proc/$1/ns/$keep_type")" ] && echo "kept: $keep_type"; }
is_kept() { mountpoint -q "$T/keep.$keep_type"; }
let_go() { umount "$T/keep.$keep_type"; }

@test "unshare: namespaces kept on a file" {
	mkdir "$T/keep.dir"
	mount -t tmpfs none "$T/keep.dir"
	mount --make-private "$T/keep.dir"
	settle=is_kept also=kept after=let_go
	local keep_option
	for keep_type in uts ipc net cgroup user; do
		: >"$T/keep.$keep_type"
		keep_option=$keep_type
		honest unshare --$keep_option="$T/keep.$keep_type"
		grep -q "^kept" "$T/kokon"
		honest unshare --map-root-user --$keep_option="$T/keep.$keep_type" --mount
		grep -q "^kept" "$T/kokon"
	done
	keep_type=pid
	: >"$T/keep.pid"
	honest unshare --fork --pid="$T/keep.pid"
	# Linux 6.18 compares numbers of mount namespaces that it hands out per processor, so from
	# inside of a second mount namespace the bind may be refused (EINVAL) on one of them.
	keep_type=mnt
	rm -f "$T/keep.mnt"
	: >"$T/keep.dir/mnt"
	ln -s keep.dir/mnt "$T/keep.mnt"
	local cpu plain=("${user[@]}")
	for cpu in 0 1; do
		user=(taskset -c $cpu "${plain[@]}")
		"${user[@]}" unshare --mount="$T/keep.mnt" true 2>/dev/null || continue
		let_go
		honest unshare --mount="$T/keep.mnt"
		grep -q "^kept" "$T/kokon"
		return 0
	done
}

# --- nsenter ---------------------------------------------------------------------------------

# A process in new namespaces, its number in $target.
new_target() {
	program="sleep 5000.$BATS_TEST_NUMBER"
	spawn "$@" --kill-child sh -c "$program & wait"
	wait_for program_of "$spawned_pid"
	target=$program_pid
	held+=("$(awk '/^PPid:/ { print $2 }' "/proc/$target/status")")
}

@test "nsenter: each namespace" {
	local option
	new_target unshare -muinpCTf --mount-proc
	for option in --mount --uts --ipc --net --pid --cgroup --time; do
		honest nsenter --target $target $option
	done
	honest nsenter -t $target --all
	honest nsenter -t $target --pid --no-fork
	honest nsenter --net=/proc/$target/ns/net --uts=/proc/$target/ns/uts
	honest nsenter -t $target -a --setuid=5 --setgid=6
	honest nsenter -t $target -n --setgid=7
}

@test "nsenter: user namespaces, before the others and after them" {
	as_ordinary
	new_target as_user unshare -rmuinpf --mount-proc
	honest nsenter -t $target --user --preserve-credentials
	honest nsenter -t $target -U -m --preserve-credentials
	honest nsenter -t $target -a --preserve-credentials
	user=(env -i PATH="$PATH" LANG=C TERM=dumb)
	honest nsenter -t $target --user
	honest nsenter -t $target -a
	honest nsenter -t $target -a --preserve-credentials
	honest nsenter -t $target -a --setuid=0 --setgid=0
}

@test "nsenter: root, working directory, environment" {
	small_root
	new_target unshare -mpf --mount-proc
	honest nsenter -t $target -m --root
	honest nsenter -t $target -m --wd
	honest nsenter -t $target -m --root --wd
	honest nsenter -t $target -m --root="$T/root"
	honest nsenter -t $target -p --root="$T/root" --wd="$T/root/bin"
	honest nsenter -t $target -m --wd=/usr
	honest nsenter -t $target -m --wdns=/usr
	honest nsenter -t $target -m --root="$T/root" --wdns=/bin
	honest nsenter -t $target -m --env
}

# --- chroot ----------------------------------------------------------------------------------

@test "chroot" {
	small_root
	echo 'someone:x:77:78::/:/bin/sh' >>"$T/root/etc/passwd"
	printf 'some:x:78:\nmore:x:79:someone\n' >>"$T/root/etc/group"
	honest chroot "$T/root"
	honest chroot --userspec=someone "$T/root"
	honest chroot --userspec=someone:more "$T/root"
	honest chroot --userspec=someone: --groups=more,5 "$T/root"
	honest chroot --userspec=4005:6 "$T/root"
	honest chroot --userspec=:6 "$T/root"
	honest chroot --userspec=+4005:+6 --groups= "$T/root"
	honest chroot --userspec=daemon "$T/root"
	honest chroot --groups=adm "$T/root"
	honest chroot --skip-chdir /
	honest chroot /
}
