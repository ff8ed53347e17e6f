# SPDX-License-Identifier: Apache-2.0
# kokon cgroup as root, on whatever hierarchies this machine has: v1, v2 or hybrid.

load lib
load cgroup

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
