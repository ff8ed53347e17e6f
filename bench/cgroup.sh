# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # read by bench/run, which has the functions and variables
#
# A command in a group: kokon against cgexec (package cgroup-tools), and against writing the PID by
# hand in a shell. The groups are made before, in the same hierarchies for all.

section_cgroup() {
	title "cgroup exec: true in a group of two hierarchies, memory and pids"
	is_root || { absent "cgroup exec: needs root"; return; }
	has_kokon cgroup || return
	group=kokon-bench.$$
	works "kokon cgroup create" "$kokon" cgroup create "$group" --controllers memory,pids || return
	if [ -d /sys/fs/cgroup/memory/$group ] && [ -d /sys/fs/cgroup/pids/$group ]; then
		# cgexec does not enter a version 2 group on a hybrid machine
		rmdir "/sys/fs/cgroup/unified/$group" 2>/dev/null
		by_hand='echo 0 >/sys/fs/cgroup/memory/$0/cgroup.procs; echo 0 >/sys/fs/cgroup/pids/$0/cgroup.procs; exec /bin/true'
	else
		by_hand='echo 0 >/sys/fs/cgroup/$0/cgroup.procs; exec /bin/true'
	fi
	set -- ::: kokon "$kokon" cgroup exec "$group" "$root/bin/true" ::: "sh by hand" sh -c "$by_hand" "$group"
	if ! on_path cgexec; then
		absent "cgexec: not installed (package cgroup-tools)"
	elif works cgexec cgexec -g "memory,pids:$group" "$root/bin/true"; then
		set -- ::: cgexec cgexec -g "memory,pids:$group" "$root/bin/true" "$@"
	fi
	measure "$@"
	"$kokon" cgroup remove "$group"
}
