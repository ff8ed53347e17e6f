# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # bats gives output and status
# Podman and Buildah of an ordinary user, with kokon-oci as their runtime: they call it as root of a user
# namespace of theirs, where no device node can be made and no control group of the machine is theirs.

load engine

setup_file() {
	! engine_lacks podman conmon newuidmap busybox ip || return 0
	engine_setup_file
	common_setup
	F=$T H=$U # H: the ordinary user's home
	export F H
	if ! as_user unshare --user true || ! grep -q "^$TEST_USER:" /etc/subuid; then
		UNAVAILABLE="no user namespaces, or no subordinate ids, for an ordinary user"
		return 0
	fi
	# Where the ordinary user can look.
	[ "$RUNTIME" != "$BUILD/kokon-oci" ] || RUNTIME=${KOKON%/*}/kokon-oci
	export RUNTIME
	cat >"$F/containers.conf" <<-EOF
		[containers]
		default_ulimits = ["nofile=1024:1024","nproc=1024:1024"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime_supports_nocgroup = ["kokon-oci"]
	EOF
	cp "$E/img.tar" "$F/img.tar"
	# A program: `script` can call it. Podman goes back to where it was called: somewhere the user may be.
	cat >"$F/as-user" <<-EOF
		#!/bin/sh
		cd "$U" || exit
		exec env -i HOME="$U" USER="$TEST_USER" XDG_RUNTIME_DIR="$U/run" PATH="$PATH" TERM=dumb CONTAINERS_CONF="$F/containers.conf" \
			nsenter --net="/run/netns/$NETNS" setpriv --reuid $TEST_UID --regid $TEST_UID --clear-groups --inh-caps=-all -- timeout --foreground -k 5 ${KOKON_TEST_EMULATED:+4}90 "\$@" 3>&- 4>&-
	EOF
	chmod +x "$F/as-user"
	# A tun device that the ordinary user may open, before Podman takes its copy of the mounts.
	if is_enclosed && [ -c /dev/net/tun ]; then
		mknod -m 666 "$F/tun" c 10 200
		mount --bind "$F/tun" /dev/net/tun
	fi
	p import "$F/img.tar" bb:1
}

# Podman leaves a process that holds its namespaces; files of other ids are removed from inside.
teardown_file() {
	[ ! -e "${F:-}/as-user" ] || {
		p unshare rm -rf "$H/root" "$H/buildah"
		# Podman 4 and 5 note it in different places.
		cat "$H"/run/{tmp,libpod/tmp}/pause.pid 2>/dev/null | xargs -r kill
		umount /dev/net/tun 2>/dev/null
	}
	[ -z "${F:-}" ] || rm -rf --one-file-system "${F:?}"
	engine_teardown_file
}

engine_teardown() {
	p pod rm -af -t 0 >/dev/null 2>&1 || true
	p rm -af -t 0 >/dev/null 2>&1 || true
}

p() { "$F/as-user" podman --root "$H/root" --runroot "$H/run/c" --tmpdir "$H/run/tmp" --storage-driver overlay --runtime "$RUNTIME" "$@"; }

field() { p inspect --format "$1" "$2"; }
is_state() { [ "$(field '{{.State.Status}}' "$1")" = "$2" ]; }
has_log() { p logs "$1" | grep -q "$2"; }

@test "run: output, exit status, user, devices, rights, id maps, volumes" {
	run -7 p run --rm --network none bb:1 sh -c 'echo "$(id -u) $(hostname | wc -c)"; exit 7'
	is "$output" "0 13"
	run -0 p run --rm --network none -i -u 1000 bb:1 sh -c 'id -u; cat; echo gone >/dev/null' <<<"through it"
	is "$output" $'1000\nthrough it'
	run -127 p run --rm --network none bb:1 nosuchprogram
	has nosuchprogram
	run -0 p run --rm --network none bb:1 grep -E 'CapInh|^Seccomp:' /proc/self/status
	is "$output" $'CapInh:\t0000000000000000\nSeccomp:\t2'
	run -0 p run --rm --network none --privileged bb:1 sh -c 'mount -t tmpfs x /mnt 2>/dev/null || mount -t tmpfs x /tmp'
	run ! p run --rm --network none --read-only bb:1 touch /x
	has "Read-only"
	run -0 p run --rm --network none --cap-drop all bb:1 grep CapBnd /proc/self/status
	has 0000000000000000
	run -0 p run --rm --network none --uidmap 0:1:1000 --gidmap 0:1:1000 bb:1 sh -c 'cat /proc/self/uid_map; : >/tmp/mine; stat -c %u /tmp/mine'
	is "$(tr -s ' ' <<<"$output")" $' 0 1 1000\n0'
	run -0 p run --rm --network none --userns keep-id bb:1 id -u
	is "$output" "$(as_user id -u)"
	as_user sh -c 'mkdir "$U/dir" && echo text >"$U/dir/file"'
	run -0 p run --rm --network none -v "$U/dir:/data" bb:1 sh -c 'cat /data/file; echo made >/data/made'
	is "$output" text
	is "$(stat -c %U "$U/dir/made")" "$(as_user id -un)"
	p volume create v
	run -0 p run --rm --network none -v v:/data bb:1 sh -c 'echo kept >/data/f'
	run -0 p run --rm --network none -v v:/data:ro --device /dev/zero:/dev/mine bb:1 sh -c 'cat /data/f; head -c 3 /dev/mine | wc -c'
	is "$output" $'kept\n3'
	run -0 p run --rm --network host --pid host bb:1 sh -c 'for i in net pid; do readlink /proc/self/ns/$i; done; ls /sys/class/net'
	has "net:[$(stat -c %i "/run/netns/$NETNS")]"
	has "$(ns_of pid)"
	run -0 p run --rm --network none --cgroups disabled bb:1 echo without
	is "$output" without
}

@test "run -d: logs, exec, a terminal, top, stop, restart, kill; a pod" {
	p run -d --network none --name c bb:1 sh -c 'echo begun; trap "exit 3" TERM; while :; do sleep 0.1; done'
	wait_for has_log c begun
	run -5 p exec -e A=b -u 1000 c sh -c 'echo "$A $(id -u)"; exit 5'
	is "$output" "b 1000"
	run -127 p exec c nosuchprogram
	run -0 on_terminal "$(declare -f p); p exec -it c sh -c 'tty; echo \$((6*7))'"
	has /dev/pts/
	has 42
	run -0 p top c
	has sleep
	run -0 p stop -t 20 c
	is "$(field '{{.State.ExitCode}}' c)" 3
	run -0 p restart -t 0 c
	is_state c running
	run -0 p kill -s KILL c
	wait_for is_state c exited
	is "$(field '{{.State.ExitCode}}' c)" 137
	run -0 p rm c
	need catatonit
	run -0 p pod create --name pd --network none
	p run -d --pod pd --name a bb:1 httpd -f -p 127.0.0.1:8000 -h /var/www
	wait_for p exec a wget -q -O - http://127.0.0.1:8000/
	run -0 p run --rm --pod pd bb:1 wget -q -O - http://127.0.0.1:8000/
	is "$output" "the page"
	run -0 p pod stop -t 0 pd
	run -0 p pod rm pd
}

@test "a network of its own through slirp4netns, with a published port" {
	need slirp4netns
	is_enclosed && [ -c /dev/net/tun ] || skip "no tun device here"
	run -0 p run -d --network slirp4netns --name web -p 127.0.0.1:8123:80 bb:1 httpd -f -p 80 -h /var/www
	wait_for in_net busybox wget -q -O - http://127.0.0.1:8123/
	run -0 p exec web ls /sys/class/net
	is "$output" $'lo\ntap0'
}

@test "buildah: run, and a build that runs its commands in the runtime" {
	need buildah
	b() { "$F/as-user" buildah --root "$H/buildah" --runroot "$H/run/b" --storage-driver vfs "$@"; }
	run -0 b from --name work scratch
	b add work "$F/img.tar" /
	run -7 b run --runtime "$RUNTIME" --isolation oci --network none work sh -c 'echo made >/made; id -u; exit 7'
	is "${lines[0]}" 0
	b commit work base
	as_user sh -c 'printf "FROM localhost/base\nRUN test -e /made && id -u >/more\nUSER 1000\nRUN id -u >/tmp/me\n" >"$U/Dockerfile"'
	run -0 b bud --runtime "$RUNTIME" --isolation oci --network none -t built "$U"
	run -0 b from --name result localhost/built
	run -0 b run --runtime "$RUNTIME" --isolation oci --network none result cat /more /tmp/me
	is "$output" $'0\n1000'
}
