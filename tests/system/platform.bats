# SPDX-License-Identifier: Apache-2.0
# What the walk relies on: facts of the kernel, and properties of the sealed init and of plans.

load lib

FACTS=$BUILD/tests/platform-facts

# each USER...: every fact, as that user.
each() {
	local name text status bad=0
	cp "$FACTS" "$T/facts"
	chmod 755 "$T/facts"
	while IFS=$'\t' read -r name text; do
		status=0
		timeout 20 "$@" "$T/facts" "$name" || status=$?
		case $status in
		0) ;;
		77) echo "# cannot be tried here: $text" >&3 ;;
		*) echo "does not hold: $text"; bad=1 ;;
		esac
	done < <("$FACTS")
	return $bad
}

@test "facts of the kernel, as an ordinary user" {
	need_root
	need_user_namespaces
	each setpriv --reuid "$TEST_UID" --regid "$TEST_UID" --clear-groups --inh-caps=-all --
}

@test "facts of the kernel, as root" {
	need_root
	each env
}

@test "the init is small, static, and holds nothing of the host's half" {
	local init=$BUILD/src/kokon-init text
	need readelf
	[ "$(stat -c %s "$init")" -le 200000 ]
	readelf -d "$init" | grep -q 'no dynamic section'
	readelf -lW "$init" | grep -q INTERP && return 1
	is "$(readelf -sW "$init" | grep -c ' UND [^ ]')" 0
	for text in newuidmap /etc/subuid cgroup.subtree_control --propagation 'Usage:' libseccomp seccomp_init; do
		if grep -qaF -- "$text" "$init"; then
			echo "in the init, and should not be: $text"
			return 1
		fi
	done
}

# The plan of a kokon that waits for its child, from the memory of its init.
plan_of() {
	spawn env -i PATH="$PATH" "$KOKON" unshare -munpf --map-users=0:0:100 --map-groups=0:0:100 --mount-proc --setuid 0 --whitelist-env PATH --kill-child sleep 60
	wait_for pgrep -P "$spawned_pid" -x sleep
	dd if="/proc/$spawned_pid/mem" of="$1" bs=4096 skip=$((0x40000000 / 4096)) count=16 status=none
}

@test "the same request planned twice gives the same bytes, wherever programs are loaded" {
	need_root
	[ "$(cat /proc/sys/kernel/randomize_va_space)" -ge 1 ] || skip "no address space randomisation here"
	plan_of "$T/one"
	plan_of "$T/two"
	[ -s "$T/one" ]
	grep -qa mount "$T/one"
	cmp "$T/one" "$T/two"
}

@test "a file of another program's plan is not taken" {
	refused 125 "started by kokon only" -- "$BUILD/src/kokon-init"
	refused 125 "" -- "$BUILD/src/kokon-init" 99 </dev/null
}
