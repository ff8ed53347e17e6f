# SPDX-License-Identifier: Apache-2.0
# kokon cgroup as root, on whatever hierarchies this machine has: v1, v2 or hybrid.
# KOKON_TEST_EMULATED: the machine is emulated and slow; loops are shorter.

load lib

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

@test "create: limits with units, held by the kernel in bytes and microseconds" {
	need_cgroup memory
	"$KOKON" cgroup create $G --memory 64M --pids-limit 20 --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0 \
		--cpuset-mems 0
	is "$(held $G memory memory.limit_in_bytes memory.max)" 67108864
	is "$(held $G pids pids.max pids.max)" 20
	if is_v2 cpu; then
		is "$(held $G cpu - cpu.max)" "150000 100000"
		is "$(held $G cpu - cpu.weight)" 59
	else
		is "$(held $G cpu cpu.cfs_quota_us -)" 150000
		is "$(held $G cpu cpu.shares -)" 512
	fi
	is "$(held $G cpuset cpuset.cpus cpuset.cpus)" 0
	run -0 "$KOKON" cgroup show $G --json
	is "$(jq -r '.limits[] | select(.name == "memory").value' <<<"$output")" 67108864
	is "$(jq -r '.limits[] | select(.name == "cpus").value' <<<"$output")" 1.5
	run -0 "$KOKON" cgroup show $G
	has "64M"
	"$KOKON" cgroup remove $G
	is "$(groups_left)" 0
}

@test "create: groups nest, and those above are made" {
	"$KOKON" cgroup create $G/a/b --pids-limit 7
	is "$(held $G/a/b pids pids.max pids.max)" 7
	is "$(held $G/a pids pids.max pids.max)" max
	run -0 "$KOKON" cgroup list $G
	has "$G/a/b"
	is "${#lines[@]}" 4
	is "$("$KOKON" cgroup list $G --json | jq '.groups | length')" 3
}

@test "create: memory-swap, memory-low, max" {
	need_cgroup memory
	[ -e "$(cgroup_of memory)/memory.memsw.limit_in_bytes" ] || is_v2 memory || skip "this kernel does not count swap"
	"$KOKON" cgroup create $G --memory 32M --memory-swap 48M --memory-low 16M
	if is_v2 memory; then
		is "$(held $G memory - memory.swap.max)" 16777216
	else
		is "$(held $G memory memory.memsw.limit_in_bytes -)" 50331648
	fi
	is "$(held $G memory memory.soft_limit_in_bytes memory.low)" 16777216
	# raising both, lowering both: the kernel wants them in a different order
	"$KOKON" cgroup set $G --memory 128M --memory-swap 256M
	is "$(held $G memory memory.limit_in_bytes memory.max)" 134217728
	"$KOKON" cgroup set $G --memory 8M --memory-swap 16M
	is "$(held $G memory memory.limit_in_bytes memory.max)" 8388608
	"$KOKON" cgroup set $G --memory max --memory-swap max
	run -0 "$KOKON" cgroup show $G --json
	is "$(jq -r '.limits[] | select(.name == "memory").value' <<<"$output")" max
}

@test "create: explained, nothing is made; the explained text does the same with sh" {
	local name
	run -0 "$KOKON" cgroup create $G/x --pids-limit 9 --memory 32M --cpuset-cpus 0 --explain
	is "$(groups_left)" 0
	has "mkdir "
	has "# "
	sh -e <<<"$output"
	is "$(held $G/x pids pids.max pids.max)" 9
	is "$(held $G/x memory memory.limit_in_bytes memory.max)" 33554432
	name=$("$KOKON" cgroup list $G | tail -n 1)
	"$KOKON" cgroup remove --recursive $G
	"$KOKON" cgroup create $G/x --pids-limit 9 --memory 32M --cpuset-cpus 0
	is "$("$KOKON" cgroup list $G | tail -n 1)" "$name"
}

@test "explain: every command that changes something prints and does nothing" {
	"$KOKON" cgroup create $G --pids-limit 9
	start $G sleep 60
	run -0 "$KOKON" cgroup set $G --pids-limit 4 --explain
	has "pids.max"
	run -0 "$KOKON" cgroup exec --explain $G -- echo 'a b'
	has "exec echo 'a b'"
	run -0 "$KOKON" cgroup move --explain $G $$
	has "echo $$ > "
	run -0 "$KOKON" cgroup freeze --explain $G
	has "echo "
	run -0 "$KOKON" cgroup thaw --explain $G
	has "echo "
	run -0 "$KOKON" cgroup kill --explain $G
	has "$G"
	run -0 "$KOKON" cgroup remove --recursive --kill --explain $G
	has "rmdir"
	is "$(held $G pids pids.max pids.max)" 9
	kill -0 "$inside"
	is "$("$KOKON" cgroup show $G --json | jq .frozen)" false
}

@test "trace: it is done, and the steps are on stderr with the time" {
	run -0 --separate-stderr "$KOKON" cgroup create $G --pids-limit 9 --trace
	is "$output" ""
	[[ $stderr == *"echo 9 > "* ]]
	[[ $stderr =~ done\ after\ [0-9.]+\ ms ]]
	is "$(held $G pids pids.max pids.max)" 9
	run -0 --separate-stderr "$KOKON" cgroup exec --trace $G echo hello
	is "$output" hello
	[[ $stderr == *"exec echo hello"* ]]
	run -0 --separate-stderr "$KOKON" cgroup remove --trace $G
	[[ $stderr == *rmdir* ]]
	is "$(groups_left)" 0
}

@test "set: a new limit in another hierarchy takes the processes along" {
	need_cgroup memory
	"$KOKON" cgroup create $G --pids-limit 9
	start $G sleep 60
	"$KOKON" cgroup set $G --memory 64M
	is "$(held $G memory memory.limit_in_bytes memory.max)" 67108864
	is "$(held $G memory cgroup.procs cgroup.procs)" "$inside"
	is "$(held $G pids pids.max pids.max)" 9
}

@test "set: what the kernel refuses leaves the other values as they were" {
	"$KOKON" cgroup create $G --pids-limit 9 --cpuset-cpus 0 --memory 64M
	if is_v2 cpuset; then
		refused 1 "memory.nonsense" -- "$KOKON" cgroup set $G --memory 32M --value memory.nonsense=1
	else
		refused 1 "cpuset.cpus" "the group above has: 0" -- "$KOKON" cgroup set $G --memory 32M --pids-limit 5 --cpuset-cpus 999
	fi
	is "$(held $G pids pids.max pids.max)" 9
	is "$(held $G memory memory.limit_in_bytes memory.max)" 67108864
}

bats_require_minimum_version 1.5.0

@test "exec: directly in the group, in every hierarchy; exit codes" {
	"$KOKON" cgroup create $G --pids-limit 20 --memory 64M
	run -0 "$KOKON" cgroup exec $G -- cat /proc/self/cgroup
	has "/$G"
	! is_v2 pids && has ":pids:/$G"
	! is_v2 memory && has ":memory:/$G"
	run -3 "$KOKON" cgroup exec $G sh -c 'exit 3'
	run -143 "$KOKON" cgroup exec $G sh -c 'kill -TERM $$'
	refused 127 "cannot run 'no-such-command'" -- "$KOKON" cgroup exec $G no-such-command
	refused 126 "cannot run '/etc/passwd'" -- "$KOKON" cgroup exec $G /etc/passwd
	refused 1 "no group '$G/none'" "kokon cgroup create" -- "$KOKON" cgroup exec $G/none true
}

@test "exec: signals are passed on; killed itself, the command goes too" {
	"$KOKON" cgroup create $G --pids-limit 20
	start $G sleep 60
	kill -TERM "$spawned_pid"
	local status=0
	wait "$spawned_pid" || status=$?
	is $status 143
	start $G sleep 60
	kill -KILL "$spawned_pid"
	wait_for eval "! kill -0 $inside"
}

@test "a parent's pids limit bites in the grandchild, and show says which one binds" {
	"$KOKON" cgroup create $G --pids-limit 3
	"$KOKON" cgroup create $G/child/grandchild --pids-limit 100
	run "$KOKON" cgroup exec $G/child/grandchild -- sh -c 'for i in 1 2 3 4 5; do sleep 5 & done; wait'
	[ "$status" -ne 0 ]
	has "fork"
	run -0 "$KOKON" cgroup show $G/child/grandchild
	has "3 by /$G"
	run -0 "$KOKON" cgroup tree $G
	has "of 3 by /$G"
	run -0 "$KOKON" cgroup show $G/child/grandchild --json
	is "$(jq -r '.limits[] | select(.name == "pids-limit") | "\(.value) \(.bound) \(."bound-by")"' <<<"$output")" \
		"100 3 /$G"
	"$KOKON" cgroup kill $G
}

@test "a group below cannot escape by not being in the limit's hierarchy" {
	"$KOKON" cgroup create $G --pids-limit 3
	"$KOKON" cgroup create $G/child --memory 64M
	run "$KOKON" cgroup exec $G/child -- sh -c 'for i in 1 2 3 4 5; do sleep 5 & done; wait'
	has "fork"
	"$KOKON" cgroup kill $G
	"$KOKON" cgroup remove --recursive $G
	# nor when the limit comes later
	"$KOKON" cgroup create $G/child --memory 64M
	start $G/child sh -c "while [ ! -e $T/go ]; do sleep 0.05; done; for i in 1 2 3 4 5; do sleep 5 & done; wait"
	"$KOKON" cgroup set $G --pids-limit 3
	is "$(held $G/child pids cgroup.procs cgroup.procs | head -n 1)" "$inside"
	touch "$T/go"
	wait_for grep -q fork "$spawned_out"
}

@test "kokon run --cgroup-parent: a container below a group, held to its limits" {
	"$KOKON" help run >/dev/null || skip "no kokon run yet"
	make_root "$T/root"
	"$KOKON" cgroup create $G --pids-limit 6
	spawn "$KOKON" run --rootfs "$T/root" --cgroup-parent $G --memory 64M --name kokon-cgtest -- sleep 60
	wait_for test -e "$(dir_of memory $G/kokon-cgtest)/cgroup.procs"
	wait_for has_process $G/kokon-cgtest
	run -0 "$KOKON" cgroup show $G/kokon-cgtest
	has "6 by /$G"
	has "64M"
	if "$KOKON" ns container:kokon-cgtest >/dev/null 2>&1; then
		run -0 "$KOKON" cgroup show container:kokon-cgtest
		has "$G/kokon-cgtest"
	fi
	kill -TERM "$spawned_pid"
	wait "$spawned_pid" || true
	run "$KOKON" run --rootfs "$T/root" --cgroup-parent $G --memory 64M -- sh -c \
		'for i in 1 2 3 4 5 6 7 8; do sleep 2 & done; wait'
	has "fork"
	is "$("$KOKON" cgroup list $G --json | jq '.groups | length')" 1
}

@test "memory over the limit is killed, reported by name, exit code 137" {
	need_cgroup memory
	"$KOKON" cgroup create $G --memory 16M --memory-swap 16M || "$KOKON" cgroup create $G --memory 16M
	run -137 "$KOKON" cgroup exec $G -- tail /dev/zero
	has "'tail'"
	has "group '$G' reached its memory limit of 16M"
	# a group above may be the one
	"$KOKON" cgroup create $G/in --memory 64M
	run -137 "$KOKON" cgroup exec $G/in -- tail /dev/zero
	has "the group '/$G' above it reached its memory limit of 16M"
	run -0 "$KOKON" cgroup stats $G/in
	has "killed at the limit 1"
}

@test "cpu: use over a window is within 10 % of the quota" {
	need_cgroup cpu
	"$KOKON" cgroup create $G --cpus 0.1
	start $G sh -c 'while :; do :; done'
	# Never more. Less, while others keep the machine busy: then another window.
	local t0 t1 c0 c1 i
	for i in 1 2 3 4 5 6; do
		sleep 2
		c0=$("$KOKON" cgroup stats $G --json | jq '."cpu-usec"') t0=$(date +%s%N)
		sleep 3
		c1=$("$KOKON" cgroup stats $G --json | jq '."cpu-usec"') t1=$(date +%s%N)
		echo "used $((c1 - c0)) us in $(((t1 - t0) / 1000)) us"
		awk -v used=$((c1 - c0)) -v time=$(((t1 - t0) / 1000)) \
			'BEGIN { r = used / time / 0.1; print "ratio to the quota: " r; exit !(r > 0.9 && r < 1.1) }' && break
	done
	[ "$i" -lt 6 ]
	run -0 "$KOKON" cgroup stats $G
	has "throttled"
}

@test "freeze and thaw" {
	"$KOKON" cgroup create $G/a --pids-limit 20
	start $G/a sh -c "while :; do echo x >>$T/count; sleep 0.02; done"
	wait_for test -s "$T/count"
	"$KOKON" cgroup freeze $G
	local before
	before=$(stat -c %s "$T/count")
	sleep 0.3
	is "$(stat -c %s "$T/count")" "$before"
	run -0 "$KOKON" cgroup show $G
	has "frozen"
	"$KOKON" cgroup thaw $G
	grown() { [ "$(stat -c %s "$T/count")" -gt "$before" ]; }
	wait_for grown
	# a frozen group can be killed
	"$KOKON" cgroup freeze $G
	"$KOKON" cgroup kill $G
	"$KOKON" cgroup remove --recursive $G
}

@test "move: processes go to the group, all of them or none" {
	"$KOKON" cgroup create $G/a --pids-limit 20
	"$KOKON" cgroup create $G/b --pids-limit 20
	spawn sleep 60
	local first=$spawned_pid
	"$KOKON" cgroup move $G/a "$first"
	grep -q "$first" "$(dir_of pids $G/a)/cgroup.procs"
	refused 1 "no process 4194000" -- "$KOKON" cgroup move $G/b "$first" 4194000
	grep -q "$first" "$(dir_of pids $G/a)/cgroup.procs"
	refused 1 "'x1' is no PID" -- "$KOKON" cgroup move $G/b x1
	refused 1 "'0' is no PID" -- "$KOKON" cgroup move $G/b 0
	# a thread of the kernel stays
	if grep -q '^Kthread:	1' /proc/2/status 2>/dev/null || [ "$(cat /proc/2/comm)" = kthreadd ]; then
		refused 1 "cannot move process 2" -- "$KOKON" cgroup move $G/b "$first" 2
		grep -q "$first" "$(dir_of pids $G/a)/cgroup.procs"
	fi
}

@test "show takes a process; tree and list draw what is there" {
	"$KOKON" cgroup create $G/a --pids-limit 20
	start $G/a sleep 61
	run -0 "$KOKON" cgroup show "pid:$inside"
	has "$G/a"
	run -0 "$KOKON" cgroup tree $G
	has "sleep 61"
	has "1 of 20"
	run -0 "$KOKON" cgroup tree $G --json
	is "$(jq -r '.groups[0].group' <<<"$output")" $G
	refused 1 "no process '4194000'" -- "$KOKON" cgroup show pid:4194000
	refused 1 "no group 'kokon-none'" "kokon cgroup list" -- "$KOKON" cgroup show kokon-none
}

@test "stats --watch prints a line per interval until the group is gone" {
	"$KOKON" cgroup create $G --pids-limit 20
	spawn "$KOKON" cgroup stats $G --watch=0.1
	wait_for eval "[ \$(wc -l <$spawned_out) -ge 4 ]"
	"$KOKON" cgroup remove $G
	wait "$spawned_pid"
	grep -q CPU "$spawned_out"
	refused 2 "'soon' is no time" -- "$KOKON" cgroup stats $G --watch=soon
}

@test "remove: a busy group is refused with its PIDs; groups below; nothing half removed" {
	"$KOKON" cgroup create $G/a --pids-limit 20 --memory 64M
	start $G/a sleep 60
	refused 1 "has processes ($inside)" "kokon cgroup kill" -- "$KOKON" cgroup remove $G/a
	refused 1 "has processes ($inside)" -- "$KOKON" cgroup remove --recursive $G
	refused 1 "groups below it ('$G/a')" "--recursive" -- "$KOKON" cgroup remove $G
	is "$(held $G/a memory memory.limit_in_bytes memory.max)" 67108864
	"$KOKON" cgroup kill $G
	"$KOKON" cgroup remove $G/a
	"$KOKON" cgroup remove $G
	refused 1 "no group '$G'" -- "$KOKON" cgroup remove $G
}

@test "kill refuses the group that it runs in" {
	"$KOKON" cgroup create $G --pids-limit 20
	refused 1 "holds this very process" -- "$KOKON" cgroup exec $G "$KOKON" cgroup kill $G
	"$KOKON" cgroup create $G-2 --pids-limit 20
	start $G sleep 60
	"$KOKON" cgroup kill $G-2
	kill -0 "$inside"
	"$KOKON" cgroup remove $G-2
}

@test "500 groups are made, listed and removed" {
	local i
	for ((i = 0; i < 500; i++)); do
		"$KOKON" cgroup create $G/$i --pids-limit 5 || return 1
	done
	is "$("$KOKON" cgroup list $G --json | jq '.groups | length')" 501
	"$KOKON" cgroup tree $G >/dev/null
	"$KOKON" cgroup remove --recursive $G
	is "$(groups_left)" 0
}

@test "two kokons at once on one tree" {
	worker() {
		local i
		for ((i = 0; i < (${KOKON_TEST_EMULATED:+1}0 ? 10 : 40); i++)); do
			"$KOKON" cgroup create "$G/shared/$1-$i" --pids-limit 9 --memory 16M || return 1
			"$KOKON" cgroup exec "$G/shared/$1-$i" true || return 1
			"$KOKON" cgroup remove "$G/shared/$1-$i" || return 1
		done
	}
	spawn worker one
	local one=$spawned_pid out=$spawned_out
	spawn worker two
	wait "$one" || { cat "$out"; return 1; }
	wait "$spawned_pid" || { cat "$spawned_out"; return 1; }
	# the same name: one wins, the other is told
	local won=0 i
	for ((i = 0; i < 20; i++)); do
		spawn "$KOKON" cgroup create "$G/same$i" --pids-limit 9
		one=$spawned_pid
		spawn "$KOKON" cgroup create "$G/same$i" --pids-limit 9
		wait "$one" && won=$((won + 1))
		wait "$spawned_pid" && won=$((won + 1))
	done
	is $won 20
	# making and removing the whole tree against each other ends in a clean state
	spawn bash -c "for i in {1..30}; do '$KOKON' cgroup create $G/r/\$i --pids-limit 9; done"
	one=$spawned_pid
	spawn bash -c "for i in {1..30}; do '$KOKON' cgroup remove --recursive $G/r; done"
	wait "$one" || true
	wait "$spawned_pid" || true
	"$KOKON" cgroup remove --recursive $G
	is "$(groups_left)" 0
}

@test "SIGKILL in the middle, then remove --recursive leaves nothing" {
	need strace
	local n call
	for call in mkdirat write openat; do
		for n in $([ -n "${KOKON_TEST_EMULATED:-}" ] && echo 1 4 8 || echo 1 2 3 4 5 6 8 10); do
			strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n \
				"$KOKON" cgroup create $G/a/b --memory 32M --pids-limit 9 --cpuset-cpus 0 >/dev/null 2>&1 || true
			[ "$(groups_left)" -eq 0 ] || "$KOKON" cgroup remove --recursive $G
			is "$(groups_left)" 0
		done
	done
}

@test "a failed create leaves nothing" {
	need strace
	local n call
	for call in mkdirat write; do
		for n in 1 2 3 4 5; do
			run strace -qq -o /dev/null -e trace=$call -e inject=$call:error=ENOSPC:when=$n \
				"$KOKON" cgroup create $G --memory 32M --pids-limit 9 --cpus 1
			[ "$status" -eq 0 ] || is "$(groups_left)" 0
			"$KOKON" cgroup remove $G 2>/dev/null || true
		done
	done
	refused 1 "no file 'pids.nonsense'" -- "$KOKON" cgroup create $G --value pids.nonsense=1
	is "$(groups_left)" 0
}

@test "refused: names that leave the tree" {
	refused 1 "leads out of the tree" -- "$KOKON" cgroup create ../$G
	refused 1 "leads out of the tree" -- "$KOKON" cgroup create $G/../../x --pids-limit 1
	refused 1 "is a directory, not the name of a group" "'$G'" -- "$KOKON" cgroup create "$(cgroup_of pids)/$G"
	refused 1 "kernel's files" -- "$KOKON" cgroup create $G/pids.max
	refused 1 "kernel's files" -- "$KOKON" cgroup create cgroup.procs
	refused 1 "control character" -- "$KOKON" cgroup create $'a\nb'
	refused 1 "empty part" -- "$KOKON" cgroup create $G//a
	refused 1 "top of the tree" -- "$KOKON" cgroup create /
	refused 1 "top of the tree" -- "$KOKON" cgroup remove --recursive /
	refused 1 "top of the tree" -- "$KOKON" cgroup kill /
	refused 1 "more than 60 parts" -- "$KOKON" cgroup create "$(printf 'x/%.0s' {1..80})x"
	refused 1 "more than 255" -- "$KOKON" cgroup create "$(printf 'x%.0s' {1..300})"
	refused 2 "name of a group is missing" -- "$KOKON" cgroup create
	"$KOKON" cgroup create /$G --pids-limit 3
	is "$(held $G pids pids.max pids.max)" 3
	refused 1 "exists already" "kokon cgroup set" -- "$KOKON" cgroup create $G
}

@test "refused: nonsense values, with what is accepted" {
	refused 2 "--memory" "'lots'" "64M" -- "$KOKON" cgroup create $G --memory lots
	refused 2 "--memory" "'-5'" "64M" -- "$KOKON" cgroup create $G --memory=-5
	refused 2 "--memory" "'99999999999999999999'" -- "$KOKON" cgroup create $G --memory 99999999999999999999
	refused 2 "--cpus" "'0'" "0.01" -- "$KOKON" cgroup create $G --cpus 0
	refused 2 "--cpus" "'two'" "1.5" -- "$KOKON" cgroup create $G --cpus two
	refused 2 "--cpu-shares" "'1'" "262144" -- "$KOKON" cgroup create $G --cpu-shares 1
	refused 2 "--pids-limit" "'many'" "4194304" -- "$KOKON" cgroup create $G --pids-limit many
	refused 2 "--cpuset-cpus" "'3-1'" "0-2,4" -- "$KOKON" cgroup create $G --cpuset-cpus 3-1
	refused 2 "--cpuset-mems" "'a'" -- "$KOKON" cgroup create $G --cpuset-mems a
	refused 2 "--io-max" "rbps" -- "$KOKON" cgroup create $G --io-max /dev/null
	refused 2 "--io-max" "no block device" -- "$KOKON" cgroup create $G --io-max /dev/null:rbps=1M
	refused 2 "--io-max" "no device" "lsblk" -- "$KOKON" cgroup create $G --io-max /dev/nonsense:rbps=1M
	refused 2 "--io-max" "'speed=1'" -- "$KOKON" cgroup create $G --io-max 8:0:speed=1
	refused 2 "--io-max" "out of range" -- "$KOKON" cgroup create $G --io-max 8:0:rbps=0
	refused 2 "--value" "FILE=VALUE" -- "$KOKON" cgroup create $G --value pids.max=
	refused 2 "nothing to set" "--memory" -- "$KOKON" cgroup set $G
	refused 2 "--value" "FILE=VALUE" -- "$KOKON" cgroup create $G --value pids.max
	refused 2 "--controllers" "'colour'" -- "$KOKON" cgroup create $G --controllers pids,colour
	refused 1 "not a file with a limit" -- "$KOKON" cgroup create $G --value ../pids.max=1
	refused 1 "not a file with a limit" -- "$KOKON" cgroup create $G --value cgroup.freeze=1
	refused 2 "unknown option '--memroy'" "--memory" -- "$KOKON" cgroup create $G --memroy 1M
	refused 2 "unknown command 'craete'" "kokon cgroup create" -- "$KOKON" cgroup craete
	is "$(groups_left)" 0
}

@test "refused: a CPU or a disk that the kernel does not have" {
	if is_v2 cpuset; then
		skip "version 2 accepts CPUs that do not exist"
	fi
	refused 1 "the kernel refuses '999' for 'cpuset.cpus'" "the group above has: 0" -- "$KOKON" cgroup create $G --cpuset-cpus 999
	is "$(groups_left)" 0
	need_cgroup blkio
	refused 1 "no such block device" "/dev/vda" -- "$KOKON" cgroup create $G --io-max 250:99:rbps=1M
	is "$(groups_left)" 0
}

@test "io: a limit per disk is held by the kernel" {
	local disk number
	disk=$(lsblk -dnro NAME,TYPE | awk '$2 == "disk" && $1 !~ /^(zram|ram|loop)/ { print $1; exit }')
	[ -b "/dev/$disk" ] || skip "no disk here"
	number=$(cat "/sys/class/block/$disk/dev")
	"$KOKON" cgroup create $G --io-max "/dev/$disk:rbps=1M,wiops=100" || skip "no I/O controller"
	"$KOKON" cgroup show $G >&2
	run -0 "$KOKON" cgroup show $G
	if [ -e "$(v2_mount)/$G/io.max" ]; then
		has "$number rbps=1048576 wbps=max riops=max wiops=100"
	else
		has "$number 1048576"
		has "$number 100"
	fi
	"$KOKON" cgroup set $G --io-max "$number:rbps=max"
	run -0 "$KOKON" cgroup show $G
	lacks "1048576"
}

@test "refused: a limit below present use" {
	need_cgroup memory
	"$KOKON" cgroup create $G --memory 256M --pids-limit 20
	start $G sh -c 'x=$(head -c 20000000 /dev/zero | tr "\0" x); sleep 60; echo "$x"'
	wait_for eval "[ \$('$KOKON' cgroup stats $G --json | jq .memory) -gt 15000000 ]"
	refused 1 "below present use" "give at least" -- "$KOKON" cgroup set $G --memory 1M
	is "$(held $G memory memory.limit_in_bytes memory.max)" 268435456
	refused 1 "below present use" -- "$KOKON" cgroup set $G --pids-limit 0
	is "$(held $G pids pids.max pids.max)" 20
	kill -0 "$inside"
}

@test "refused: a limit that only version 2 has, or a controller that is not there" {
	if is_v2 memory; then
		"$KOKON" cgroup create $G --memory-high 10M
		is "$(held $G memory - memory.high)" 10485760
	else
		refused 1 "memory-high" "version 1" -- "$KOKON" cgroup create $G --memory-high 10M
	fi
	cgroup_of rdma >/dev/null || refused 1 "rdma" -- "$KOKON" cgroup create $G/x --controllers rdma
	[ "$(awk '$1 == "net_cls" { print $2 }' /proc/cgroups)" != 0 ] ||
		refused 1 "'net_cls' is not mounted" "mount -t cgroup -o net_cls" -- "$KOKON" cgroup create $G/x --controllers net_cls
}

@test "version 2: a group with processes cannot give controllers to children" {
	need_v2
	local c
	c=$(cut -d' ' -f1 "$(v2_mount)/cgroup.controllers")
	[ -n "$c" ] || skip "version 2 has no controller here"
	"$KOKON" cgroup create $G
	start $G sleep 60
	refused 1 "has processes ($inside)" "either processes or children" "kokon cgroup move $G/leaf $inside" -- \
		"$KOKON" cgroup create $G/child --controllers "$c"
	[ ! -e "$(v2_mount)/$G/child" ]
	# the remedy works
	"$KOKON" cgroup create $G/leaf
	"$KOKON" cgroup move $G/leaf "$inside"
	"$KOKON" cgroup create $G/child --controllers "$c"
	grep -q "$c" "$(v2_mount)/$G/child/cgroup.controllers"
	# and the other way round
	refused 1 "cannot move" "gives controllers to its children" -- "$KOKON" cgroup move $G "$inside"
	refused 1 "gives controllers to its children" -- "$KOKON" cgroup exec $G true
}

@test "version 2: threaded groups are refused" {
	need_v2
	local c
	c=$(cut -d' ' -f1 "$(v2_mount)/cgroup.controllers")
	"$KOKON" cgroup create $G/threads
	echo threaded >"$(v2_mount)/$G/threads/cgroup.type"
	spawn sleep 60
	refused 1 "threaded" -- "$KOKON" cgroup move $G/threads "$spawned_pid"
	refused 1 "threaded" -- "$KOKON" cgroup exec $G/threads true
	refused 1 "threaded" -- "$KOKON" cgroup create $G/threads/x
	[ -z "$c" ] || refused 1 "threaded" -- "$KOKON" cgroup create $G/threads/x --controllers "$c"
	[ ! -e "$(v2_mount)/$G/threads/x" ]
	run -0 "$KOKON" cgroup show $G/threads
	has "threaded"
}

@test "an ordinary user: nothing delegated is refused with the remedy, looking works" {
	"$KOKON" cgroup create $G --pids-limit 20
	refused 1 "delegated" "systemd-run --user" -- as_user "$KOKON" cgroup create mine
	refused 1 "'pids' is not delegated to you" "as root" -- as_user "$KOKON" cgroup create mine --pids-limit 5
	refused 1 "kill" -- as_user "$KOKON" cgroup kill $G/none
	run -1 as_user "$KOKON" cgroup remove $G
	run -1 as_user "$KOKON" cgroup set $G --pids-limit 3
	run -1 as_user "$KOKON" cgroup freeze $G
	run -1 as_user "$KOKON" cgroup exec $G true
	is "$(held $G pids pids.max pids.max)" 20
	run -0 as_user "$KOKON" cgroup tree $G
	has "$G"
	run -0 as_user "$KOKON" cgroup show $G
	has "20"
}

@test "an ordinary user: names count from the part that is delegated" {
	local dir shell
	dir=$(dir_of pids $G)
	"$KOKON" cgroup create $G --pids-limit 20
	mkdir "$dir/user"
	! is_v2 pids || { echo +pids >"$dir/cgroup.subtree_control" && mkdir "$dir/user/shell"; }
	chown -R "$TEST_UID" "$dir/user"
	shell=$dir/user
	! is_v2 pids || shell=$dir/user/shell
	run -0 bash -c 'echo $BASHPID >"$0/cgroup.procs" && shift 0 && exec "$@"' "$shell" \
		setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups --inh-caps=-all -- \
		sh -ec '"$1" cgroup create mine --pids-limit 5; "$1" cgroup exec mine cat /proc/self/cgroup
			"$1" cgroup show mine; ! "$1" cgroup create /other; "$1" cgroup remove mine' sh "$KOKON"
	has "$G/user/mine"
	has "20 by /$G" || has "its own"
	has "outside of the tree that is delegated"
	[ ! -e "$dir/user/mine" ]
	find "$dir/user" -depth -type d -exec rmdir {} \;
}
