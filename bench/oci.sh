# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # read by bench/run, which has the functions and variables
#
# OCI runtimes on one and the same bundle: kokon-oci, crun, runc, and the floor.
# crun does not start where version 1 hierarchies and a controller of version 2 are mixed; there
# hugetlb, if nothing uses it, is mounted as version 1 in a mount namespace of our own while it is measured.

# A bundle that every runtime takes: what `runc spec` writes, without a terminal, for the root of the bench.
# $1: its folder  $2: the arguments as JSON  $3: a jq filter applied last
oci_bundle() {
	mkdir -p "$1" && rm -f "$1/config.json" && "$kokon-oci" spec --bundle "$1" || return 1
	jq --arg root "$root" --argjson args "$2" ".process.terminal = false | .process.args = \$args | del(.process.rlimits)
		| .root = {path: \$root, readonly: true} | .linux.namespaces |= map(select(.type != \"cgroup\" and .type != \"time\"))
		| .ociVersion = \"1.0.2\" | ${3:-.}" "$1/config.json" >"$1/new" && mv "$1/new" "$1/config.json"
}

# The profile of kokon run in the words of the specification, as it is without capabilities.
oci_profile() {
	jq '{defaultAction, defaultErrnoRet, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [.syscalls[] | select((.includes.caps | not) and ((.includes.arches // ["amd64"]) | index("amd64"))) | {names, action} +
		(if .errnoRet then {errnoRet} else {} end) + (if .args then {args} else {} end)]}' src/isolation/seccomp-default.json
}

# Every runtime that works here, as words in $runtimes; $(oci_call NAME) is its command line, without a
# shell in between.
oci_call() {
	case $1 in
	kokon-oci) echo "$kokon-oci --root $state/$1" ;;
	*) echo "$(command -v "$1") --root $state/$1" ;;
	esac
}

oci_runtimes() {
	runtimes=
	for runtime in kokon-oci crun runc; do
		if [ "$runtime" != kokon-oci ] && ! on_path "$runtime"; then
			absent "$runtime: not installed"
			continue
		fi
		# shellcheck disable=SC2046
		! works "$runtime" $(oci_call "$runtime") run --bundle "$work/oci" "$id" || runtimes="$runtimes $runtime"
	done
}

# oci_run BUNDLE [::: floor …]: `run` by every runtime, called directly.
oci_run() {
	bundle=$1
	shift
	for runtime in $runtimes; do
		# shellcheck disable=SC2046
		set -- "$@" ::: "$runtime" $(oci_call "$runtime") run --bundle "$bundle" "$id"
	done
	measure "$@"
}

# oci_each TEXT [::: floor …]: a line of shell with RUNTIME in it, for every runtime.
oci_each() {
	line=$1
	shift
	for runtime in $runtimes; do
		set -- "$@" ::: "$runtime" "$root/bin/sh" -c "$(echo "$line" | sed "s|RUNTIME|$(oci_call "$runtime")|g")"
	done
	measure "$@"
}

# A sleeping container of each runtime, $id-RUNTIME.
oci_sleepers() {
	for runtime in $runtimes; do
		# shellcheck disable=SC2046
		$(oci_call "$runtime") run --detach --bundle "$work/oci-sleep" "$id-$runtime" </dev/null >/dev/null 2>&1
	done
}

oci_no_sleepers() {
	for runtime in $runtimes; do
		# shellcheck disable=SC2046
		$(oci_call "$runtime") delete --force "$id-$runtime"
	done
}

# The options of floor-exec for a container of kokon-oci; its groups as its first process names them.
floor_like_exec() {
	# shellcheck disable=SC2046
	pid=$($(oci_call kokon-oci) state "$1" | jq .pid)
	printf -- '--pid=%s --ns=mpuin --session --caps' "$pid"
	while IFS=: read -r _ controllers path; do
		case $controllers in
		'') dir=$(findmnt -n -o TARGET -t cgroup2 | head -n 1) ;;
		*) dir=/sys/fs/cgroup/${controllers#name=} ;;
		esac
		[ "$path" = / ] || [ ! -d "$dir$path" ] || printf -- ' --group=%s' "$dir$path"
	done <"/proc/$pid/cgroup"
}

# The filter that kokon-oci loads for the profile, for the floor to load the same.
oci_save_filter() {
	# shellcheck disable=SC2046
	$(oci_call kokon-oci) run --detach --bundle "$work/oci-filter-sleep" "$id" </dev/null >/dev/null 2>&1
	# shellcheck disable=SC2046
	"$floor" --filter-of="$($(oci_call kokon-oci) state "$id" | jq .pid)" >"$work/filter" 2>/dev/null
	# shellcheck disable=SC2046
	$(oci_call kokon-oci) delete --force "$id"
	[ -s "$work/filter" ]
}

at_once() {
	title "OCI run, $1 at once"
	set -- "$1" "i=0; while [ \$i -lt $1 ]; do RUNTIME run --bundle $work/oci $id-\$i & i=\$((i+1)); done; wait"
	oci_each "$2" ::: floor "$root/bin/sh" -c "i=0; while [ \$i -lt $1 ]; do $floor_oci /bin/true & i=\$((i+1)); done; wait"
}

# `run` beside containers that are there already, made by kokon-oci.
oci_among() {
	[ "$alive" -gt 0 ] || return
	title "OCI run with $alive containers alive"
	i=0
	while [ $i -lt "$alive" ]; do
		# shellcheck disable=SC2046
		$(oci_call kokon-oci) run --detach --bundle "$work/oci-sleep" "$id-$i" </dev/null >/dev/null 2>&1 || break
		i=$((i + 1))
	done
	[ $i -eq "$alive" ] || say "only $i could be made"
	# shellcheck disable=SC2086
	oci_run "$work/oci" ::: floor $floor_oci /bin/true
	# shellcheck disable=SC2046
	$(oci_call kokon-oci) delete --force --regex "^$id-"
}

oci_exec_part() {
	title "OCI exec in a running container; the floor enters the groups and namespaces of kokon-oci's"
	oci_sleepers
	# shellcheck disable=SC2046
	set -- ::: floor "$floor_exec" $(floor_like_exec "$id-kokon-oci") /bin/true
	for runtime in $runtimes; do
		# shellcheck disable=SC2046
		set -- "$@" ::: "$runtime" $(oci_call "$runtime") exec "$id-$runtime" /bin/true
	done
	measure "$@"
	oci_no_sleepers
}

oci_measure() {
	id=kokon-bench-$$
	state=${memory:-$work}/state
	mkdir -p "$state"
	oci_runtimes
	[ -n "$runtimes" ] || return
	floor_oci="$floor --ns=mpuin --fork --rootfs=$root --mounts --lo --cgroup --devices --session --masks --caps --hostname \
		--cgroup-mounts --readonly --record=$state"
	title "OCI run: the floor makes, fills and removes the same groups"
	# shellcheck disable=SC2086
	oci_run "$work/oci" ::: floor $floor_oci /bin/true
	title "OCI run with Docker's seccomp profile and limits; the floor with the filter alone"
	if oci_save_filter; then
		# shellcheck disable=SC2086
		oci_run "$work/oci-filter" ::: floor $floor_oci --seccomp="$work/filter" /bin/true
	else
		absent "the floor with the filter: it could not be read"
		oci_run "$work/oci-filter"
	fi
	title "OCI create, start, delete"
	oci_each "RUNTIME create --bundle $work/oci-sleep $id </dev/null >/dev/null 2>&1 && RUNTIME start $id && RUNTIME delete --force $id"
	oci_exec_part
	at_once 2
	at_once 16
	oci_among
	oci_smallest
}

# smallest NAME COMMAND...: the least $kib with which the command succeeds three times.
smallest() {
	name=$1
	shift
	for kib in 4 8 12 16 20 24 28 32 40 48 56 64 80 96 112 128 144 160 176 192 208 224 240 256 320 384 512 768 1024 1536 2048 3072 4096 6144 8192 12288 16384 none; do
		[ $kib = none ] || ! "$@" || ! "$@" || ! "$@" || break
	done
	say "$name: $kib KiB"
}

oci_within() {
	oci_bundle "$work/oci-small" '["/bin/true"]' ".linux.resources.memory.limit = $((kib * 1024))"
	# shellcheck disable=SC2046
	timeout 60 $(oci_call "$1") run --bundle "$work/oci-small" "$id" >/dev/null 2>&1 </dev/null && return
	# shellcheck disable=SC2046
	$(oci_call "$1") delete --force "$id" >/dev/null 2>&1
	return 1
}

bare_within() {
	program=$1
	shift
	# shellcheck disable=SC2086
	timeout 60 "$least" "$@" $kib $program >/dev/null 2>&1 </dev/null
}

# The smallest memory limit, in KiB, under which true runs.
oci_smallest() {
	title "the smallest linux.resources.memory.limit under which true runs"
	smallest "the kernel: a static program that does nothing" bare_within ""
	smallest "the kernel: busybox's true" bare_within "$root/bin/true"
	smallest "the kernel: the same with namespaces of its own" bare_within "$root/bin/true" -n
	for runtime in $runtimes; do
		smallest "$runtime" oci_within "$runtime"
	done
}

oci_bundles() {
	oci_limits='.linux.resources += {memory: {limit: 268435456}, pids: {limit: 100}, cpu: {quota: 50000, period: 100000, shares: 512}}'
	oci_bundle "$work/oci" '["/bin/true"]' && oci_bundle "$work/oci-sleep" '["/bin/sleep", "100000"]' &&
		oci_profile >"$work/profile" &&
		oci_bundle "$work/oci-filter" '["/bin/true"]' ".linux.seccomp = $(cat "$work/profile") | $oci_limits" &&
		oci_bundle "$work/oci-filter-sleep" '["/bin/sleep", "100000"]' ".linux.seccomp = $(cat "$work/profile")"
}

# Controllers of version 2 stay enabled when the container that wanted them is gone: another may be on
# its way into a group that has them. Where no process is in a group that has it, hugetlb is free.
oci_free_hugetlb() {
	v2=/sys/fs/cgroup/unified
	find "$v2" -depth -type d >"$work/groups"
	while read -r group; do
		[ "$group" = "$v2" ] || ! grep -qw hugetlb "$group/cgroup.controllers" || [ -z "$(cat "$group/cgroup.procs")" ] ||
			{ say "hugetlb is in use in version 2, in $group: crun will not start"; return 1; }
	done <"$work/groups" 2>/dev/null
	while read -r group; do
		! grep -qw hugetlb "$group/cgroup.subtree_control" || echo -hugetlb >"$group/cgroup.subtree_control"
	done <"$work/groups" 2>/dev/null
	! grep -qw hugetlb "$v2/cgroup.subtree_control"
}

# In the mount namespace that this process has to itself.
oci_mount_hugetlb() {
	[ -d /sys/fs/cgroup/memory ] && grep -q hugetlb /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null || return 0
	if oci_free_hugetlb && mkdir -p /sys/fs/cgroup/hugetlb && mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb 2>/dev/null; then
		hugetlb=mounted
		say "hugetlb is mounted as version 1 while this is measured"
	else
		rmdir /sys/fs/cgroup/hugetlb 2>/dev/null
		say "hugetlb could not be mounted as version 1"
	fi
}

# The kernel lets a hierarchy go, and its controller free, with the last mount if it has no group any more;
# a group that was removed is still one for a moment.
oci_give_hugetlb_back() {
	[ "${hugetlb:-}" = mounted ] || return 0
	hugetlb=
	find /sys/fs/cgroup/hugetlb -mindepth 1 -depth -type d -exec rmdir {} \;
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ "$(awk '$1 == "hugetlb" { print $3 }' /proc/cgroups)" != 1 ] || break
		sleep 0.5
	done
	sleep 0.5
	umount /sys/fs/cgroup/hugetlb && rmdir /sys/fs/cgroup/hugetlb
	sleep 0.5
	grep -qw hugetlb /sys/fs/cgroup/unified/cgroup.controllers || say "hugetlb did not come back to version 2"
}

# This part alone: it measures no time, so any machine will do.
section_smallest() {
	is_root || { absent "the smallest limit: needs root"; return; }
	on_path jq || { absent "the smallest limit: jq is not installed"; return; }
	oci_bundles || return
	id=kokon-bench-$$
	state=$work/state
	mkdir -p "$state"
	oci_runtimes
	[ -z "$runtimes" ] || oci_smallest
}

# This part alone, without crun where it does not start as the machine is.
section_exec() {
	is_root || { absent "exec: needs root"; return; }
	on_path jq || { absent "exec: jq is not installed"; return; }
	ninja -C "$build" kokon-oci kokon-seccomp >/dev/null && oci_bundles || return
	id=kokon-bench-$$
	state=${memory:-$work}/state
	mkdir -p "$state"
	oci_runtimes
	[ -z "$runtimes" ] || oci_exec_part
}

section_oci() {
	is_root || { absent "OCI runtimes: needs root"; return; }
	on_path jq || { absent "OCI runtimes: jq is not installed"; return; }
	if [ -z "${KOKON_BENCH_OCI:-}" ]; then
		KOKON_BENCH_OCI=1 unshare -m --propagation private -- bench/run -n "$rounds" -t "$seconds" -g "$gap" -c "$alive" \
			-o "$work/oci-report" oci
		return
	fi
	ninja -C "$build" kokon-oci kokon-seccomp >/dev/null || return
	oci_bundles || return
	hugetlb=
	oci_mount_hugetlb
	oci_measure
	oci_give_hugetlb_back
}

# Where the time of a start goes: samples of the processor clock (perf), by process and by the system call
# that they lie in, as milliseconds of processor time per start.
where_of() {
	name=$1
	shift
	# shellcheck disable=SC2016 # for the shell that runs it
	printf 'i=0; while [ $i -lt %d ]; do %s || exit; i=$((i+1)); done\n' "$rounds" "$*" >"$work/loop"
	if ! perf record -q -F 5000 -e cpu-clock -g -o "$work/perf" -- "$root/bin/sh" "$work/loop" >"$work/why" 2>&1; then
		absent "$name: $(head -n 1 "$work/why")"
		return
	fi
	perf script -i "$work/perf" -F comm,ip,sym 2>/dev/null | awk -v runs="$rounds" -v name="$name" '
		BEGIN { RS = "" }
		{	n = split($0, line, "\n"); process = line[1]; sub(/ +$/, "", process); where = "(user)"
			for (i = 2; i <= n; i++) {
				split(line[i], word, " ")
				if (word[2] ~ /^(__x64_sys_|__do_sys_|ksys_)/) { where = word[2]; sub(/^(__x64_sys_|__do_sys_|ksys_)/, "", where) }
				else if (word[2] ~ /^asm_exc_page_fault/) { where = "(page fault)"; break }
			}
			total[process]++; part[process "\t" where]++ }
		END {	for (p in total) if (total[p] / 5 / runs >= 0.05) printf "%s\t%s\t \t%.3f\n", name, p, total[p] / 5 / runs
			for (p in part) if (part[p] / 5 / runs >= 0.05) printf "%s\t%s\t%.3f\n", name, p, part[p] / 5 / runs }' |
		sort -t"$(printf '\t')" -k2,2 -k4,4nr | awk -F'\t' '{ printf "%-10s %-18s %-16s %s\n", $1, $2, $3, $4 }'
}

section_where() {
	is_root || { absent "where the time goes: needs root"; return; }
	on_path perf || { absent "where the time goes: perf is not installed"; return; }
	on_path jq || { absent "where the time goes: jq is not installed"; return; }
	ninja -C "$build" kokon-oci kokon-seccomp >/dev/null || return
	oci_bundles || return
	state=${memory:-$work}/state
	mkdir -p "$state"
	title "where the processor time of a start and of exec goes, ms: the process, the system call (nothing: all of it)"
	where_of kokon-oci "$kokon-oci" --root "$state" run --bundle "$work/oci" "kokon-bench-$$"
	say
	where_of floor "$floor" --ns=mpuin --fork --rootfs="$root" --mounts --lo --cgroup --devices --session --masks --caps --hostname \
		--cgroup-mounts --readonly --record="$state" /bin/true
	say
	id=kokon-bench-$$ runtimes=kokon-oci
	oci_sleepers
	where_of exec "$kokon-oci" --root "$state/kokon-oci" exec "$id-kokon-oci" /bin/true
	say
	# shellcheck disable=SC2046
	where_of floor-exec "$floor_exec" $(floor_like_exec "$id-kokon-oci") /bin/true
	oci_no_sleepers
}
