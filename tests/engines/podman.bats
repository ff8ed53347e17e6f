# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# Podman with kokon-oci as its runtime: what its users do every day.

load engine

setup_file() {
	! engine_lacks podman conmon busybox ip || return 0
	engine_setup_file
	export CONTAINERS_CONF=$E/containers.conf
	# Podman asks for limits that a machine may not grant.
	cat >"$CONTAINERS_CONF" <<-EOF
		[containers]
		default_ulimits = ["nofile=1024:1024","nproc=1024:1024"]
		[engine]
		cgroup_manager = "${KOKON_ENGINE_GROUPS:-cgroupfs}"
		events_logger = "file"
	EOF
	# The first command makes mounts that stay.
	p import "$E/img.tar" bb:1
}

teardown_file() {
	[ -z "${E:-}" ] || p rm -af -t 0 || true
	engine_teardown_file
}

engine_teardown() {
	p pod rm -af -t 0 >/dev/null 2>&1 || true
	p rm -af -t 0 >/dev/null 2>&1 || true
	p volume rm -af >/dev/null 2>&1 || true
}

p() {
	in_net podman --root "$E/root" --runroot "$E/run" --tmpdir "$E/tmp" --network-config-dir "$E/net" \
		--storage-driver overlay --runtime "$RUNTIME" "$@"
}

field() { p inspect --format "$1" "$2"; }
is_state() { [ "$(field '{{.State.Status}}' "$1")" = "$2" ]; }

@test "run: output, exit status, standard input, what cannot run" {
	run -0 p run --rm bb:1 echo hello
	is "$output" hello
	run -7 p run --rm bb:1 sh -c 'exit 7'
	run -0 p run --rm -i bb:1 cat <<<"through it"
	is "$output" "through it"
	run -127 p run --rm bb:1 nosuchprogram
	has nosuchprogram
	run -126 p run --rm bb:1 /etc/passwd
	run -0 p run --rm -u 1000 -e A=b --hostname box bb:1 sh -c 'echo $(id -u) $A $(hostname)'
	is "$output" "1000 b box"
	run -0 p run --rm --annotation a=b bb:1 true
	run -0 p run --rm -t bb:1 sh -c 'tty; test -t 0 && echo terminal'
	has terminal
}

@test "run -d: logs, exec, top, inspect, attach to its end, stop, start, restart, rm" {
	run -0 p run -d --name c bb:1 sh -c 'echo begun; trap "exit 3" TERM; while :; do sleep 0.1; done'
	wait_for has_log c begun
	run -0 p exec c sh -c 'echo $0 $A; exit 5' || [ "$status" = 5 ]
	run -5 p exec -e A=b c sh -c 'echo "$A"; exit 5'
	is "$output" b
	run -0 p exec -i c cat <<<"in it"
	is "$output" "in it"
	run -0 p exec -u 1000 -w /tmp c sh -c 'id -u; pwd'
	is "$output" $'1000\n/tmp'
	run -127 p exec c nosuchprogram
	run -0 p exec -d c touch /tmp/detached
	wait_for p exec c test -e /tmp/detached
	run -0 p top c
	has sleep
	run -0 p ps --format '{{.Names}} {{.Status}}'
	has "c Up"
	run -0 p stop -t 20 c
	is "$(field '{{.State.ExitCode}}' c)" 3
	run -0 p start c
	wait_for is_state c running
	run -0 p restart -t 0 c
	is_state c running
	run -0 p kill -s KILL c
	wait_for is_state c exited
	is "$(field '{{.State.ExitCode}}' c)" 137
	run -0 p rm c
}

has_log() { p logs "$1" | grep -q "$2"; }

@test "exec -it has a terminal" {
	p run -d --name c bb:1 sleep 1000
	# A terminal belongs to one process group: timeout must not make its own.
	run -0 on_terminal "$(declare -f p in_net); FOREGROUND=--foreground p exec -it c sh -c 'tty; stty size; echo \$((6*7))'"
	has /dev/pts/
	has 42
}

@test "pause and unpause; a paused container is removed" {
	p run -d --name c bb:1 sleep 1000
	run -0 p pause c
	is_state c paused
	run ! p exec c true
	run -0 p unpause c
	is_state c running
	run -0 p exec c true
	p pause c
	run -0 p rm -f -t 0 c
}

@test "limits: read back from the kernel, changed, counted" {
	need_cgroup memory
	need_cgroup pids
	p run -d --name c --memory 64m --pids-limit 50 --cpus 0.5 --cpu-shares 512 bb:1 sleep 1000
	pid=$(field '{{.State.Pid}}' c)
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 67108864
	is "$(group_file "$pid" pids.max)" 50
	is "$(group_file "$pid" cpu.cfs_quota_us || group_file "$pid" cpu.max | cut -d' ' -f1)" 50000
	run -0 p update --memory 80m --cpus 0.25 c
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 83886080
	is "$(group_file "$pid" cpu.cfs_quota_us || group_file "$pid" cpu.max | cut -d' ' -f1)" 25000
	run -0 p stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDS}}' c
	has MB
}

@test "a container over its memory is killed" {
	need_cgroup memory
	run -137 p run --name c --memory 16m --memory-swap 16m bb:1 sh -c 'x=$(yes | head -c 100000000); echo no'
	lacks no
}

@test "rights: defaults, --cap-drop, --privileged, --read-only, no new rights, seccomp" {
	run -0 p run --rm bb:1 grep -E 'Cap(Inh|Eff)' /proc/self/status
	has $'CapInh:\t0000000000000000'
	run -0 p run --rm --cap-drop all bb:1 grep CapBnd /proc/self/status
	has 0000000000000000
	run -0 p run --rm --cap-drop all --cap-add net_raw bb:1 grep CapEff /proc/self/status
	has 0000000000002000
	run ! p run --rm --read-only bb:1 touch /x
	has "Read-only"
	run -0 p run --rm --read-only --tmpfs /data bb:1 touch /data/x /tmp/x
	run -0 p run --rm --security-opt no-new-privileges bb:1 grep NoNewPrivs /proc/self/status
	has $'\t1'
	run -0 p run --rm bb:1 grep -w Seccomp /proc/self/status
	has $'\t2'
	run ! p run --rm --cap-add all --cap-drop sys_resource bb:1 sh -c 'echo x >/proc/sysrq-trigger'
	run -0 p run --rm bb:1 sh -c 'cat /proc/keys /proc/timer_list | wc -c'
	is "$output" 0
	# What of all capabilities the machine itself has.
	run -0 p run --rm --privileged bb:1 sh -c 'mount -t tmpfs x /tmp && : >/tmp/x && ls -d /dev/loop-control /dev/kmsg 2>/dev/null | grep -q . && grep CapEff /proc/self/status'
	has "$(awk '/CapBnd/ { print $2 }' /proc/self/status)"
}

@test "--init, --pid, --uidmap, --ipc, --network none, --sysctl, --ulimit, --shm-size" {
	if [ -x /usr/libexec/podman/catatonit ] || command -v catatonit >/dev/null; then
		run -0 p run --rm --init bb:1 cat /proc/1/cmdline
		has init
	fi
	run -0 p run --rm --pid host bb:1 sh -c 'readlink /proc/self/ns/pid'
	is "$output" "$(readlink /proc/self/ns/pid)"
	# As containers of a pod with shareProcessNamespace: no warning, since the usual filter is loaded first.
	run -0 p run -d --name first bb:1 sleep 1000
	run -0 p run --rm --pid container:first bb:1 sh -c 'tr "\0" " " </proc/1/cmdline; grep Seccomp: /proc/self/status'
	is "$output" "sleep 1000 Seccomp:	2"
	run -0 p run --rm --uidmap 0:100000:1000 --gidmap 0:100000:1000 bb:1 cat /proc/self/uid_map
	has 100000
	run -0 p run --rm --uidmap 0:100000:2000 --gidmap 0:100000:2000 -u 1000 bb:1 id -u
	is "$output" 1000
	run -0 p run --rm --network none bb:1 ls /sys/class/net
	is "$output" lo
	run -0 p run --rm --sysctl kernel.msgmax=4096 bb:1 cat /proc/sys/kernel/msgmax
	is "$output" 4096
	run -0 p run --rm --ulimit nofile=77:77 --ulimit nproc=99:99 bb:1 sh -c 'ulimit -n'
	is "$output" 77
	run -0 p run --rm --shm-size 3m bb:1 sh -c 'df -k /dev/shm | tail -1'
	has 3072
}

@test "volumes, binds, tmpfs, devices" {
	mkdir "$T/dir"
	echo text >"$T/dir/file"
	run -0 p run --rm -v "$T/dir:/data:ro" bb:1 sh -c 'cat /data/file; ! touch /data/x 2>/dev/null'
	is "$output" text
	run -0 p run --rm -v "$T/dir/file:/etc/one" bb:1 cat /etc/one
	is "$output" text
	p volume create v
	run -0 p run --rm -v v:/data bb:1 sh -c 'echo kept >/data/f'
	run -0 p run --rm -v v:/data:ro,noexec bb:1 cat /data/f
	is "$output" kept
	run -0 p run --rm --tmpfs /data:size=1m,mode=700 bb:1 stat -c %a /data
	is "$output" 700
	run -0 p run --rm --device /dev/zero:/dev/mine bb:1 sh -c 'head -c 3 /dev/mine | wc -c'
	is "$output" 3
	if [ -c /dev/fuse ]; then
		run -0 p run --rm --device /dev/fuse:/dev/f:r bb:1 sh -c ': </dev/f && echo read; (: >/dev/f) 2>/dev/null || echo no'
		is "$output" $'read\nno'
	fi
	run ! p run --rm --cap-add mknod bb:1 sh -c 'mknod /tmp/d b 7 0 && head -c1 /tmp/d'
}

@test "a pod shares its network; its containers stop with it" {
	need catatonit
	run -0 p pod create --name pd --network none
	p run -d --pod pd --name a bb:1 sh -c 'httpd -f -p 127.0.0.1:8000 -h /var/www'
	wait_for p exec a wget -q -O - http://127.0.0.1:8000/
	run -0 p run --rm --pod pd bb:1 wget -q -O - http://127.0.0.1:8000/
	is "$output" "the page"
	run -0 p pod stop -t 0 pd
	run -0 p pod rm pd
}

@test "play kube; healthcheck" {
	need catatonit
	cat >"$T/pod.yaml" <<-EOF
		apiVersion: v1
		kind: Pod
		metadata:
		  name: played
		spec:
		  restartPolicy: Never
		  containers:
		  - name: one
		    image: localhost/bb:1
		    command: [sleep, "1000"]
		    resources:
		      limits:
		        memory: 64Mi
	EOF
	run -0 p play kube --network none "$T/pod.yaml"
	run -0 p exec played-one echo up
	is "$output" up
	run -0 p play kube --down "$T/pod.yaml"
	p run -d --name h --health-interval=disable --health-cmd 'test -e /tmp/well' bb:1 sleep 1000
	run ! p healthcheck run h
	p exec h touch /tmp/well
	run -0 p healthcheck run h
}

@test "build runs its commands in the runtime" {
	printf 'FROM localhost/bb:1\nRUN echo made >/made && id -u\nUSER 1000\nRUN id -u >/tmp/me\nCMD cat /made /tmp/me\n' >"$T/Dockerfile"
	run -0 p build --isolation oci --network none -t built "$T"
	run -0 p run --rm built
	is "$output" $'made\n1000'
	p rmi -f built
}

@test "an image of this machine's own programs" {
	"$KOKON" rootfs create "$T/own" --bin bash,ls
	tar -C "$T/own" -cf "$T/own.tar" .
	run -0 p import --change 'CMD ["bash", "-c", "echo $BASH_VERSION; ls /"]' "$T/own.tar" own
	run -0 p run --rm own
	has "$BASH_VERSION"
	has proc
}

# Podman looks for criu in $PATH by itself; so does the runtime.
@test "container checkpoint, restore: it goes on where it was, also from an archive" {
	if [ -n "${KOKON_TEST_CRIU:-}" ]; then
		mkdir "$T/path"
		ln -s "$KOKON_TEST_CRIU" "$T/path/criu"
		export PATH="$T/path:$PATH"
	fi
	need criu
	criu check >"$T/check" 2>&1 || skip "criu does not work with Linux $(uname -r): $(grep -m 1 Error "$T/check")"
	p run -d --name c --network none bb:1 sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.1; done'
	last() { p logs --tail 1 "$1"; }
	beyond() { [ "$(last "$1")" -gt "$2" ]; }
	wait_for beyond c 2
	p container checkpoint c
	wait_for is_state c exited
	local seen
	seen=$(last c)
	p container restore c
	is_state c running
	wait_for beyond c "$((seen + 2))"
	is "$(p exec c cat /proc/1/comm)" sh
	p container checkpoint --export "$T/c.tar.gz" c
	p rm -f -t 0 c
	p container restore --import "$T/c.tar.gz" --name d
	wait_for beyond d "$((seen + 2))"
	is "$(field '{{.State.Restored}}' d)" true
}
