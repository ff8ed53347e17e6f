# SPDX-License-Identifier: Apache-2.0
# The measuring programs: what they refuse, and that their numbers are of what they say.

load lib

PAIR=$BUILD/bench/pair

@test "pair: one line per command, in the order given, ratios to the base" {
	run -0 "$PAIR" -n 5 -w 0 --base second ::: first true ::: second true ::: third=1 false
	has "(5 rounds, interleaved; ratios to 'second', with 95% intervals)"
	[[ ${lines[1]} == first* && ${lines[2]} == second*"1.00 [1.00-1.00]"* && ${lines[3]} == third* ]]
}

@test "pair: measures the whole process" {
	need jq
	run -0 "$PAIR" -n 5 -w 0 --json ::: none true ::: nap sleep 0.1
	[ "$(jq '.commands[1].p10_ms >= 100 and .commands[1].p10_ms < 1000' <<<"$output")" = true ]
	[ "$(jq '.commands[0].median_ms < 100' <<<"$output")" = true ]
	[ "$(jq '.commands[1].median_ratio.low <= .commands[1].median_ratio.value' <<<"$output")" = true ]
}

@test "pair: every round runs every command once, after --prepare" {
	run -0 "$PAIR" -n 4 -w 1 --prepare "echo p >>'$T/log'" ::: a sh -c "echo a >>'$T/log'" ::: b sh -c "echo b >>'$T/log'"
	is "$(grep -c p "$T/log")" 10
	is "$(grep -c a "$T/log")" 5
	is "$(grep -c b "$T/log")" 5
}

@test "pair: a command that fails, is missing, is killed or hangs stops the measurement" {
	refused 1 "'x' exited with status 1, expected was 0" -- "$PAIR" ::: x false
	refused 1 "'x' exited with status 0, expected was 3" -- "$PAIR" ::: x=3 true
	refused 1 "'x' exited with status 127, expected was 0 (is the command there?)" -- "$PAIR" ::: x "$T/none"
	refused 1 "'x' was killed by signal 9" -- "$PAIR" ::: x sh -c 'kill -9 $$'
	refused 1 "'x' took longer than 1 s" -- "$PAIR" --limit 1 ::: x sleep 20
}

@test "pair: mistakes on the command line" {
	refused 2 "Usage: pair" -- "$PAIR"
	refused 2 "Usage: pair" -- "$PAIR" --frob ::: x true
	refused 1 "no command after the name 'x'" -- "$PAIR" ::: x
	refused 1 "no command after ':::'" -- "$PAIR" ::: x true :::
	refused 1 "bad value 'many' for --rounds" -- "$PAIR" --rounds many ::: x true
	refused 1 "no command is named 'y'" -- "$PAIR" --base y ::: x true
}

# The floor is only a limit if it does what it says.
FLOOR=$BUILD/bench/floor

@test "floor: namespaces, in place and as a child" {
	need_root
	run -0 "$FLOOR" --ns=mui sh -c 'readlink /proc/self/ns/mnt /proc/self/ns/uts /proc/self/ns/ipc'
	[ "${lines[0]}" != "$(ns_of mnt)" ] && [ "${lines[1]}" != "$(ns_of uts)" ] && [ "${lines[2]}" != "$(ns_of ipc)" ]
	run -0 "$FLOOR" --ns=mp --fork --mount-proc sh -c 'echo $$; readlink /proc/self'
	is "${lines[0]}" 1
	run -7 "$FLOOR" --ns=p --fork sh -c 'exit 7'
}

@test "floor: an ordinary user becomes root of a user namespace" {
	need_user_namespaces
	cp "$FLOOR" "$T/floor"
	run -0 as_user "$T/floor" --ns=mU --map-root id -u
	is "$output" 0
}

@test "floor: root file system, mounts, devices, masks, capabilities, filter, cgroups; all gone after it" {
	need_cgroup pids
	make_root "$T/root"
	run -0 "$FLOOR" --ns=mpuinC --fork --lo --cgroup --rootfs="$T/root" --mounts --masks --hostname --caps \
		--seccomp=300 /bin/sh -c 'grep -E "^(CapEff|Seccomp):" /proc/self/status; cat /proc/mounts; hostname
			ls /dev/null /dev/pts/ptmx; ip link show lo; cat /proc/self/cgroup; echo x >/proc/sys/kernel/hostname; :'
	has "CapEff:	00000000a80425fb"
	has "Seccomp:	2"
	has "/proc proc"
	has "/dev/mqueue mqueue"
	has "/proc/sys proc ro"
	has "LOOPBACK,UP"
	has "Read-only file system"
	lacks "$T"
	run -0 "$FLOOR" --ns=mC --fork --cgroup=pids,memory sh -c 'cat /proc/self/cgroup'
	lacks "floor-"
}

@test "floor: an overlay keeps what is below it" {
	need_root
	make_root "$T/root"
	run -0 "$FLOOR" --ns=mp --fork --overlay="$T/root" /bin/sh -c 'echo hi >/new; cat /new'
	is "$output" hi
	[ ! -e "$T/root/new" ]
}

@test "floor: the filter of a process, loaded again from a file" {
	need_root
	spawn "$FLOOR" --seccomp=100 sleep 20
	wait_for grep -q 'Seccomp:	2' "/proc/$spawned_pid/status"
	"$FLOOR" --filter-of="$spawned_pid" >"$T/filter"
	is "$(($(stat -c %s "$T/filter") / 8))" 98
	run -0 "$FLOOR" --seccomp="$T/filter" grep Seccomp: /proc/self/status
	has "2"
}

@test "floor: a step that fails is named" {
	refused 125 "floor: $T/none: No such file or directory" -- "$FLOOR" --chroot="$T/none" true
	refused 125 "floor: x: Invalid argument" -- "$FLOOR" --ns=x true
	refused 2 "Usage: floor" -- "$FLOOR" --ns=m
}

@test "costs: every probe works or says that it is not possible, and leaves nothing" {
	need_root
	run -0 "$BUILD/bench/costs" -n 1
	has "clone3 mnt uts ipc pid cgroup net"
	has "proc, fsopen .. move_mount"
	has "300 instructions, halving"
	run -0 "$BUILD/bench/costs" -n 1 filters
	lacks "clone3"
	refused 2 "Usage: costs" -- "$BUILD/bench/costs" -n 0
}

@test "make bench: mistakes, and what is missing is named" {
	refused 2 "unknown section 'speed'" -- bench/run speed
	run -0 bench/run -h
	has "Sections:"
}

@test "oci-cycles: counts what is left of containers" {
	need_cgroup memory
	need jq
	need busybox
	BUILD=${KOKON%/*} run -0 "$BATS_TEST_DIRNAME/../../bench/oci-cycles" -n 6 -j 2
	has "6 cycles of create, start, delete"
	has "failed: 0"
	lacks GROWN
	run -2 "$BATS_TEST_DIRNAME/../../bench/oci-cycles" -x
}
