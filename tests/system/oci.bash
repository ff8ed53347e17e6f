# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # bats gives output and status
# What every test of kokon-oci begins with, beside lib:
#
#	load lib
#	load oci
#
# $OCI            the program, with a store of its own ($T/store); $B: a bundle with busybox
# oci ARG…        runs it
# bundle [ARG…]   writes $B/config.json: the program is ARG…
# change FILTER   edits it with jq

oci_setup() {
	need jq
	OCI=${KOKON%/*}/kokon-oci
	STORE=$T/store
	B=$T/bundle
	mkdir -p "$B"
	make_root "$B/rootfs"
	bundle sleep 1000
}

oci_teardown() {
	local id
	for id in $("$OCI" --root "$STORE" list -q 2>/dev/null); do
		"$OCI" --root "$STORE" delete -f "$id"
	done
	return 0
}

setup() {
	common_setup
	oci_setup
}

teardown() {
	oci_teardown
	common_teardown
}

oci() { "$OCI" --root "$STORE" "$@" 3>&-; }

bundle() {
	rm -f "$B/config.json"
	"$OCI" spec --bundle "$B"
	change '.process.terminal = false | .process.args = $ARGS.positional' --args -- "$@"
}

change() {
	jq "$@" <"$B/config.json" >"$B/config.new" && mv "$B/config.new" "$B/config.json"
}

# status_of ID
status_of() { oci state "$1" | jq -r .status; }
has_status() { [ "$(status_of "$1")" = "$2" ]; }
pid_of() { oci state "$1" | jq -r .pid; }

# begin ID [ARG…]: create and start, in the bundle, with output in $T/ID.out
begin() {
	local id=$1
	shift
	oci create --bundle "$B" "$@" "$id" >"$T/$id.out" 2>&1 </dev/null || { cat "$T/$id.out"; return 1; }
	oci start "$id"
}

# nothing_of ID: no directory, group or process is left
nothing_of() {
	[ ! -e "$STORE/$1" ] || { echo "the state of $1 is left"; return 1; }
	[ -z "$(find /sys/fs/cgroup -maxdepth 4 -path "*/kokon-oci/$1")" ] || { echo "a group of $1 is left"; return 1; }
}

# interrupted kill|errors COMMAND: at each of its system calls, see ../lib/interrupted.py
interrupted() {
	need_root
	need strace
	need python3
	# shellcheck disable=SC2016 # The shell reaps the processes that others leave.
	KOKON_TEST_ID=$$ unshare --mount --pid --fork --kill-child --mount-proc sh -c 'python3 "$@"; exit $?' sh \
		"$BATS_TEST_DIRNAME/../lib/interrupted.py" "$OCI" "$B" "$@" 3>&- </dev/null
}
