# SPDX-License-Identifier: Apache-2.0
# kokon cgroup: what it refuses, and what an ordinary user may do.

load lib
load cgroup

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
