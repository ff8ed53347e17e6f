# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# Docker with kokon-oci as its default runtime: what its users do every day.

load engine
load docker

setup_file() {
	! docker_is_lacking || return 0
	engine_setup_file
	docker_start one "$NETNS"
	docker_ready one
	d import "$E/img.tar" bb:1
}

teardown_file() {
	[ ! -e "${DD:-}/one/daemon" ] || docker_stop one
	docker_teardown_file
}

engine_teardown() {
	# shellcheck disable=SC2046 # one word each
	d rm -fv $(d ps -aq) >/dev/null 2>&1 || true
	d volume prune -f >/dev/null 2>&1 || true
}

d() { d_of one "$@"; }

is_state() { [ "$(d inspect -f '{{.State.Status}}' "$1")" = "$2" ]; }
has_log() { d logs "$1" 2>&1 | grep -q "$2"; }

@test "run: output, exit status, standard input, what cannot run" {
	run -0 d run --rm bb:1 echo hello
	is "$output" hello
	run -7 d run --rm bb:1 sh -c 'exit 7'
	run -0 d run --rm -i bb:1 cat <<<"through it"
	is "$output" "through it"
	run -127 d run --rm bb:1 nosuchprogram
	has nosuchprogram
	run -126 d run --rm bb:1 /etc/passwd
	run -0 d run --rm -w /nosuch/dir -u 1000 -e A=b --hostname box bb:1 sh -c 'pwd; echo $(id -u) $A $(hostname)'
	is "$output" $'/nosuch/dir\n1000 b box'
	run -0 d run --rm -t bb:1 sh -c 'test -t 0 && echo terminal'
	has terminal
}

@test "run -d: logs, exec, top, attach to its end, stop, start, restart, kill, rm" {
	run -0 d run -d --name one bb:1 sh -c 'echo begun; trap "exit 3" TERM; while :; do sleep 0.1; done'
	wait_for has_log one begun
	run -5 d exec -e A=b one sh -c 'echo "$A"; exit 5'
	is "$output" b
	run -0 d exec -i -u 1000 -w /tmp one sh -c 'id -u; pwd; cat' <<<"in it"
	is "$output" $'1000\n/tmp\nin it'
	run ! d exec one nosuchprogram
	has nosuchprogram
	run -0 on_terminal "$(declare -f d d_of in_net); FOREGROUND=--foreground d exec -it one sh -c 'tty; echo \$((6*7))'"
	has 42
	run -0 d top one
	has sleep
	run -0 d stop -t 20 one
	is "$(d inspect -f '{{.State.ExitCode}}' one)" 3
	run -0 d start one
	run -0 d restart -t 0 one
	is_state one running
	run -0 d kill one
	wait_for is_state one exited
	is "$(d inspect -f '{{.State.ExitCode}}' one)" 137
	run -0 d rm one
}

@test "pause, limits read back, update, stats" {
	need_cgroup memory
	d run -d --name one -m 64m --pids-limit 50 --cpus 0.5 bb:1 sleep 1000
	pid=$(d inspect -f '{{.State.Pid}}' one)
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 67108864
	is "$(group_file "$pid" pids.max)" 50
	is "$(group_file "$pid" cpu.cfs_quota_us || group_file "$pid" cpu.max | cut -d' ' -f1)" 50000
	run -0 d update -m 80m --memory-swap 160m --cpus 0.25 one
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 83886080
	is "$(group_file "$pid" cpu.cfs_quota_us || group_file "$pid" cpu.max | cut -d' ' -f1)" 25000
	run -0 d stats --no-stream --format '{{.MemUsage}}' one
	has 80MiB
	run -0 d pause one
	is_state one paused
	run -0 d unpause one
	run -0 d exec one true
	d pause one
	run -0 d rm -f one
}

@test "a container over its memory is killed, and says so" {
	need_cgroup memory
	run -137 d run --name one -m 16m --memory-swap 16m bb:1 sh -c 'x=$(yes | head -c 100000000); echo no'
	lacks no
	is "$(d inspect -f '{{.State.OOMKilled}}' one)" true
}

@test "rights: defaults, --cap-drop, --read-only, no new rights, seccomp, devices" {
	run -0 d run --rm bb:1 grep -E 'Cap(Inh|Eff)|^Seccomp:' /proc/self/status
	has $'CapInh:\t0000000000000000'
	has $'Seccomp:\t2'
	run -0 d run --rm --cap-drop all bb:1 grep CapBnd /proc/self/status
	has 0000000000000000
	run ! d run --rm --read-only bb:1 touch /x
	has "Read-only"
	run -0 d run --rm --read-only --tmpfs /data:mode=700 bb:1 sh -c 'touch /data/x; stat -c %a /data'
	is "$output" 700
	run -0 d run --rm --security-opt no-new-privileges bb:1 grep NoNewPrivs /proc/self/status
	has $'\t1'
	run ! d run --rm --cap-add all --cap-drop sys_resource bb:1 sh -c 'echo x >/proc/sysrq-trigger'
	run ! d run --rm --cap-add mknod bb:1 sh -c 'mknod /tmp/d b 7 0 && head -c1 /tmp/d'
	# Nearly privileged: Docker refuses what the machine itself does not have.
	run -0 d run --rm --cap-add all --cap-drop sys_resource --security-opt seccomp=unconfined bb:1 sh -c 'mount -t tmpfs x /tmp && : >/tmp/x && echo mounted'
	is "$output" mounted
	run -0 d run --rm --device /dev/zero:/dev/mine bb:1 sh -c 'head -c 3 /dev/mine | wc -c'
	is "$output" 3
	run -0 d run --rm --init bb:1 echo through
	is "$output" through
	run -0 d run --rm --ulimit nofile=77:77 --sysctl kernel.msgmax=4096 bb:1 sh -c 'ulimit -n; cat /proc/sys/kernel/msgmax'
	is "$output" $'77\n4096'
}

@test "volumes, binds, cp" {
	mkdir "$T/dir"
	echo text >"$T/dir/file"
	run -0 d run --rm -v "$T/dir:/data:ro" bb:1 sh -c 'cat /data/file; ! touch /data/x 2>/dev/null'
	is "$output" text
	d volume create vol
	run -0 d run --rm -v vol:/data bb:1 sh -c 'echo kept >/data/f'
	run -0 d run -d --name one -v vol:/data bb:1 sleep 1000
	run -0 d exec one cat /data/f
	is "$output" kept
	run -0 d cp "$T/dir/file" one:/tmp/copied
	run -0 d exec one cat /tmp/copied
	is "$output" text
	run -0 d cp one:/var/www/index.html "$T/page"
	is "$(cat "$T/page")" "the page"
}

@test "the bridge, a published port, a network of the user's with names" {
	run -0 d run -d --name web -p 127.0.0.1:8123:80 bb:1 httpd -f -p 80 -h /var/www
	wait_for in_net busybox wget -q -O - http://127.0.0.1:8123/
	run -0 in_net busybox wget -q -O - http://127.0.0.1:8123/
	is "$output" "the page"
	run -0 d network create net
	run -0 d network connect net web
	run -0 d run --rm --network net bb:1 wget -q -O - http://web/
	is "$output" "the page"
	d rm -f web
	run -0 d network rm net
	run -0 d run --rm --network none bb:1 ls /sys/class/net
	is "$output" lo
}

@test "the classic build runs its commands in the runtime" {
	printf 'FROM bb:1\nRUN echo made >/made && id -u\nUSER 1000\nRUN id -u >/tmp/me\nCMD cat /made /tmp/me\n' >"$T/Dockerfile"
	DOCKER_BUILDKIT=0 run -0 d build --network none -t built "$T"
	run -0 d run --rm built
	is "$output" $'made\n1000'
}

@test "healthcheck" {
	d run -d --name one --health-cmd 'test -e /tmp/well' --health-interval 200ms --health-retries 1 bb:1 sleep 1000
	is_health() { [ "$(d inspect -f '{{.State.Health.Status}}' one)" = "$1" ]; }
	wait_for is_health unhealthy
	d exec one touch /tmp/well
	wait_for is_health healthy
}

@test "an image of this machine's own programs" {
	"$KOKON" rootfs create "$T/own" --bin bash,ls
	tar -C "$T/own" -cf "$T/own.tar" .
	run -0 d import --change 'CMD ["bash", "-c", "echo $BASH_VERSION; ls /"]' "$T/own.tar" own
	run -0 d run --rm own
	has "$BASH_VERSION"
	has proc
}
