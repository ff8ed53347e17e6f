# SPDX-License-Identifier: Apache-2.0
# kokon run: the container, its options one by one, and their refusals.

load lib
load run

# --- the container ------------------------------------------------------------------------------

@test "all namespaces but the user's are new, for root" {
	need_root
	run -0 in_root -- sh -c 'for n in mnt pid uts ipc net cgroup user; do readlink /proc/self/ns/$n; done'
	for n in mnt pid uts ipc net cgroup; do lacks "$(ns_of $n)"; done
	has "$(ns_of user)"
}

@test "all namespaces are new for an ordinary user" {
	need_user_namespaces
	run -0 in_user -- sh -c 'for n in mnt pid uts ipc net cgroup user; do readlink /proc/self/ns/$n; done; id -u'
	for n in mnt pid uts ipc net cgroup user; do lacks "$(ns_of $n)"; done
	is "${lines[7]}" 0
}

@test "the command is PID 1 and alone, the loopback interface is up" {
	run -0 in_any -- sh -c 'echo "$$"; ps | wc -l; ip -o addr show lo'
	is "${lines[0]}" 1
	has "127.0.0.1/8"
}

@test "its root is the directory, and no path leads out of it" {
	run -0 in_any -- sh -c 'cd /; cd ../../..; pwd -P; ls /'
	is "${lines[0]}" /
	lacks boot
	run -0 in_any -- sh -c 'ls -d /proc/1/root/bin; cat /proc/self/mounts'
	lacks "$T/root "
}

@test "a user with subordinate ids has many ids, without only one" {
	need_subids
	run -0 in_user -- cat /proc/self/uid_map
	[ "${#lines[@]}" -ge 2 ]
	need_root
	run -0 env -i PATH="$PATH" HOME=/ setpriv --reuid 54999 --regid 54999 --clear-groups "$KOKON" run --rootfs "$R" -- cat /proc/self/uid_map
	is "$(echo $output)" "0 54999 1"
	rm -rf /tmp/kokon-54999
}

@test "/dev has the few devices that every program expects, and they work" {
	run -0 in_any -- sh -c 'ls /dev | sort | tr "\n" " "; echo x >/dev/null; head -c2 /dev/zero | wc -c; head -c3 /dev/urandom | wc -c; ls -l /dev/null'
	has "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"
	has "1,   3"
}

@test "what concerns the whole machine is hidden or read-only" {
	run in_any -- sh -c 'n=0; [ ! -e /proc/kcore ] || n=$(head -c1 </proc/kcore | wc -c); echo $n; ls /sys/firmware; wc -c </proc/keys'
	is "${lines[0]}" 0
	run in_any -- sh -c 'echo 1 >/proc/sys/vm/drop_caches'
	has "Read-only"
	if [ -e /proc/sysrq-trigger ]; then
		run in_any -- sh -c 'echo h >/proc/sysrq-trigger'
		has "Read-only"
	fi
	run in_any -- sh -c 'echo 1 >/sys/kernel/profiling'
	[ "$status" -ne 0 ]
}

@test "the capabilities are Docker's, the filter is loaded, inheritable ones are none" {
	run -0 in_any -- grep -E '^(Cap|Seccomp:|NoNewPrivs)' /proc/self/status
	has $'CapInh:\t0000000000000000'
	has $'CapBnd:\t00000000a80425fb'
	has $'CapEff:\t00000000a80425fb'
	has $'CapAmb:\t0000000000000000'
	has $'Seccomp:\t2'
	has $'NoNewPrivs:\t0'
}

@test "no descriptor of kokon or its caller reaches the program" {
	run -0 in_any -- sh -c 'ls /proc/self/fd | tr "\n" " "' 7<"$T" 9</dev/zero
	is "$output" "0 1 2 3 "
}

@test "exit codes: the program's own, 128 + signal, 125, 126, 127" {
	run -3 in_any -- sh -c 'exit 3'
	run -137 in_any -- sh -c 'kill -9 $$; sleep 5 & kill -9 -1; exec busybox kill -9 1'  || true
	run -125 in_any -w /nowhere -- true
	printf 'no program\n' >"$R/bin/text"
	chmod 644 "$R/bin/text"
	refused 126 "/bin/text" "not executable" -- in_any -- /bin/text
	refused 127 "nosuch" -- in_any -- nosuch
}

# killed_at CALL CONTAINER_ARGUMENTS…: the first process is killed as it begins that system call.
killed_at() {
	strace -f -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=1" "$KOKON" run --rootfs "$R" "${@:2}"
}

@test "killed before its program runs: the step, the signal, 125 or 126" {
	need strace
	strace -o /dev/null true || skip "cannot trace here"
	refused 126 "cannot run 'true'" "killed by SIGKILL right before" -- killed_at execve -- true
	refused 126 "cannot run 'true': its process was killed by SIGKILL right before" -- killed_at execve --init -- true
	refused 125 "killed by SIGKILL during the step 'pivot-root'" -- killed_at pivot_root -- true
}

@test "a program that the kernel kills while it loads it: 126, and why" {
	# The memory of the first segment is shorter than its part of the file (p_memsz of Elf64_Phdr).
	local offset i
	cp "$BUILD/kokon" "$R/bin/damaged"
	offset=$(od -An -tu8 -j32 -N8 "$R/bin/damaged")
	for i in 0 1 2 3 4 5 6 7 8; do
		[ "$(od -An -tu4 -j$((offset + i * 56)) -N4 "$R/bin/damaged")" -ne 1 ] || break
	done
	printf '\1\0\0\0\0\0\0\0' | dd of="$R/bin/damaged" bs=1 seek=$((offset + i * 56 + 40)) conv=notrunc status=none
	refused 126 "cannot run 'damaged'" "program header $i is larger in the file than in memory" -- in_any -- damaged
	is_root || return 0
	spawn "$KOKON" run --rootfs "$R" --name host1 -- sleep 100
	is_listed() { "$KOKON" ps -q --filter status=running | grep -qx host1; }
	wait_for is_listed
	refused 126 "cannot run '/bin/damaged'" "larger in the file" -- "$KOKON" exec host1 /bin/damaged
	run -0 "$KOKON" kill host1
}

@test "a filter that forbids kokon's own words does not hide why the program cannot run" {
	local action
	for action in SCMP_ACT_ERRNO SCMP_ACT_KILL_PROCESS; do
		echo '{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
			"syscalls": [ { "names": ["sendmsg", "stat", "newfstatat"], "action": "'$action'" } ] }' >"$T/profile.json"
		chmod 644 "$T/profile.json"
		refused 127 "cannot run '/bin/nosuch'" -- in_any --security-opt "seccomp=$T/profile.json" -- /bin/nosuch
		run -0 in_any --security-opt "seccomp=$T/profile.json" -- /bin/true
	done
}

@test "a signal that ends the program is 128 + its number" {
	run -143 in_any --init -- sh -c 'kill -TERM $$'
}

@test "Ctrl-C ends a program that has no handler, and nothing is left" {
	need_root
	# A shell without job control starts what it puts behind with SIGINT ignored.
	spawn env --default-signal=INT "$KOKON" run --rootfs "$R" --name intr -- sleep 100
	is_listed() { "$KOKON" ps -q --filter status=running | grep -qx intr; }
	wait_for is_listed
	kill -INT "$spawned_pid"
	status=0
	wait "$spawned_pid" || status=$?
	is "$status" 130
}

@test "stdin is /dev/null without -i and the caller's with it" {
	run -0 bash -c 'echo hello | "$@"' x "$KOKON" run --rootfs "$R" -- cat
	is "$output" ""
	run -0 bash -c 'echo hello | "$@"' x "$KOKON" run -i --rootfs "$R" -- cat
	is "$output" hello
}

@test "-t: a terminal of its own, of the same size, and the caller's is restored" {
	need script
	run -0 on_terminal "stty rows 33 cols 77; '$KOKON' run -it --rootfs '$R' -- sh -c 'tty; stty size; readlink /proc/self/fd/0'; stty -a"
	has "/dev/pts/0"
	has "33 77"
	has " echo "
}

@test "-t without a terminal to show it on still gives the program one" {
	run -0 in_any -t -- sh -c 'test -t 1 && echo yes' </dev/null
	has yes
}

# --- names and environment ------------------------------------------------------------------------

@test "--name is the hostname; --hostname and --domainname" {
	run -0 in_any --name web1 -- hostname
	is "$output" web1
	run -0 in_any --name web1 --hostname other --domainname inner -- sh -c 'hostname; cat /proc/sys/kernel/domainname'
	is "${lines[0]}" other
	is "${lines[1]}" inner
	# A container's name may be longer than the kernel lets a hostname be.
	long=$(printf 'x%.0s' {1..65})
	run -0 in_any --name "$long" -- hostname
	is "$output" "${long:1}"
	refused 125 "--hostname" "1 to 64 bytes" -- in_any --hostname "$long" -- true
	refused 125 "--domainname" "1 to 64 bytes" -- in_any --domainname "$long" -- true
	refused 125 "no name for a container" -- in_any --name 'a/b' -- true
	refused 125 "no name for a container" -- in_any --name "$(printf 'x%.0s' {1..200})" -- true
}

@test "-e, --env-file, HOME and PATH" {
	printf '# comment\nFROM_FILE=1\n' >"$T/env"
	chmod 644 "$T/env"
	export CALLER=mine
	run -0 in_any -e A=b -e CALLER -e NOSUCHVAR --env-file "$T/env" -- env
	has A=b
	has FROM_FILE=1
	has HOME=/root
	has PATH=/usr/local/sbin:
	lacks NOSUCHVAR
	is_root && has CALLER=mine
	refused 125 "names no variable" -- in_any -e =x -- true
	refused 125 "/nonexistent" -- in_any --env-file /nonexistent -- true
}

@test "--entrypoint, -w, --umask" {
	run -0 in_any --entrypoint echo -- a b
	is "$output" "a b"
	run -0 in_any -w /tmp -- pwd
	is "$output" /tmp
	refused 125 "/nowhere" "No such file" -- in_any -w /nowhere -- true
	run -0 in_any --umask 0027 -- sh -c umask
	is "$output" 0027
	refused 125 "umask" -- in_any --umask 9 -- true
}

@test "the caller's umask is not the container's: what is made for it can be entered by all its users" {
	local as
	for as in env as_user; do
		run -0 $as sh -c 'umask 077; exec "$@"' x "$KOKON" run host:bash,busybox -- \
			busybox sh -c 'umask; busybox stat -c %a / /tmp /etc; busybox id -u'
		is "$(echo $output)" "0022 755 1777 755 0"
	done
	mkdir "$T/vol"
	run -0 sh -c 'umask 077; exec "$@"' x "$KOKON" run --rootfs "$R" -v "$T/vol:/made/here" -- stat -c %a /made
	is "$output" 755
}

@test "options of podman that belong to a network here" {
	refused 125 "--ip: this belongs to a network" "--net NAME:ip=192.0.2.7" -- in_any --ip 192.0.2.7 -- true
	refused 125 "--network-alias" "--net NAME:alias=db" -- in_any --network-alias=db -- true
	refused 125 "--mac-address" "--net NAME:mac=02:00:00:00:00:01" -- in_any --mac-address 02:00:00:00:00:01 -- true
}

@test "an option behind the image is no command" {
	refused 125 "'-u' stands behind the image" "in front" -- "$KOKON" run host: -u 5 -- id
	refused 125 "'--rm' stands behind '--'" -- "$KOKON" run --rootfs "$R" -- --rm true
}

@test "-u: numbers and names of the container's own /etc/passwd" {
	need_root
	echo 'bob:x:1007:1008::/home:/bin/sh' >>"$R/etc/passwd"
	echo '1000:x:0:0::/:/bin/sh' >>"$R/etc/passwd"
	echo 'more:x:77:bob' >>"$R/etc/group"
	run -0 in_root -u bob -- sh -c 'id -u; id -g; grep Groups /proc/self/status; echo $HOME'
	is "${lines[0]}" 1007
	is "${lines[1]}" 1008
	has 77
	has /home
	run -0 in_root -u 1000 -- id -u
	is "$output" 1000
	run -0 in_root -u 5:6 --group-add 9 -- sh -c 'id -u; id -g; grep Groups /proc/self/status'
	has 9
	run -0 in_root -u 1000 -- grep CapEff /proc/self/status
	has 0000000000000000
	refused 125 nobody-there -- in_root -u nobody-there -- true
	refused 125 4294967296 -- in_root -u 4294967296 -- true
	refused 125 -- in_root -u -1 -- true
	refused 125 -- in_root -u "" -- true
}

# --- rights -----------------------------------------------------------------------------------

@test "--cap-add, --cap-drop" {
	run -0 in_any --cap-drop ALL -- grep CapEff /proc/self/status
	has 0000000000000000
	run -0 in_any --cap-drop all --cap-add net_raw -- grep CapEff /proc/self/status
	has 0000000000002000
	run -0 in_any --cap-add CAP_SYS_PTRACE -- grep CapEff /proc/self/status
	has 00000000a80c25fb
	refused 125 "nosuchcap" -- in_any --cap-add nosuchcap -- true
	refused 125 -- in_any --cap-add chown --cap-drop chown -- true
}

@test "--privileged" {
	need_root
	run -0 in_root --privileged -- sh -c 'grep -E "^(CapEff|Seccomp:)" /proc/self/status; echo >/proc/sys/kernel/ns_last_pid; grep -c . /proc/self/mounts'
	has $'Seccomp:\t0'
	lacks 00000000a80425fb
}

@test "--security-opt" {
	run -0 in_any --security-opt no-new-privileges -- grep NoNewPrivs /proc/self/status
	has 1
	run -0 in_any --security-opt seccomp=unconfined -- grep Seccomp: /proc/self/status
	has 0
	run -0 in_any --security-opt unmask=/proc/sys --security-opt mask=/tmp -- sh -c 'grep -c " /proc/sys " /proc/self/mounts; ls /tmp'
	is "${lines[0]}" 0
	refused 125 "nosuch" -- in_any --security-opt nosuch -- true
	refused 125 "/nonexistent" -- in_any --security-opt seccomp=/nonexistent -- true
	# a profile that is not loaded, or where there is no AppArmor
	refused 125 "cannot use the AppArmor profile 'kokon-no-such'" -- in_any --security-opt apparmor=kokon-no-such -- true
	run -0 in_any --security-opt apparmor=unconfined -- true
}

@test "--security-opt seccomp=FILE: a profile of one's own" {
	cat >"$T/profile.json" <<-'END'
		{ "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
		  "syscalls": [ { "names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 17 } ] }
	END
	chmod 644 "$T/profile.json"
	run in_any --security-opt "seccomp=$T/profile.json" -- mkdir /tmp/x
	has "File exists"
	echo '{' >"$T/profile.json"
	refused 125 "profile.json" -- in_any --security-opt "seccomp=$T/profile.json" -- /bin/true
}

@test "--ulimit" {
	run -0 in_any --ulimit nofile=100:200 --ulimit core=0 -- sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c'
	is "${lines[*]}" "100 200 0"
	refused 125 nofile -- in_any --ulimit nofile=200:100 -- true
	refused 125 nosuch -- in_any --ulimit nosuch=1 -- true
}

@test "--sysctl of its own namespaces only; ping and low ports need no rights" {
	run -0 in_any --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4000 -- \
		sh -c 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_unprivileged_port_start'
	is "${lines[*]}" "1 4000 0"
	refused 125 "vm.overcommit_memory" -- in_any --sysctl vm.overcommit_memory=1 -- true
	refused 125 -- in_any --sysctl ../x=1 -- true
	refused 125 "net.ipv4.ip_forward" -- in_any --net host --sysctl net.ipv4.ip_forward=1 -- true
}

@test "--oom-score-adj" {
	run -0 in_any --oom-score-adj 500 -- cat /proc/self/oom_score_adj
	is "$output" 500
	refused 125 -- in_any --oom-score-adj 5000 -- true
}

# --- namespaces ---------------------------------------------------------------------------------

@test "--pid, --ipc, --uts, --net, --cgroupns = host" {
	for n in pid ipc uts net; do
		run -0 in_any --$n host -- readlink /proc/self/ns/$n
		is "$output" "$(ns_of $n)"
	done
	run -0 in_any --cgroupns host -- readlink /proc/self/ns/cgroup
	is "$output" "$(ns_of cgroup)"
	run -0 in_any --net none -- ip -o link
	is "${#lines[@]}" 1
	refused 125 "--net" "nosuch" -- in_any --net nosuch:mode -- true
	refused 125 "--hostname" -- in_any --uts host --hostname x -- true
}

@test "--net ns:PATH and pid:N" {
	need_root
	spawn "$KOKON" unshare --net sleep 100
	wait_for bash -c '[ "$(readlink /proc/'"$spawned_pid"'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	run -0 in_root --net "ns:/proc/$spawned_pid/ns/net" -- readlink /proc/self/ns/net
	is "$output" "$(ns_of net "$spawned_pid")"
	run -0 in_root --net "pid:$spawned_pid" -- readlink /proc/self/ns/net
	is "$output" "$(ns_of net "$spawned_pid")"
	refused 125 "nonexistent" -- in_root --net ns:/nonexistent -- true
	refused 125 -- in_root --net pid:999999999 -- true
	refused 125 -- in_root --net "ns:/etc/passwd" -- true
}

@test "--userns: keep-id, host, --uidmap, --gidmap" {
	need_subids
	run -0 in_user --userns keep-id -- id -u
	is "$output" "$(as_user id -u)"
	need_root
	run -0 in_root --uidmap 0:300000:1000 --gidmap 0:400000:1000 -- sh -c 'cat /proc/self/uid_map /proc/self/gid_map'
	is "$(echo $output)" "0 300000 1000 0 400000 1000"
	run -0 in_root --gidmap 0:400000:1000 -- sh -c 'cat /proc/self/uid_map /proc/self/gid_map'
	is "$(echo $output)" "0 400000 1000 0 400000 1000"
	refused 125 "--userns: unknown mode 'nonsense'" "keep-id" -- in_root --userns nonsense -- true
	refused 125 "--cgroupns: unknown mode 'nonsense'" -- in_root --cgroupns nonsense -- true
	local map
	for map in nonsense -1:0:1 0:4294967296:1 0:-1:1 0:1:0 0:1:1x 0,1,1; do
		refused 125 "--uidmap: '$map'" "range of ids" -- in_root --uidmap=$map -- true
	done
	refused 125 "--gidmap: '0:1:4294967295' goes beyond the last id" -- in_root --gidmap 0:1:4294967295 -- true
	refused 125 -- in_root --uidmap 0:0 -- true
}

# --- limits --------------------------------------------------------------------------------------

@test "--memory bites, and says so" {
	need_cgroup memory
	run -137 in_root --memory 16m --memory-swap 16m -- sh -c 'x=$(yes | head -c 100000000); echo survived'
	has "memory limit"
	lacks survived
	refused 125 "memory limit was reached" "killed its first process" "--memory" -- in_root --memory 1 -- true
	refused 125 memory -- in_root --memory lots -- true
	run -0 in_root --memory 0 --cpus 0 --cpu-shares 0 --pids-limit 0 -- true
}

@test "--pids-limit bites" {
	need_cgroup pids
	run in_root --pids-limit 5 -- sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done'
	has "fork"
	refused 125 pids-limit -- in_root --pids-limit x -- true
}

@test "--cpus, --cpu-shares, --cpuset-cpus as the kernel holds them" {
	need_cgroup cpu
	run -0 in_root --cpus 0.5 --cpu-shares 512 --memory 64m -- sh -c 'cd /sys/fs/cgroup; cat */cpu.cfs_quota_us */cpu.shares */memory.limit_in_bytes 2>/dev/null || cat cpu.max cpu.weight memory.max'
	[[ ${lines[0]} = 50000 || ${lines[0]} = "50000 100000" ]]
	has 67108864
	run -0 in_root --cpuset-cpus 0 -- grep Cpus_allowed_list /proc/self/status
	is "$(echo $output)" "Cpus_allowed_list: 0"
	refused 125 cpus -- in_root --cpus none -- true
	refused 125 -- in_root --cpuset-cpus 4000 -- true
}

@test "--cgroup-parent, --cgroups=disabled" {
	need_cgroup pids
	"$KOKON" cgroup create "kokon-test-$$" --pids-limit 50
	run -0 in_root --cgroup-parent "kokon-test-$$" --pids-limit 9 --cgroupns host -- cat /proc/self/cgroup
	"$KOKON" cgroup remove --recursive "kokon-test-$$"
	has "/kokon-test-$$/"
	run -0 in_root --cgroups=disabled -- true
	refused 125 "cgroups=disabled" -- in_root --cgroups=disabled --memory 64m -- true
	refused 125 -- in_root --cgroup-parent ../.. -- true
	refused 125 cgroups -- in_root --cgroups=maybe -- true
}

@test "as root of a user namespace of one id, with and without a mount namespace" {
	need_user_namespaces
	local how
	for how in --user "--user --mount"; do
		# shellcheck disable=SC2086 # one or two options
		run -0 as_user "$KOKON" unshare $how --map-root-user "$KOKON" run host:sh,id -- sh -c 'id -u; echo x >/dev/null'
		is "$output" 0
	done
}

@test "an ordinary user without a delegated group is told how to get one" {
	need_user_namespaces
	need_root
	refused 125 "memory" -- in_user --memory 64m -- true
}

@test "--timeout, --stop-signal, --stop-timeout" {
	run -137 in_any --timeout 1 -- sleep 100
	has "timeout"
	run -0 in_any --stop-signal INT --stop-timeout 3 -- true
	refused 125 stop-signal -- in_any --stop-signal NOSUCH -- true
	refused 125 stop-timeout -- in_any --stop-timeout x -- true
	refused 125 timeout -- in_any --timeout -1 -- true
}

@test "--init reaps and passes the exit status on" {
	run -7 in_any --init -- sh -c '(sleep 0.1 & echo $! >/tmp/pid); while [ -e "/proc/$(cat /tmp/pid)" ]; do sleep 0.05; done; cat /proc/[0-9]*/stat | grep -c ") Z "; exit 7'
	is "${lines[0]}" 0
	run -0 in_any --init -- sh -c 'echo $$'
	[ "$output" -gt 1 ]
}

# --- host: -----------------------------------------------------------------------------------

@test "host:NAMES: the machine's own programs, what is written is gone at the end" {
	need_root
	run -0 "$KOKON" run host:bash,ls,cat -- bash -c 'echo new >/file; cat /file; ls /'
	is "${lines[0]}" new
	lacks boot
	run -1 "$KOKON" run host:bash,ls,cat -- bash -c '[ -e /file ]'
	refused 125 nosuchprogram -- "$KOKON" run host:nosuchprogram -- true
}

@test "host: as an ordinary user" {
	need_user_namespaces
	run -0 as_user "$KOKON" run host:bash,ls -- bash -c 'echo $UID; ls -d /usr; >/root/x'
	is "${lines[0]}" 0
}

@test "a hundred host: containers share one layer" {
	need_root
	run -0 "$KOKON" run host:bash -- bash -c 'exit 0'
	before_size=$(du -s /var/lib/kokon | cut -f1)
	for i in 1 2 3 4 5; do "$KOKON" run host:bash -- bash -c 'exit 0'; done
	is "$(du -s /var/lib/kokon | cut -f1)" "$before_size"
}

# --- wrong usage -------------------------------------------------------------------------------

@test "images of registries and -d are not there yet, and say so" {
	refused 125 "alpine" "host:" -- in_any_image alpine
	refused 125 "two images" -- "$KOKON" run --rootfs / host:bash -- true
	refused 125 "background" -- in_any -d -- true
	refused 125 "unknown option" "--memory" -- in_any --memroy 1g -- true
	refused 125 "two dashes" -- in_any -name x -- true
	refused 125 "typeset" -- in_any —rm -- true
}
in_any_image() { "$KOKON" run "$@"; }

@test "a rootfs that is missing, a file, or forbidden" {
	refused 125 "/nonexistent" "rootfs create" -- "$KOKON" run --rootfs /nonexistent -- true
	refused 125 "passwd" -- "$KOKON" run --rootfs /etc/passwd -- true
	if is_root; then
		mkdir -m 700 "$T/private"
		refused 125 "private" -- as_user "$KOKON" run --rootfs "$T/private/x" -- true
	fi
}

@test "--help, --explain and --trace" {
	run -0 "$KOKON" run --help
	has "--cap-drop"
	run -0 in_any --explain -- true
	has "pivot_root"
	lacks "$(printf '\t')"
	run -0 in_any --trace -- true
	has "pivot-root"
	has " us"
}
