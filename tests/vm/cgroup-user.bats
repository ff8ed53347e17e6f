# SPDX-License-Identifier: Apache-2.0
# In the guest, as the user "test" with systemd --user: what is delegated.

load ../system/lib

M=/sys/fs/cgroup

# in_scope 'SHELL': in a delegated scope of its own; $KOKON and $M are set in it.
in_scope() {
	systemd-run --user --scope --quiet --collect -p Delegate=yes -- \
		env KOKON="$KOKON" M=$M own="$(sed -n 's/^0:://p' /proc/self/cgroup)" bash -c "$1"
}

# After this our own processes are in a leaf, so the scope can give controllers.
leaf='set -e; "$KOKON" cgroup create shell; "$KOKON" cgroup move shell $$
	base=$(sed -n "s/^0:://p" /proc/self/cgroup); base=$M${base%/shell};'

setup() {
	common_setup
	export XDG_RUNTIME_DIR=/run/user/1000 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus
}

@test "the delegated scope is the base of names" {
	run -0 in_scope '"$KOKON" cgroup create mine; cat /proc/self/cgroup; "$KOKON" cgroup show mine; "$KOKON" cgroup remove mine'
	has ".scope/mine"
	run in_scope '"$KOKON" cgroup create /outside'
	is "$status" 1
	has "outside of the tree that is delegated"
	run in_scope '"$KOKON" cgroup create ../outside'
	is "$status" 1
	has "leads out"
}

@test "limits in a group that still has our shell: refused, and the remedy works" {
	run in_scope '"$KOKON" cgroup create mine --memory 64M'
	is "$status" 1
	has "either processes or children with controllers"
	has "kokon cgroup create leaf && kokon cgroup move leaf"
	run -0 in_scope "$leaf"' "$KOKON" cgroup create mine --memory 64M --pids-limit 7 --cpus 0.5
		cat $base/mine/memory.max $base/mine/pids.max $base/mine/cpu.max; "$KOKON" cgroup remove mine'
	has "67108864"
	has "50000 100000"
}

@test "a parent's pids limit bites in the grandchild" {
	run -0 in_scope "$leaf"' "$KOKON" cgroup create a --pids-limit 3; "$KOKON" cgroup create a/b/c --pids-limit 90
		"$KOKON" cgroup exec a/b/c -- sh -c "sleep 9 & sleep 9 & sleep 9 & sleep 9 & wait" && exit 1
		"$KOKON" cgroup show a/b/c; "$KOKON" cgroup kill a; "$KOKON" cgroup remove --recursive a'
	has "fork"
	has "3 by /user.slice"
}

@test "memory over the limit is killed, reported by name with 137" {
	run -0 in_scope "$leaf"' "$KOKON" cgroup create m --memory 16M --memory-swap 16M
		set +e; "$KOKON" cgroup exec m -- tail /dev/zero; echo "status $?"; "$KOKON" cgroup remove m'
	has "group 'm' reached its memory limit of 16M"
	has "status 137"
}

@test "cpu: use over a window is within 10 % of the quota" {
	run -0 in_scope "$leaf"' "$KOKON" cgroup create c --cpus 0.2
		"$KOKON" cgroup exec c -- sh -c "while :; do :; done" & sleep 1
		c0=$(jq ".\"cpu-usec\"" < <("$KOKON" cgroup stats c --json)) t0=$(date +%s%N); sleep 5
		c1=$(jq ".\"cpu-usec\"" < <("$KOKON" cgroup stats c --json)) t1=$(date +%s%N)
		"$KOKON" cgroup kill c; "$KOKON" cgroup remove c
		awk -v u=$((c1 - c0)) -v t=$(((t1 - t0) / 1000)) "BEGIN { r = u / t / 0.2; print \"ratio \" r; exit !(r > 0.9 && r < 1.1) }"'
	has "ratio"
}

@test "freeze, thaw, kill, remove" {
	run -0 in_scope "$leaf"' "$KOKON" cgroup create f; "$KOKON" cgroup exec f -- sleep 60 & sleep 0.5
		"$KOKON" cgroup freeze f; "$KOKON" cgroup show f; "$KOKON" cgroup thaw f; "$KOKON" cgroup show f
		! "$KOKON" cgroup remove f; "$KOKON" cgroup kill f; "$KOKON" cgroup remove f; ls $base'
	has "frozen"
	has "running"
	has "has processes"
}

@test "100 groups made and removed; two kokons at once" {
	run -0 in_scope "$leaf"' work() { for i in {1..50}; do "$KOKON" cgroup create w/$1-$i --pids-limit 5; done; }
		work one & one=$!; work two; wait $one; "$KOKON" cgroup list w --json | jq ".groups | length"
		"$KOKON" cgroup remove --recursive w; ! ls -d $base/w'
	has "101"
}

@test "outside of a delegated scope: the login session is refused with the remedy" {
	case $(sed -n 's/^0:://p' /proc/self/cgroup) in */session-*) ;; *) skip "the tests do not run in a login session" ;; esac
	refused 1 "delegated" "systemd-run --user --scope -p Delegate=yes" -- "$KOKON" cgroup create mine
	run -0 "$KOKON" cgroup tree
	has "user.slice"
}

@test "a controller that the user's manager was not given" {
	run in_scope "$leaf"' "$KOKON" cgroup create x --controllers rdma'
	is "$status" 1
	has "'rdma' is not delegated to you"
	has "Delegate="
}

@test "kokon run with limits in a delegated scope: our own process makes room, twice" {
	make_root "$T/root"
	chmod -R a+rX "$T"
	run -0 in_scope "for i in 1 2; do
		\"\$KOKON\" run --rootfs $T/root --memory 64M --pids-limit 9 --cpus 0.5 --name c\$i -- sleep 5 & pid=\$!
		for n in \$(seq 100); do [ \"\$(\"\$KOKON\" cgroup show kokon/c\$i --json 2>/dev/null | jq '.processes | length')\" = 1 ] && break; sleep 0.1; done
		\"\$KOKON\" cgroup show kokon/c\$i; kill \$pid; wait \$pid; done; sed -n s/^0:://p /proc/self/cgroup; \"\$KOKON\" cgroup list"
	has "67108864"
	has "50000 100000"
	has "kokon-self"
	lacks "kokon/c1 "
}

@test "kokon run in the login session: without limits it works, with limits it is refused" {
	make_root "$T/root"
	chmod -R a+rX "$T"
	run -0 "$KOKON" run --rootfs "$T/root" -- true
	refused 125 "'memory' is not delegated" "systemd-run --user --scope -p Delegate=yes" -- \
		"$KOKON" run --rootfs "$T/root" --memory 64M -- true
}
