# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # bats gives output and status
# What every system test begins with:
#
#	load lib
#	@test "says its version" {
#		run -0 "$KOKON" --version
#		has "kokon "
#	}
#
# $KOKON      the program under test, at a path that every user can reach
# $T          a folder for this test, removed afterwards; $U: the same, owned by the ordinary user
# as_user C…  runs C as an ordinary user with subordinate ids (as that user itself when the tests
#             do not run as root)
#
# After each test the machine is compared with what it was: mounts, cgroups, kept state, named
# network namespaces, processes. What the test left behind makes it fail, and is removed.
#
# A file that needs its own setup() or teardown() calls common_setup first, common_teardown last.
# Run files with tests/run (system/NAME): it gives them a mount namespace of their own. Run by bats
# alone, as_user has no subordinate ids and leaked processes are not found.

bats_require_minimum_version 1.5.0

BUILD=${BUILD:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}
TEST_USER=kokon-test
TEST_UID=54321
TEST_SUBIDS=700000 # the first of 65536

setup() { common_setup; }
teardown() { common_teardown; }

is_root() { [ "$(id -u)" -eq 0 ]; }
is_enclosed() { is_root && [ -n "${KOKON_TEST_SCRATCH:-}" ]; }

common_setup() {
	umask 022
	unset XDG_RUNTIME_DIR XDG_DATA_HOME
	T=$(mktemp -d "${KOKON_TEST_SCRATCH:-/tmp}/test.XXXXXX")
	U=$T/user
	mkdir -p "$U/run"
	chmod 755 "$T"
	chmod 700 "$U/run"
	_programs
	_user
	spawned=()
	before=$(_machine)
}

common_teardown() {
	local status=0
	_end_spawned
	_leaks || status=1
	rm -rf --one-file-system -- "$T"
	return $status
}

# The build folder may lie where only root can look.
_programs() {
	if is_enclosed; then
		if [ ! -e "$KOKON_TEST_SCRATCH/build/kokon" ]; then
			mkdir -p "$KOKON_TEST_SCRATCH/build"
			mount --bind "$BUILD" "$KOKON_TEST_SCRATCH/build"
		fi
		KOKON=$KOKON_TEST_SCRATCH/build/kokon
	elif is_root; then
		mkdir "$T/bin"
		cp "$BUILD"/kokon* "$T/bin/" 2>/dev/null || true
		KOKON=$T/bin/kokon
	else
		KOKON=$BUILD/kokon
	fi
}

# An ordinary user in copies of the account files that only this mount namespace sees.
_user() {
	is_root || return 0
	if is_enclosed && ! grep -q "^$TEST_USER:" /etc/passwd; then
		local etc=$KOKON_TEST_SCRATCH/etc f
		mkdir -p "$etc"
		for f in passwd group subuid subgid; do
			cat "/etc/$f" >"$etc/$f" 2>/dev/null || : >"$etc/$f"
			[ -e "/etc/$f" ] || continue
		done
		echo "$TEST_USER:x:$TEST_UID:$TEST_UID:kokon's tests:/nonexistent:/bin/sh" >>"$etc/passwd"
		echo "$TEST_USER:x:$TEST_UID:" >>"$etc/group"
		echo "$TEST_USER:$TEST_SUBIDS:65536" | tee -a "$etc/subuid" >>"$etc/subgid"
		for f in passwd group subuid subgid; do
			[ ! -e "/etc/$f" ] || mount --bind "$etc/$f" "/etc/$f"
		done
	fi
	chown -R "$TEST_UID:$TEST_UID" "$U"
}

# as_user COMMAND...: with a clean environment; HOME and XDG_RUNTIME_DIR lie in $U.
as_user() {
	local -a environment=(HOME="$U" USER="$TEST_USER" XDG_RUNTIME_DIR="$U/run" PATH="$PATH" TERM="${TERM:-dumb}"
		LANG="${LANG:-C}" KOKON="$KOKON" T="$T" U="$U")
	if is_root; then
		env -i "${environment[@]}" setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups \
			--inh-caps=-all -- "$@"
	else
		env -i "${environment[@]}" "$@"
	fi
}

# --- reasons to skip ---------------------------------------------------------------------------

need_root() { is_root || skip "needs root"; }
need() { command -v "$1" >/dev/null || skip "no $1 on this machine"; }

need_user_namespaces() {
	as_user unshare --user true 2>/dev/null || as_user "$KOKON" unshare --user true 2>/dev/null || skip "this machine forbids user namespaces to ordinary users"
}

# An ordinary user with a range of subordinate ids and the programs that grant it.
need_subids() {
	need_user_namespaces
	need newuidmap
	grep -q "^$(as_user id -un):" /etc/subuid 2>/dev/null || skip "the ordinary user has no subordinate ids (run with tests/run, as root)"
}

# Where cgroups of a controller can be made: the folder, by v1 or v2.
cgroup_of() {
	local line
	line=$(awk -v c="$1" '$(NF-2) == "cgroup" { n = split($NF, o, ","); for (i = 1; i <= n; i++) if (o[i] == c) { print $5; exit } }' /proc/self/mountinfo)
	[ -n "$line" ] || line=$(awk '$(NF-2) == "cgroup2" { print $5; exit }' /proc/self/mountinfo)
	[ -n "$line" ] && { [ ! -e "$line/cgroup.controllers" ] || grep -qw "$1" "$line/cgroup.controllers"; } || return 1
	echo "$line"
}

need_cgroup() {
	need_root
	local dir
	dir=$(cgroup_of "$1") && [ -w "$dir" ] || skip "no writable cgroup hierarchy with the $1 controller"
}

# --- running ---------------------------------------------------------------------------------

# spawn COMMAND...: in the background, ended after the test; its PID is in $spawned_pid, its output in
# $T/out.N with N counting from 1 ($spawned_out).
spawn() {
	spawned_out=$T/out.$((${#spawned[@]} + 1))
	"$@" >"$spawned_out" 2>&1 </dev/null 3>&- &
	spawned_pid=$!
	spawned+=("$spawned_pid")
}

# wait_for COMMAND...: until it succeeds; a minute at most, since the machine may be busy; more where it is
# emulated.
wait_for() {
	local end=$((SECONDS + ${KOKON_TEST_EMULATED:+2}60))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || { echo "waited in vain for: $*"; return 1; }
		sleep 0.05
	done
}

# stop_and_go PATTERN STATUS COMMAND...: text for an interactive shell: COMMAND with a program that ends
# with STATUS is started as a job, stopped with SIGTSTP when its program runs, and taken to the front.
stop_and_go() {
	local pattern=$1 status=$2 word
	shift 2
	cat <<-EOF
		rm -f "$T/up" "$T/go"
		$(printf '%q ' "$@") sh -c 'echo >"$T/up"; while [ ! -e "$T/go" ]; do sleep 0.05; done; exit $status' &
		while [ ! -e "$T/up" ]; do sleep 0.05; done
		kill -TSTP %%
		# In a process of its own: a job that stops ends the loops of its shell (bash).
		sh -c 'until grep -q "^State:.T" /proc/\$0/status; do sleep 0.05; done' \$!
		jobs -s | grep -q $pattern && echo "stopped before $status"
		: >"$T/go"
		fg %% >/dev/null
		echo "status \$?"
	EOF
}

# on_terminal 'COMMAND OF BASH': stdin, stdout and stderr are a terminal; text for it comes on stdin.
on_terminal() { SHELL=$(command -v bash) timeout ${KOKON_TEST_EMULATED:+4}90 script -qefc "$1" /dev/null 3>&-; }

# make_root DIR: a root file system of busybox alone.
make_root() {
	need busybox
	local app
	mkdir -p "$1"/{bin,dev,etc,proc,sys,tmp,root}
	cp "$(command -v busybox)" "$1/bin/busybox"
	# Hundreds of links: in one process where there is perl.
	if command -v perl >/dev/null; then
		"$1/bin/busybox" --list | (cd "$1/bin" && perl -ne 'chomp; symlink "busybox", $_ unless -e')
	else
		for app in $("$1/bin/busybox" --list); do
			[ -e "$1/bin/$app" ] || ln -s busybox "$1/bin/$app"
		done
	fi
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

ns_of() { readlink "/proc/${2:-self}/ns/$1"; }

# --- looking at what `run` gave ------------------------------------------------------------------

has() {
	case $output in *"$1"*) return 0 ;; esac
	printf 'not in the output: %s\nthe output: %s\n' "$1" "$output"
	return 1
}

lacks() {
	case $output in *"$1"*) ;; *) return 0 ;; esac
	printf 'in the output, and should not be: %s\nthe output: %s\n' "$1" "$output"
	return 1
}

is() {
	[ "$1" = "$2" ] && return 0
	printf 'is:        %s\nshould be: %s\n' "$1" "$2"
	return 1
}

# refused STATUS TEXT... -- COMMAND...: it ends with STATUS and its message has each TEXT.
refused() {
	local status_wanted=$1 text
	local -a texts=()
	shift
	while [ "$1" != -- ]; do
		texts+=("$1")
		shift
	done
	shift
	run "-$status_wanted" "$@" || {
		printf 'exit status %s, not %s, of: %s\nthe output: %s\n' "$status" "$status_wanted" "$*" "$output"
		return 1
	}
	for text in "${texts[@]}"; do
		has "$text" || return 1
	done
}

# --- what is left behind ---------------------------------------------------------------------------

# A process that ends meanwhile must not end the list: awk stops at a file that it cannot open.
# Live children of a process, without those that this test descends from.
_children_of() {
	local pid state rest own=" $BASHPID " up=$BASHPID
	while [ "$up" -gt 1 ] && read -r _ _ _ up _ < <(sed 's/(.*)/x/' "/proc/$up/stat"); do
		own+="$up "
	done
	for pid in $(<"/proc/$1/task/$1/children"); do
		[[ $own != *" $pid "* ]] && read -r _ state rest < <(sed 's/.*) /x /' "/proc/$pid/stat") || continue
		[ "$state" = Z ] || echo "$pid"
	done 2>/dev/null
}

# Groups of kokon below a hierarchy that hold no process: one with a process is another's, or its process
# is found as such. The folder "kokon" itself is what all containers have in common.
_groups() {
	local dir
	while read -r dir; do
		[ -n "$(find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null)" ] || printf 'cgroup\t%s\n' "$dir"
	done < <(find "$1" -mindepth 1 -type d -path '*kokon*' ! -name kokon 2>/dev/null)
}

# One line for each thing that a test could leave.
_machine() {
	local pid
	awk '{ print "mount\t" $5 }' /proc/self/mountinfo
	# Cgroups are the whole machine's: only where nobody else works can a new one be called ours.
	[ -z "${CI:-}" ] || awk '$(NF-2) == "cgroup" || $(NF-2) == "cgroup2" { print $5 }' /proc/self/mountinfo | sort -u |
		while read -r dir; do
			_groups "$dir"
		done
	# The folders for an ordinary user's network namespaces and for networks stay, like /run/netns.
	find /run/kokon "$U/run/kokon" -mindepth 1 ! -path "$U/run/kokon/netns" ! -path '*/.network' ! -path '*/.network/guard' \
		-printf 'state\t%p\n' 2>/dev/null
	find /run/netns -mindepth 1 -printf 'netns\t%p\n' 2>/dev/null
	if [ -n "${KOKON_TEST_REAPER:-}" ]; then
		for pid in $(_children_of "$KOKON_TEST_REAPER"); do
			printf 'process\t%s %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
		done
	fi
	return 0
}

_new() { comm -13 <(sort <<<"$before") <(_machine | sort); }

# What is on its way out is given ten seconds.
_leaks() {
	local end=$((SECONDS + 10)) kind what left
	while left=$(_new) && [ -n "$left" ] && [ $SECONDS -lt $end ]; do
		sleep 0.05
	done
	[ -n "$left" ] || return 0
	echo "left behind by the test:"
	echo "$left"
	while IFS=$'\t' read -r kind what; do
		case $kind in
		process) kill -KILL "${what%% *}" ;;
		mount) ! is_enclosed || umount -l "$what" ;;
		netns) umount -l "$what"; rm -f "$what" ;;
		state) rm -rf --one-file-system -- "$what" ;;
		esac
	done <<<"$left" 2>/dev/null
	while IFS=$'\t' read -r kind what; do
		[ "$kind" != cgroup ] || rmdir "$what"
	done < <(sort -r <<<"$left") 2>/dev/null
	return 1
}

_end_spawned() {
	local pid
	for pid in "${spawned[@]}"; do
		kill -KILL "$pid" 2>/dev/null
	done
	for pid in "${spawned[@]}"; do
		wait "$pid" 2>/dev/null
	done
	return 0
}
