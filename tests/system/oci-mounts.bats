# SPDX-License-Identifier: Apache-2.0
# The mounts of a bundle: each option and kind, as the container sees it.

load lib
load bundle

mounts_of() { sed -n "s|^[^ ]* $1 ||p" <<<"$output"; } # "TYPE OPTIONS …" of a mount point in /proc/mounts

@test "attributes of new file systems and of bind mounts" {
	need_root
	mkdir "$T/src"
	bundle 'm.append(mount("/a", "tmpfs", "noexec", "nodev", "nosuid", "noatime", "nodiratime", "mode=700", "size=1m"))
m.append(mount("/b", "tmpfs", "ro", "strictatime", "sync", "dirsync", "lazytime"))
m.append({"destination": "/c", "source": "'"$T"'/src", "options": ["bind", "ro", "nosuid", "nodev", "noexec", "nosymfollow"]})
m.append({"destination": "relative/d", "type": "bind", "source": "'"$T"'/src", "options": ["rbind", "defaults"]})' \
		sh -c 'cat /proc/mounts; touch /b/x; touch /c/x; touch /relative/d/x'
	run run_bundle
	has "Read-only"
	[[ $(mounts_of /a) == *"rw,nosuid,nodev,noexec,noatime,nodiratime"*"size=1024k,mode=700"* ]]
	[[ $(mounts_of /b) == *"ro,sync,dirsync"* ]]
	[[ $(mounts_of /c) == *"ro,nosuid,nodev,noexec"*"nosymfollow"* ]]
	[ -e "$T/src/x" ]
}

@test "recursive attributes hold below too, the plain ones on top only" {
	need_root
	mkdir -p "$T/src/sub"
	mount -t tmpfs none "$T/src/sub"
	bundle 'm.append({"destination": "/a", "source": "'"$T"'/src", "options": ["rbind", "ro"]})
m.append({"destination": "/b", "source": "'"$T"'/src", "options": ["rbind", "rro", "rnosuid", "rnoexec", "rnodev", "rnoatime"]})' \
		sh -c 'touch /a/sub/x && echo top only; touch /b/sub/x || echo both; cat /proc/mounts'
	run run_bundle
	umount "$T/src/sub"
	has "top only"
	has "both"
	[[ $(mounts_of /b/sub) == *"ro,nosuid,nodev,noexec,noatime"* ]]
}

@test "propagation: slave unless told otherwise; private, shared, unbindable, of the root too" {
	need_root
	mkdir -p "$T/src"
	mount -t tmpfs none "$T/src"
	mount --make-shared "$T/src"
	bundle 'for o in ("", "private", "rslave", "shared", "unbindable"):
    m.append({"destination": "/m" + o, "source": "'"$T"'/src", "options": ["rbind", o] if o else ["rbind"]})' \
		cat /proc/self/mountinfo
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	umount "$T/src"
	[[ $(grep ' /m ' <<<"$output") == *master:* ]]
	[[ $(grep ' /mprivate ' <<<"$output") != *:* ]] || [[ $(grep ' /mprivate ' <<<"$output") != *master:* ]]
	[[ $(grep ' /mshared ' <<<"$output") == *shared:*master:* ]]
	[[ $(grep ' /munbindable ' <<<"$output") == *unbindable* ]]
	local how
	for how in shared slave private unbindable; do
		bundle 'l["rootfsPropagation"] = "'$how'"' cat /proc/self/mountinfo
		run -0 run_bundle
		case $how in
		shared) [[ $(grep ' / / ' <<<"$output" || grep -m1 ' / rw' <<<"$output") == *shared:* ]] ;;
		unbindable) has unbindable ;;
		*) lacks shared: ;;
		esac
	done
}

@test "idmap and ridmap, with maps of their own and the container's" {
	need_root
	mkdir "$T/src"
	touch "$T/src/f"
	chown 1000:1001 "$T/src/f"
	chmod 755 "$T" "$T/src"
	bundle 'm.append({"destination": "/a", "source": "'"$T"'/src", "options": ["bind", "idmap"],
"uidMappings": [{"containerID": 1000, "hostID": 7, "size": 1}], "gidMappings": [{"containerID": 1001, "hostID": 8, "size": 1}]})
m.append({"destination": "/b", "type": "tmpfs", "source": "tmpfs", "options": ["ridmap"],
"uidMappings": [{"containerID": 0, "hostID": 0, "size": 100}], "gidMappings": [{"containerID": 0, "hostID": 0, "size": 100}]})' \
		sh -c 'stat -c %u:%g /a/f; touch /b/x && stat -c %u /b/x'
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	is "$output" $'7:8\n0'
	bundle 'm.append({"destination": "/a", "source": "'"$T"'/src", "options": ["bind", "idmap"]})' true
	run -1 run_bundle
	has "mounts[5]"
	has "needs uidMappings and gidMappings"
	bundle 'm.append({"destination": "/a", "source": "/proc", "options": ["bind", "idmap"],
"uidMappings": [{"containerID": 0, "hostID": 7, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 8, "size": 1}]})' true
	run -1 run_bundle
	has "'proc'"
}

@test "idmap without privileges: on what the container mounts itself, else an error with the file system" {
	need_subids
	cp -r "$T/." "$U/" 2>/dev/null || true
	bundle 'l["namespaces"].append({"type": "user"})
l["uidMappings"] = [{"containerID": 0, "hostID": '"$TEST_UID"', "size": 1}, {"containerID": 1, "hostID": '"$TEST_SUBIDS"', "size": 1000}]
l["gidMappings"] = l["uidMappings"]
r.clear()
ids = [{"containerID": 0, "hostID": 5, "size": 10}]
m.append({"destination": "/b", "type": "tmpfs", "source": "tmpfs", "options": ["idmap"], "uidMappings": ids, "gidMappings": ids})' \
		sh -c 'stat -c %u:%g /b'
	cp -r "$B" "$U/b" && chown -R "$TEST_UID:$TEST_UID" "$U/b"
	run -0 as_user "${KOKON%/*}/kokon-oci" --root "$U/oci" run --bundle "$U/b" t
	is "$output" 5:5
	sed -i 's|"type": "tmpfs", "source": "tmpfs", "options": \["idmap"\]|"source": "'"$U"'", "options": ["bind", "idmap"]|' "$U/b/config.json"
	run -1 as_user "${KOKON%/*}/kokon-oci" --root "$U/oci" run --bundle "$U/b" t
	has "file system of type"
}

@test "tmpcopyup, missing targets, files as targets, a link out of the root" {
	need_root
	bundle 'm.append(mount("/etc", "tmpfs", "tmpcopyup"))
m.append({"destination": "/deep/er/file", "source": "/proc/version", "options": ["bind"]})
m.append({"destination": "/out/x", "source": "'"$T"'/bundle", "options": ["bind"]})' \
		sh -c 'cat /etc/sub/f; readlink /etc/l; stat -c %a:%u:%g /etc/sub/f; ls /deep/er/file; rm /etc/sub/f; ls -d /tmp/x'
	mkdir -p "$B/rootfs/etc/sub"
	echo inside >"$B/rootfs/etc/sub/f"
	chmod 640 "$B/rootfs/etc/sub/f"
	chown 3:4 "$B/rootfs/etc/sub/f"
	ln -s nowhere "$B/rootfs/etc/l"
	ln -s ../../../tmp "$B/rootfs/out"
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	is "${lines[0]}" inside
	is "${lines[1]}" nowhere
	is "${lines[2]}" 640:3:4
	has /tmp/x
	[ -e "$B/rootfs/etc/sub/f" ]
	[ -d "$B/rootfs/tmp/x" ]
}

@test "remount changes what is there; masked and read-only paths; a read-only root" {
	need_root
	bundle 'm.append(mount("/a", "tmpfs", "size=1m"))
m.append({"destination": "/a", "type": "tmpfs", "source": "tmpfs", "options": ["remount", "size=2m", "nosuid"]})
m.append({"destination": "/proc", "options": ["remount", "bind", "noexec"]})
c["root"]["readonly"] = True
l["maskedPaths"] = ["/proc/uptime", "/etc", "/bin/none"]
l["readonlyPaths"] = ["/proc/sys", "/a"]' \
		sh -c 'cat /proc/mounts; cat /proc/uptime; ls /etc; touch /a/x; touch /x; echo 1 >/proc/sys/kernel/x'
	echo secret >"${B}/rootfs/etc/f"
	run run_bundle
	[[ $(mounts_of /a) == *size=2048k* ]]
	[[ $(mounts_of /proc) == *noexec* ]]
	[[ $(mounts_of /etc) == "tmpfs ro,"* ]]
	lacks $'\nf\n'
	has "/a/x: Read-only"
	has "/x: Read-only"
}

@test "the group hierarchies, with and without a cgroup namespace" {
	need_root
	bundle 'm.append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "ro"]})
l["cgroupsPath"] = "/kokon-test-'$$'/g"' sh -c 'ls /sys/fs/cgroup; find /sys/fs/cgroup -name cgroup.procs | head -n1 | xargs cat; touch /sys/fs/cgroup/x'
	run run_bundle
	has "Read-only"
	has 1
	bundle 'm.append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "ro"]})
l["cgroupsPath"] = "/kokon-test-'$$'/g"
l["namespaces"] = [n for n in l["namespaces"] if n["type"] != "cgroup"]' sh -c 'cat /proc/self/cgroup; find /sys/fs/cgroup -name cgroup.procs | head -n1 | xargs cat'
	run run_bundle
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	has "/kokon-test-$$/g"
	"$KOKON" cgroup remove "kokon-test-$$"
}

@test "what cannot be is refused with its place in the config" {
	need_root
	local change text
	while IFS='|' read -r change text; do
		bundle "$change" true
		run -1 run_bundle
		has "$text"
	done <<-'EOF'
		m.append({"destination": "/a", "source": "/tmp", "options": ["bind", "noexce"]})|'noexce' is no option of a bind mount
		m.append({"destination": "/a", "options": ["bind"]})|mounts[5]
		m.append({"destination": "/", "source": "/tmp", "options": ["bind"]})|on the root itself
		m.append({"destination": "/a", "source": "/nonexistent", "options": ["bind"]})|'/nonexistent'
		m.append({"destination": "/a", "type": "nosuchfs", "source": "x"})|'nosuchfs'
		m.append({"destination": "/a", "type": "tmpfs", "source": "x", "options": ["nosuchoption=1"]})|nosuchoption
		l["mountLabel"] = "system_u:object_r:x:s0"|SELinux
	EOF
}
