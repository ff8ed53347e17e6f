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

# Every runtime that works here, as words in $runtimes; each is called by "$work/NAME ARGUMENT…".
oci_runtimes() {
	runtimes=
	for runtime in kokon-oci crun runc; do
		path=$(command -v "$runtime")
		[ "$runtime" != kokon-oci ] || path=$kokon-oci
		if [ -z "$path" ]; then
			absent "$runtime: not installed"
			continue
		fi
		printf '#!%s sh\nexec %s --root %s "$@"\n' "$root/bin/busybox" "$path" "$work/state-$runtime" >"$work/$runtime"
		chmod +x "$work/$runtime"
		! works "$runtime" "$work/$runtime" run --bundle "$work/oci" "kokon-bench-$$" || runtimes="$runtimes $runtime"
	done
}

# each TEXT: measure "$work/RUNTIME" in the place of RUNTIME in a line of shell, for every runtime.
oci_each() {
	line=$1
	shift
	for runtime in $runtimes; do
		set -- "$@" ::: "$runtime" "$root/bin/sh" -c "$(echo "$line" | sed "s|RUNTIME|$work/$runtime|g")"
	done
	measure "$@"
}

oci_measure() {
	id=kokon-bench-$$
	oci_runtimes
	[ -n "$runtimes" ] || return
	floor_oci="$floor --ns=mpuin --fork --rootfs=$root --mounts --lo --cgroup --devices --session --masks --caps --hostname"
	title "OCI run: the floor makes, fills and removes the same groups"
	oci_each "exec RUNTIME run --bundle $work/oci $id" ::: floor "$root/bin/sh" -c "exec $root/bin/sh -c 'exec $floor_oci /bin/true'"
	title "OCI run with a seccomp profile"
	oci_each "exec RUNTIME run --bundle $work/oci-filter $id"
	title "OCI create, start, delete"
	oci_each "RUNTIME create --bundle $work/oci-sleep $id </dev/null >/dev/null 2>&1 && RUNTIME start $id && RUNTIME delete --force $id"
	title "OCI run, 16 at once"
	oci_each "i=0; while [ \$i -lt 16 ]; do RUNTIME run --bundle $work/oci $id-\$i & i=\$((i+1)); done; wait"
	title "OCI exec in a running container"
	for runtime in $runtimes; do
		"$work/$runtime" create --bundle "$work/oci-sleep" "$id-$runtime" </dev/null >/dev/null 2>&1 && "$work/$runtime" start "$id-$runtime"
	done
	set --
	for runtime in $runtimes; do
		set -- "$@" ::: "$runtime" "$work/$runtime" exec "$id-$runtime" /bin/true
	done
	measure "$@"
	for runtime in $runtimes; do
		"$work/$runtime" delete --force "$id-$runtime"
	done
	oci_smallest
}

# The smallest memory limit, in KiB, under which true runs; a multiple of 64.
oci_smallest() {
	title "the smallest linux.resources.memory.limit under which true runs"
	for runtime in $runtimes; do
		for kib in 64 128 192 256 320 384 512 768 1024 1536 2048 3072 4096 6144 8192 12288 16384 none; do
			[ $kib != none ] || break
			oci_bundle "$work/oci-small" '["/bin/true"]' ".linux.resources.memory.limit = $((kib * 1024))"
			! timeout 20 "$work/$runtime" run --bundle "$work/oci-small" "$id" >/dev/null 2>&1 </dev/null || break
			"$work/$runtime" delete --force "$id" >/dev/null 2>&1
		done
		say "$runtime: $kib KiB"
	done
}

section_oci() {
	is_root || { absent "OCI runtimes: needs root"; return; }
	on_path jq || { absent "OCI runtimes: jq is not installed"; return; }
	ninja -C "$build" kokon-oci >/dev/null || return
	oci_bundle "$work/oci" '["/bin/true"]' && oci_bundle "$work/oci-sleep" '["/bin/sleep", "1000"]' &&
		oci_profile >"$work/profile" &&
		oci_bundle "$work/oci-filter" '["/bin/true"]' ".linux.seccomp = $(cat "$work/profile")" || return
	hugetlb=
	if [ -d /sys/fs/cgroup/memory ] && [ -s /sys/fs/cgroup/unified/cgroup.controllers ]; then
		if [ ! -e /sys/fs/cgroup/hugetlb ] && mkdir /sys/fs/cgroup/hugetlb &&
			mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb 2>/dev/null; then
			hugetlb=mounted
			say "hugetlb is mounted as version 1 while this is measured"
		else
			rmdir /sys/fs/cgroup/hugetlb 2>/dev/null
			say "hugetlb is in use in version 2: crun will not start"
		fi
	fi
	oci_measure
	[ -z "$hugetlb" ] || { umount /sys/fs/cgroup/hugetlb && rmdir /sys/fs/cgroup/hugetlb; }
}
