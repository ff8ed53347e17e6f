# SPDX-License-Identifier: Apache-2.0
# kokon-oci under Podman, Buildah and containerd, each with its state in this test's folder and in a network
# namespace of its own. Engines that are not installed are skipped.

load lib
load oci

setup() {
	common_setup
	oci_setup
}

teardown() {
	_end_engines
	oci_teardown
	common_teardown
}

_end_engines() {
	[ ! -e "$T/podman" ] || podman_ rm -fa -t 0 || true
	# What Podman makes beside the containers' own.
	for dir in /sys/fs/cgroup/*/libpod_parent /sys/fs/cgroup/libpod_parent; do
		[ ! -d "$dir" ] || find "$dir" -depth -type d -exec rmdir {} + || true
	done
	[ -z "${daemon:-}" ] || { kill "$daemon"; tail --pid="$daemon" -f /dev/null; }
} >/dev/null 2>&1

# podman_ ARG…: with vfs, which mounts nothing, and limits that this machine can give.
podman_() {
	mkdir -p "$T/podman"
	cat >"$T/podman/containers.conf" <<-EOF
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
	EOF
	CONTAINERS_CONF=$T/podman/containers.conf timeout -k 5 60 unshare --net podman --root "$T/podman/root" \
		--runroot "$T/podman/run" --tmpdir "$T/podman/tmp" --network-config-dir "$T/podman/net" --storage-driver vfs --runtime "$OCI" "$@" 3>&-
}

podman_image() {
	need podman
	need conmon
	tar -C "$B/rootfs" -cf "$T/image.tar" .
	podman_ import -q "$T/image.tar" bb:1 >/dev/null || { podman_ import "$T/image.tar" bb:1; false; }
}

@test "podman: run, exit status, a program that is not there, limits, users" {
	need_root
	podman_image
	run -0 podman_ run --rm --network none bb:1 echo hello
	is "$output" hello
	run -5 podman_ run --rm --network none bb:1 sh -c 'exit 5'
	run -127 podman_ run --rm --network none bb:1 no-such-program
	run -126 podman_ run --rm --network none bb:1 /etc
	run -1 podman_ run --rm --network none --read-only --cap-drop all --user 5:6 bb:1 sh -c 'id; grep CapEff /proc/self/status; touch /x'
	has "uid=5"
	has "CapEff:	0000000000000000"
	has "Read-only file system"
	run -0 podman_ run --rm --network none -v /etc:/x:ro --hostname there bb:1 sh -c 'hostname; ls /x/passwd'
	is "${lines[*]}" "there /x/passwd"
	run -0 podman_ run --rm --network none --uidmap 0:100000:1000 --gidmap 0:100000:1000 bb:1 cat /proc/self/uid_map
	has "100000"
}

@test "podman: detached, exec, logs, pause, kill, restart, stop, rm" {
	need_root
	podman_image
	podman_ run -d --name c1 --network none bb:1 sh -c 'echo started; exec sleep 1000'
	run -0 podman_ logs c1
	is "$output" started
	run -9 podman_ exec c1 sh -c 'echo inside; exit 9'
	is "$output" inside
	run -127 podman_ exec c1 no-such-program
	run -0 podman_ exec -t c1 tty
	has /dev/pts/
	podman_ pause c1
	is "$(podman_ inspect -f '{{.State.Status}}' c1)" paused
	podman_ unpause c1
	run -0 podman_ top c1
	has "sleep 1000"
	podman_ kill c1
	is "$(podman_ wait c1)" 137
	podman_ restart -t 0 c1
	podman_ stop -t 0 c1
	podman_ rm c1
	is "$(podman_ ps -aq)" ""
	[ ! -e /run/kokon ] || is "$(find /run/kokon -name oci-lock)" ""
}

@test "buildah: a build" {
	need_root
	need buildah
	podman_image
	printf 'FROM localhost/bb:1\nRUN echo built >/tmp/x && id\nCMD ["cat", "/tmp/x"]\n' >"$T/Dockerfile"
	CONTAINERS_CONF=$T/podman/containers.conf timeout -k 5 60 unshare --net buildah --root "$T/podman/root" --runroot "$T/podman/run" \
		--storage-driver vfs bud --runtime "$OCI" --isolation oci --network none -t built:1 -f "$T/Dockerfile" "$T" 3>&-
	run -0 podman_ run --rm --network none built:1
	is "$output" built
}

ctr_() { timeout -k 5 60 ctr -a "$T/ctd/c.sock" "$@" 3>&-; }

# A containerd of our own, with the bundle's root as an image.
containerd_image() {
	need ctr
	need containerd
	need umoci
	need skopeo
	mkdir "$T/ctd"
	cat >"$T/ctd/config.toml" <<-EOF
		version = 2
		root = "$T/ctd/root"
		state = "$T/ctd/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "$T/ctd/c.sock"
		[ttrpc]
		address = "$T/ctd/c.sock.ttrpc"
	EOF
	unshare --net containerd -c "$T/ctd/config.toml" >"$T/ctd/log" 2>&1 </dev/null 3>&- &
	daemon=$!
	umoci init --layout "$T/layout"
	umoci new --image "$T/layout:bb"
	umoci unpack --image "$T/layout:bb" "$T/unpacked"
	cp -a "$B/rootfs/." "$T/unpacked/rootfs/"
	umoci repack --image "$T/layout:bb" "$T/unpacked"
	skopeo copy "oci:$T/layout:bb" "docker-archive:$T/bb.tar:bb:1" >/dev/null
	wait_for ctr_ version
	ctr_ images import --snapshotter native "$T/bb.tar"
}

@test "containerd: run, exec, pause, kill, by the runc shim" {
	need_root
	containerd_image
	ctr_run() { ctr_ run --snapshotter native --runc-binary "$OCI" "$@"; }
	image=docker.io/library/bb:1
	run -0 ctr_run --rm $image c1 echo hello
	is "$output" hello
	run -6 ctr_run --rm $image c1 sh -c 'exit 6'
	run -1 ctr_run --rm $image c1 no-such-program
	has "cannot run 'no-such-program': no such file or directory"
	ctr_run -d $image c2 sleep 1000
	run -4 ctr_ tasks exec --exec-id e1 c2 sh -c 'echo inside; exit 4'
	has inside
	ctr_ tasks pause c2
	run -0 ctr_ tasks ls
	has PAUSED
	ctr_ tasks resume c2
	ctr_ tasks kill -s 9 c2
	has_ended() { ctr_ tasks ls | grep -q STOPPED; }
	wait_for has_ended
	ctr_ tasks rm c2 || true
	ctr_ containers rm c2
	is "$(ctr_ tasks ls -q)" ""
}
