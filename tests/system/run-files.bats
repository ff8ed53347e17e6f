# SPDX-License-Identifier: Apache-2.0
# kokon run: volumes, devices, and roots that mean harm.

load lib
load run

# --- files ------------------------------------------------------------------------------------

@test "-v: read-write, read-only, files, missing targets, propagation words" {
	mkdir "$U/vol"
	echo in >"$U/vol/f"
	chown -R --reference="$U" "$U/vol" 2>/dev/null || true
	run -0 in_any -v "$U/vol:/data" -v "$U/vol/f:/deep/er/file:ro" -- sh -c 'cat /data/f /deep/er/file; echo out >/data/new'
	is "${lines[0]}" in
	is "${lines[1]}" in
	is "$(cat "$U/vol/new")" out
	run in_any -v "$U/vol:/data:ro" -- touch /data/x
	has "Read-only"
	run -0 in_any -v "$U/vol:/data:z,rslave" -- true
	has "ignored"
	refused 125 "/nonexistent" -- in_any -v /nonexistent:/data -- true
	refused 125 "nosuchoption" -- in_any -v "$U/vol:/data:nosuchoption" -- true
	refused 125 "named volumes" -- in_any -v name:/data -- true
	refused 125 "/proc" -- in_any -v "$U/vol:/proc" -- true
	refused 125 -- in_any -v "$U/vol:relative" -- true
	rm -rf "$R/data" "$R/deep"
}

@test "-v idmap: ids on the volume are those in the container" {
	need_root
	mkdir "$T/vol" "$R/data" # the container's root may make nothing in a root of another's
	run -0 in_root --uidmap 0:300000:65536 --gidmap 0:300000:65536 -v "$T/vol:/data:idmap" -- touch /data/mine
	is "$(stat -c %u "$T/vol/mine")" 0
	run -0 in_root --uidmap 0:300000:65536 -v "$T/vol:/data" -- ls -ln /data/mine
	has 65534
	rmdir "$R/data"
}

@test "-v idmap with maps of its own: ids outside, and ids in the container with '@'" {
	need_root
	mkdir "$T/vol" "$R/data"
	touch "$T/vol/f"
	chown 1000:1001 "$T/vol/f"
	run -0 in_root -v "$T/vol:/data:idmap=uids=1000-7-1;gids=1001-8-1" -- stat -c %u:%g /data/f
	is "$output" 7:8
	run -0 in_root --uidmap 0:300000:65536 -v "$T/vol:/data:idmap=uids=@1000-7-1#@0-8-1;gids=@1001-9-1" -- stat -c %u:%g /data/f
	is "$output" 7:9
	refused 125 "not in the container" -- in_root --uidmap 0:300000:100 -v "$T/vol:/data:idmap=uids=@1000-100-1;gids=@0-0-1" -- true
	refused 125 "no map of ids" -- in_root -v "$T/vol:/data:idmap=uids=1000-7-0;gids=0-0-1" -- true
	refused 125 "no map of ids" -- in_root -v "$T/vol:/data:idmap=uids=1000-7-1" -- true
	refused 125 "file system of type 'proc'" -- in_root -v "/proc:/data:idmap=uids=1000-7-1;gids=0-0-1" -- true
	rmdir "$R/data"
}

@test "-v O: changes are lost; -v U: the files become the user's" {
	need_user_namespaces
	mkdir -p "$U/vol/sub"
	echo kept >"$U/vol/f"
	is_root && chown -R "$TEST_UID:$TEST_UID" "$U/vol"
	run in_any -v "$U/vol:/data:O" -- sh -c 'cat /data/f; echo new >/data/f; rmdir /data/sub; touch /data/x; cat /data/f; ls /data'
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	is "$output" $'kept\nnew\nf\nx'
	is "$(cat "$U/vol/f")" kept
	[ -d "$U/vol/sub" ]
	refused 125 "cannot be an overlay" -- in_any -v "$U/vol/f:/data2:O" -- true
	need_root
	need_subids
	run in_user -u 7:8 -v "$U/vol:/data:U" -- stat -c %u:%g /data /data/f
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	is "$output" $'7:8\n7:8'
	[ "$(stat -c %u "$U/vol/f")" -gt "$TEST_SUBIDS" ]
	refused 125 "read-only" -- in_user -v "$U/vol:/data:U,ro" -- true
}

@test "-v idmap: an ordinary user is told that it takes root" {
	need_user_namespaces
	refused 125 "id-mapped" "root" -- in_user -v "$U:/data:idmap" -- true
}

@test "--pids-limit 1: one process, and it starts" {
	need_cgroup pids
	run -0 in_root --pids-limit 1 -- cat /proc/self/cgroup
	refused 125 "its init" -- in_root --init --pids-limit 1 -- true
	run in_root --pids-limit 1 -- sh -c 'true & wait'
	[ "$status" -ne 0 ]
}

@test "--mount and --tmpfs" {
	run -1 in_any --mount type=tmpfs,target=/t1 --tmpfs /t2:size=1m,mode=700 --mount "type=bind,source=$R/etc,target=/t3,readonly" -- \
		sh -c 'grep -E " /t[123] " /proc/self/mounts; stat -c %a /t2; touch /t3/x'
	has "/t1 tmpfs"
	has "size=1024k"
	has 700
	has "Read-only"
	rmdir "$R"/t[123]
	refused 125 -- in_any --mount type=nosuch,target=/t -- true
	refused 125 -- in_any --tmpfs relative -- true
}

@test "two volumes at one place are refused" {
	refused 125 "/data" -- in_any -v "$R/etc:/data" --tmpfs /data -- true
}

@test "--read-only" {
	run in_any --read-only -- touch /x
	has "Read-only"
	run -0 in_any --read-only --tmpfs /tmp -- touch /tmp/x
}

@test "--shm-size" {
	run -0 in_any --shm-size 3m -- grep /dev/shm /proc/self/mounts
	has "size=3072k"
	refused 125 shm-size -- in_any --shm-size big -- true
}

@test "--device: the host's device, with its rights in the group" {
	need_root
	run -0 in_root --device /dev/zero:/dev/mine:r -- sh -c 'head -c1 /dev/mine | wc -c'
	is "$output" 1
	refused 125 /dev/nonexistent -- in_root --device /dev/nonexistent -- true
	refused 125 -- in_root --device /dev/zero:/dev/mine:q -- true
}

@test "a device that was not given cannot be used, though its node can be made" {
	[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || need_cgroup devices
	need_root
	run in_root -- sh -c 'mknod /tmp/disk b 7 0 && head -c1 /tmp/disk'
	has "Operation not permitted"
	rm -f "$R/tmp/disk"
}

# --- hostile roots -------------------------------------------------------------------------------

@test "/dev, /proc and /sys as links are refused; nothing outside is touched" {
	mkdir "$T/outside"
	for name in dev proc sys; do
		for to in "$T/outside" "../../../../../..$T/outside" /; do
			rmdir "$R/$name"
			ln -s "$to" "$R/$name"
			refused 125 "'/$name'" "symbolic link" -- in_any -- true
			rm "$R/$name"
			mkdir "$R/$name"
		done
	done
	is "$(ls -A "$T/outside")" ""
}

@test "a volume in place of /dev is left as it is" {
	mkdir "$U/vol"
	echo kept >"$U/vol/fd"
	chown -R --reference="$U" "$U/vol" 2>/dev/null || true
	run -0 in_any -i -v "$U/vol:/dev" -- cat /dev/fd
	is "$output" kept
	is "$(ls -A "$U/vol")" fd
	run in_any -v "$U/vol:/dev/./" -- true
	is "$(ls -A "$U/vol")" fd
}

@test "a link in the root does not lead a volume onto /dev or /proc" {
	mkdir "$U/vol"
	local to
	for to in /dev /proc /proc/self /dev/shm; do
		ln -s "$to" "$R/data"
		refused 125 "'/data'" "symbolic link" -- in_any -v "$U/vol:/data" -- true
		refused 125 "'/data'" "symbolic link" -- in_any --tmpfs /data -- true
		rm "$R/data"
	done
	is "$(ls -A "$U/vol")" ""
	# Other links may lead to where they like.
	mkdir "$R/there"
	ln -s there "$R/data"
	run -0 in_any -v "$R/etc:/data" -- cat /there/group
}

@test "/dev, /proc or /sys is a file or a pipe: said so" {
	local name
	for name in dev proc sys; do
		rmdir "$R/$name"
		mkfifo "$R/$name"
		refused 125 "'/$name'" "Not a directory" "ordinary directory" -- in_any -- true
		rm "$R/$name"
		mkdir "$R/$name"
	done
}

@test "links on a volume's way stay inside the root" {
	mkdir "$T/outside"
	ln -s "$T/outside" "$R/abs"
	ln -s ../../../../../../../..$T/outside "$R/rel"
	run in_any -v "$R/etc:/abs/new" -v "$R/etc:/rel/new2" -- true
	is "$(ls -A "$T/outside")" ""
}

@test "/etc/passwd as a link to the host, a pipe or enormous" {
	rm "$R/etc/passwd"
	ln -s "$T/outside-passwd" "$R/etc/passwd"
	echo 'evil:x:0:0::/:' >"$T/outside-passwd"
	refused 125 evil -- in_any -u evil -- true
	rm "$R/etc/passwd"
	mkfifo "$R/etc/passwd"
	refused 125 "/etc/passwd" -- timeout 20 "$KOKON" run --rootfs "$R" -u evil -- true
	rm "$R/etc/passwd"
	truncate -s 10G "$R/etc/passwd"
	refused 125 -- timeout 20 "$KOKON" run --rootfs "$R" -u evil -- true
}

@test "a working directory through /proc/self/fd stays inside" {
	for n in 3 4 5 6 7 8 9 10; do
		run in_any -w "/proc/self/fd/$n" -- sh -c 'pwd -P; ls -d /boot/* ../../../boot 2>/dev/null' 9<"$T"
		lacks /boot
	done
}

@test "--explain tells of every option that changes something" {
	local options usual long
	explained() { in_any --name same "$@" --explain -- true </dev/null; }
	usual=$(explained)
	echo A=b >"$T/env"
	while read -r options; do
		[ "$(explained $options)" != "$usual" ] || { echo "not explained: $options"; return 1; }
	done <<-END
		-i
		-t
		--hostname other
		--domainname other
		--entrypoint echo
		-e A=b
		--env-file $T/env
		-w /tmp
		-u 5:6
		-v /etc:/x:ro
		--mount type=tmpfs,target=/x
		--tmpfs /x:size=1m
		--read-only
		--device /dev/zero:/dev/other
		--cap-add NET_ADMIN
		--cap-drop CHOWN
		--privileged
		--security-opt no-new-privileges
		--security-opt seccomp=unconfined
		--security-opt mask=/etc
		--security-opt unmask=ALL
		--ulimit nofile=10
		--sysctl kernel.shmmax=5
		--pid host
		--ipc host
		--uts host
		--net host
		--cgroupns host
		--uidmap 0:100000:10
		--gidmap 0:100000:10
		--umask 027
		--shm-size 5m
		--oom-score-adj 505
		--init
		--dns 192.0.2.1
		--add-host a:192.0.2.1
	END
	long=$(explained -e "LONG=$(printf 'x%.0s' {1..6000})" | wc -c)
	[ "$long" -gt 6000 ]
}
