# SPDX-License-Identifier: Apache-2.0
# What the suites of kokon cgroup share.
# KOKON_TEST_EMULATED: the machine is emulated and slow; loops are shorter.

G=kokon-cgroup-test

setup() {
	common_setup
	need_root
	need_cgroup pids
}

teardown() {
	local dir
	"$KOKON" cgroup remove --recursive --kill $G >/dev/null 2>&1
	for dir in "${extra_dirs[@]}"; do
		rmdir "$dir" 2>/dev/null
	done
	common_teardown
}

# dir_of CONTROLLER [GROUP]: where the group is; held GROUP CONTROLLER V1FILE V2FILE: a value.
dir_of() { echo "$(cgroup_of "$1")/${2-}"; }
is_v2() { [ -e "$(cgroup_of "$1")/cgroup.controllers" ]; }
held() {
	local file=$3
	! is_v2 "$2" || file=$4
	cat "$(dir_of "$2" "$1")/$file"
}
v2_mount() { awk '$(NF-2) == "cgroup2" { print $5; exit }' /proc/self/mountinfo; }
need_v2() { [ -n "$(v2_mount)" ] || skip "no cgroup2 is mounted"; }
groups_left() { find /sys/fs/cgroup -type d -name "$G" | wc -l; }

# start GROUP COMMAND...: in the background inside the group; its PID is in $inside.
start() {
	local group=$1
	shift
	spawn "$KOKON" cgroup exec "$group" -- "$@"
	wait_for has_process "$group"
	inside=$("$KOKON" cgroup show "$group" --json | jq '.processes[0]')
}
has_process() { [ "$("$KOKON" cgroup show "$1" --json | jq '.processes | length')" -gt 0 ]; }
