# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# containerd with kokon-oci as the runtime of its shim: through its own client, and through the container
# runtime interface, as Kubernetes calls it.

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
		[grpc]
		  address = "$CD/c.sock"
		[ttrpc]
		  address = "$CD/c.ttrpc"
		[plugins."io.containerd.grpc.v1.cri"]
		  sandbox_image = "localhost/bb:1"
		  restrict_oom_score_adj = true
		  disable_tcp_service = true
		  tolerate_missing_hugetlb_controller = true
		  [plugins."io.containerd.grpc.v1.cri".cni]
		    bin_dir = "/usr/lib/cni"
		    conf_dir = "$CD/cni"
		  [plugins."io.containerd.grpc.v1.cri".containerd]
		    default_runtime_name = "tested"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested]
		    runtime_type = "io.containerd.runc.v2"
		  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.tested.options]
		    BinaryName = "$RUNTIME"
	EOF
	mkdir "$CD/cni"
	cat >"$CD/cni/10-test.conflist" <<-EOF
		{"cniVersion": "1.0.0", "name": "$NETNS", "plugins": [{"type": "ptp", "ipMasq": false,
		 "ipam": {"type": "host-local", "dataDir": "$CD/addresses", "ranges": [[{"subnet": "10.78.0.0/24"}]]}}]}
	EOF
	nsenter --net="/run/netns/$NETNS" containerd -c "$CD/config.toml" >"$CD/log" 2>&1 3>&- 4>&- &
	echo $! >"$CD/pid"
	wait_for c version
	c images import "$E/img-oci.tar"
	c -n k8s.io images import "$E/img-oci.tar"
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
	for one in $(c -n k8s.io containers ls -q "labels.\"io.cri-containerd.kind\"==sandbox"); do
		[ ! -p "$T/ask" ] || cri StopPodSandbox "{\"pod_sandbox_id\": \"$one\"}" || true
		[ ! -p "$T/ask" ] || cri RemovePodSandbox "{\"pod_sandbox_id\": \"$one\"}" || true
	done >/dev/null 2>&1
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
	printf '{"architecture":"%s","os":"linux","config":{"Cmd":["sleep","100000"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
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
	run -0 on_terminal "$(declare -f c crun in_net); FOREGROUND=--foreground crun -t --rm localhost/bb:1 four sh -c 'tty; echo \$((6*7))'"
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

# --- the container runtime interface ------------------------------------------------------------------

need_cri() {
	need protoc
	need jq
	/usr/bin/python3 -c 'import grpc, google.protobuf' 2>/dev/null || skip "no gRPC for Python on this machine"
	[ -x /usr/lib/cni/ptp ] || skip "no network plugins on this machine"
	mkfifo "$T/ask" "$T/answer"
	exec 8<>"$T/ask" 9<>"$T/answer"
	spawn sh -c 'exec "$@" <"$0/ask" >"$0/answer" 8>&- 9>&-' "$T" "$BATS_TEST_DIRNAME/cri.py" "$CD/c.sock"
	wait_for cri ImageStatus '{"image": {"image": "localhost/bb:1"}}'
}

# cri METHOD [REQUEST]: one call of the interface; what is refused is status 1.
cri() {
	local answer request=${2:-{\}}
	echo "$1 ${request//$'\n'/ }" >&8
	read -r -t 90 answer <&9
	echo "${answer#!}"
	[[ $answer != !* ]]
}

# field EXPRESSION: of the last answer.
field() { jq -r "$1" <<<"$output"; }

# sandbox NAME: a pod sandbox; its configuration is in $pod, its id in $sandbox.
sandbox() {
	pod='{"metadata": {"name": "'$1'", "uid": "u-'$1'", "namespace": "n"}, "hostname": "'$1'", "log_directory": "'$T'",
	 "linux": {"cgroup_parent": "/'$NETNS'", "sysctls": {"kernel.msgmax": "4096"}}}'
	run -0 cri RunPodSandbox "{\"config\": $pod}"
	sandbox=$(field .pod_sandbox_id)
}

# container NAME COMMAND [LINUX [MORE]]: made in $sandbox, not started; its id in $container. COMMAND: for sh -c.
container() {
	run -0 cri CreateContainer '{"pod_sandbox_id": "'"$sandbox"'", "sandbox_config": '"$pod"', "config": {
	 "metadata": {"name": "'"$1"'"}, "image": {"image": "localhost/bb:1"}, "log_path": "'"$1"'.log",
	 "command": ["sh", "-c"], "args": ['"$(jq -Rn --arg c "$2" '$c')"'], "linux": '"${3:-{\}}${4:+, $4}"'}}'
	container=$(field .container_id)
}

of() { echo "{\"container_id\": \"${2:-$container}\"${1:+, $1}}"; }

is_container() { [ "$(cri ContainerStatus "$(of '')" | jq -r .status.state)" = "CONTAINER_$1" ]; }

# in_it EXIT_STATUS WORD...: ExecSync; what it printed is in $output.
in_it() {
	local wanted=$1
	shift
	run -0 cri ExecSync "$(of '"cmd": '"$(jq -cn '$ARGS.positional' --args -- "$@")")"
	is "$(field .exit_code)" "$wanted"
	output=$(field '.stdout, .stderr | @base64d')
}

@test "Kubernetes: a sandbox with an address, a container, ExecSync, logs, stop, remove" {
	need_cri
	run -0 cri Version
	is "$(field .runtime_name)" containerd
	sandbox one
	run -0 cri PodSandboxStatus "{\"pod_sandbox_id\": \"$sandbox\"}"
	is "$(field .status.state)" SANDBOX_READY
	address=$(field .status.network.ip)
	container web 'echo begun; trap "exit 3" TERM; httpd -p 80 -h /var/www; while :; do sleep 0.1; done' \
		'{"security_context": {"seccomp": {"profile_type": "RuntimeDefault"}, "namespace_options": {"pid": "CONTAINER"}}}' \
		'"envs": [{"key": "A", "value": "b"}], "mounts": [{"container_path": "/data", "host_path": "'"$E/img/var"'", "readonly": true}]'
	is_container CREATED
	run -0 cri StartContainer "$(of '')"
	is_container RUNNING
	wait_for in_net busybox wget -q -O - "http://$address/"
	in_it 0 sh -c 'echo $A; hostname; cat /data/www/index.html /proc/sys/kernel/msgmax; touch /data/x 2>/dev/null || echo read-only'
	is "$output" $'b\none\nthe page\n4096\nread-only'
	in_it 5 sh -c 'echo out; echo err >&2; exit 5'
	has $'out\n'
	has err
	in_it 0 grep -w Seccomp /proc/self/status
	has 2
	run ! cri ExecSync "$(of '"cmd": ["nosuchprogram"]')"
	has nosuchprogram
	run ! cri ExecSync "$(of '"cmd": ["sleep", "1000"], "timeout": 1')"
	has DEADLINE_EXCEEDED
	wait_for grep -q 'stdout F begun' "$T/web.log"
	run -0 cri StopContainer "$(of '"timeout": 60')"
	run -0 cri ContainerStatus "$(of '')"
	is "$(field '.status.state, .status.exit_code')" $'CONTAINER_EXITED\n3'
	run -0 cri RemoveContainer "$(of '')"
	run ! cri ContainerStatus "$(of '')"
	run -0 cri StopPodSandbox "{\"pod_sandbox_id\": \"$sandbox\"}"
	run -0 cri RemovePodSandbox "{\"pod_sandbox_id\": \"$sandbox\"}"
	run ! cri PodSandboxStatus "{\"pod_sandbox_id\": \"$sandbox\"}"
}

@test "Kubernetes: limits read back, updated, counted; out of memory is told" {
	need_cri
	need_cgroup memory
	sandbox two
	container limited 'sleep 1000' '{"resources": {"memory_limit_in_bytes": 67108864, "cpu_period": 100000, "cpu_quota": 50000, "cpu_shares": 512}}'
	run -0 cri StartContainer "$(of '')"
	run -0 cri ContainerStatus "$(of '"verbose": true')"
	pid=$(field '.info.info | fromjson.pid')
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 67108864
	run -0 cri UpdateContainerResources "$(of '"linux": {"memory_limit_in_bytes": 83886080, "cpu_period": 100000, "cpu_quota": 25000}')"
	is "$(group_file "$pid" memory.limit_in_bytes || group_file "$pid" memory.max)" 83886080
	is "$(group_file "$pid" cpu.cfs_quota_us || group_file "$pid" cpu.max | cut -d' ' -f1)" 25000
	run -0 cri ContainerStats "$(of '')"
	[ "$(field .stats.memory.working_set_bytes.value)" -gt 0 ]
	container greedy 'x=$(yes | head -c 100000000); echo no' '{"resources": {"memory_limit_in_bytes": 16777216}}'
	run -0 cri StartContainer "$(of '')"
	wait_for is_container EXITED
	run -0 cri ContainerStatus "$(of '')"
	is "$(field '.status.exit_code, .status.reason')" $'137\nOOMKilled'
}

@test "Kubernetes: users, groups, capabilities, masked paths, read-only roots; two containers share a pod" {
	need_cri
	sandbox three
	container strict 'sleep 1000' '{"security_context": {"run_as_user": {"value": 1000}, "run_as_group": {"value": 7}, "supplemental_groups": [8],
	 "readonly_rootfs": true, "no_new_privs": true, "capabilities": {"drop_capabilities": ["ALL"]},
	 "masked_paths": ["/proc/keys"], "readonly_paths": ["/proc/sys"], "namespace_options": {"pid": "POD"}}}' '"working_dir": "/tmp"'
	run -0 cri StartContainer "$(of '')"
	in_it 0 sh -c 'pwd; id -u; id -g; id -G; cat /proc/keys; grep -E "CapBnd|NoNewPrivs" /proc/self/status; touch /tmp/x 2>/dev/null || echo read-only'
	is "$output" $'/tmp\n1000\n7\n7 8\nNoNewPrivs:\t1\nCapBnd:\t0000000000000000\nread-only' ||
		is "$output" $'/tmp\n1000\n7\n7 8\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nread-only'
	container beside 'trap "" TERM; while :; do sleep 0.1; done' '{"security_context": {"namespace_options": {"pid": "POD"}}}'
	run -0 cri StartContainer "$(of '')"
	in_it 0 ps
	has "sleep 1000"
	has "sleep 100000"
	# It does not end by itself.
	run -0 cri StopContainer "$(of '"timeout": 1')"
	run -0 cri ContainerStatus "$(of '')"
	is "$(field '.status.exit_code')" 137
	# A sandbox takes what still runs with it.
	run -0 cri StopPodSandbox "{\"pod_sandbox_id\": \"$sandbox\"}"
	run -0 cri RemovePodSandbox "{\"pod_sandbox_id\": \"$sandbox\"}"
}
