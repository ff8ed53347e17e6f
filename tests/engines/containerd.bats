# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# containerd with kokon-oci as the runtime of its shim, through its own client.

load engine

setup_file() {
	! engine_lacks containerd ctr busybox ip || return 0
	engine_setup_file
	mkdir "$E/layout"
	image_layout
	# Short: the path of a socket has 107 bytes.
	CD=$(mktemp -d /tmp/cd.XXXXXX)
	export CD
	cat >"$CD/config.toml" <<-EOF
		version = 2
		root = "$E/root"
		state = "$CD/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		  address = "$CD/c.sock"
		[ttrpc]
		  address = "$CD/c.ttrpc"
	EOF
	nsenter --net="/run/netns/$NETNS" containerd -c "$CD/config.toml" >"$CD/log" 2>&1 3>&- 4>&- &
	echo $! >"$CD/pid"
	wait_for c version
	c images import "$E/img-oci.tar"
}

teardown_file() {
	[ -z "${CD:-}" ] || {
		kill "$(cat "$CD/pid")"
		while kill -0 "$(cat "$CD/pid")"; do sleep 0.05; done 2>/dev/null
		rm -rf "$CD"
	}
	engine_teardown_file
}

engine_teardown() {
	local one
	for one in $(c containers ls -q); do
		c task kill -s KILL "$one" || true
		wait_for c task rm "$one" || true
		c containers rm "$one" || true
	done >/dev/null 2>&1
}

c() { in_net ctr -a "$CD/c.sock" "$@"; }

crun() { c run --runc-binary "$RUNTIME" "$@"; }

# An image of one layer, written by hand.
image_layout() {
	local layer config manifest
	layer=$(blob "$E/img.tar")
	printf '{"architecture":"%s","os":"linux","config":{"Cmd":["sh"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
		"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')" "$layer" >"$E/config"
	config=$(blob "$E/config")
	printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:%s","size":%s}]}' \
		"$config" "$(stat -c %s "$E/config")" "$layer" "$(stat -c %s "$E/img.tar")" >"$E/manifest"
	manifest=$(blob "$E/manifest")
	printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:%s","size":%s,"annotations":{"io.containerd.image.name":"localhost/bb:1","org.opencontainers.image.ref.name":"1"}}]}' \
		"$manifest" "$(stat -c %s "$E/manifest")" >"$E/layout/index.json"
	echo '{"imageLayoutVersion":"1.0.0"}' >"$E/layout/oci-layout"
	tar -C "$E/layout" -cf "$E/img-oci.tar" .
}

blob() {
	local sum
	sum=$(sha256sum <"$1")
	mkdir -p "$E/layout/blobs/sha256"
	cp "$1" "$E/layout/blobs/sha256/${sum%% *}"
	echo "${sum%% *}"
}

task_is() { c task ls | grep -Eq "^$1 .*$2"; }

@test "run: output, exit status, what cannot run, working directory" {
	run -0 crun --rm localhost/bb:1 one echo hello
	is "$output" hello
	run -7 crun --rm localhost/bb:1 one sh -c 'exit 7'
	run ! crun --rm localhost/bb:1 one nosuchprogram
	has nosuchprogram
	run -0 crun --rm --env A=b --cwd /tmp localhost/bb:1 one sh -c 'echo $A; pwd'
	is "$output" $'b\n/tmp'
	run -0 crun --rm --read-only localhost/bb:1 one sh -c 'touch /x 2>/dev/null || echo no'
	is "$output" no
	run -0 crun --rm --mount "type=bind,src=$E/img/var,dst=/mnt,options=rbind:ro" localhost/bb:1 one cat /mnt/www/index.html
	is "$output" "the page"
}

@test "run -d: task ls, exec, ps, pause, resume, metrics, kill, rm" {
	run -0 crun -d localhost/bb:1 two sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	task_is two RUNNING
	run -4 c task exec --exec-id x two sh -c 'id -u; exit 4'
	has 0
	run -0 c task exec --exec-id y --user 1000 --cwd /tmp two sh -c 'id -u; pwd'
	is "$output" $'1000\n/tmp'
	run ! c task exec --exec-id z two nosuchprogram
	has nosuchprogram
	run -0 c task ps two
	has "$(c task ls | awk '$1 == "two" { print $2 }')"
	run -0 c task pause two
	task_is two PAUSED
	run -0 c task resume two
	task_is two RUNNING
	run -0 c task metrics two
	has pids.current || has memory
	run -0 c task kill -s TERM two
	wait_for task_is two STOPPED
	run c task rm two
	has "code 3"
	run -0 c containers rm two
}

@test "limits are in the kernel" {
	need_cgroup memory
	run -0 crun -d --memory-limit 67108864 --cpu-quota 50000 --cpu-period 100000 localhost/bb:1 three sleep 1000
	pid=$(c task ls | awk '$1 == "three" { print $2 }')
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 67108864
	is "$(group_file "$pid" cpu.cfs_quota_us || group_file "$pid" cpu.max | cut -d' ' -f1)" 50000
	c task kill -s KILL --all three
	wait_for task_is three STOPPED
}

@test "a terminal; seccomp; several at once" {
	run -0 timeout 90 script -qefc "$(declare -f c crun in_net); FOREGROUND=--foreground crun -t --rm localhost/bb:1 four sh -c 'tty; echo \$((6*7))'" /dev/null 3>&-
	has /dev/
	has 42
	run -0 crun --rm --seccomp localhost/bb:1 five grep -w Seccomp /proc/self/status
	has 2
	local i
	for i in 1 2 3 4 5 6; do
		crun --rm localhost/bb:1 "at-once-$i" echo "said $i" >"$T/said.$i" &
	done
	wait
	is "$(cat "$T"/said.*)" "$(printf 'said %s\n' 1 2 3 4 5 6)"
}
