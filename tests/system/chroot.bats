# SPDX-License-Identifier: Apache-2.0
# kokon chroot as users run it. Ids and directories are compared with chroot(1) in explain.bats.

load lib

setup() {
	common_setup
	need_root
	make_root "$T/root"
	R=$T/root
	echo 'someone:x:77:78::/:/bin/sh' >>"$R/etc/passwd"
	printf 'some:x:78:\nmore:x:79:someone\n' >>"$R/etc/group"
}

c() { "$KOKON" chroot "$@"; }

@test "runs a program in the new root, in the same process" {
	run -0 c "$R" /bin/ls /
	has bin
	lacks usr
	run -0 bash -c 'echo $$; exec "$0" chroot "$1" /bin/sh -c "echo \$\$; pwd"' "$KOKON" "$R"
	is "${lines[0]}" "${lines[1]}"
	is "${lines[2]}" /
	run -9 c "$R" /bin/sh -c 'exit 9'
}

@test "without a command the shell of the caller, interactive" {
	run -0 env SHELL=/bin/echo "$KOKON" chroot "$R"
	is "$output" -i
	run -0 env -u SHELL "$KOKON" chroot "$R" <<<'echo from sh'
	has "from sh"
}

@test "users and groups are those of the new root, else those outside" {
	run -0 c --userspec=someone "$R" id
	is "$output" "uid=77(someone) gid=78(some) groups=78(some),79(more)"
	run -0 c --userspec=someone:more "$R" id -g
	is "$output" 79
	run -0 c --userspec=5:6 "$R" id
	has "uid=5 gid=6"
	run -0 c --userspec=:6 "$R" id
	has "uid=0(root) gid=6"
	run -0 c --userspec=+77: "$R" id -u
	is "$output" 77
	run -0 c --userspec=someone --groups=5,more "$R" id -G
	is "$output" "78 5 79"
	run -0 c --userspec=someone --groups= "$R" id -G
	is "$output" 78
	run -0 c --userspec=daemon "$R" id -u
	is "$output" "$(id -u daemon)"
	refused 125 "'nosuchuser' is known neither in the new root nor outside" "--userspec=UID:GID" -- c --userspec=nosuchuser "$R" id
	refused 125 "the group of user 4005 is unknown" -- c --userspec=4005 "$R" id
	refused 125 "nosuchgroup" -- c --groups=nosuchgroup "$R" id
	refused 125 "is no list of groups" -- c --groups=, "$R" id
}

@test "account files that are no files, or lead outside, are not followed" {
	rm "$R/etc/passwd"
	mkfifo "$R/etc/passwd"
	refused 125 "not a regular file" -- timeout 10 "$KOKON" chroot --userspec=someone "$R" id
	rm "$R/etc/passwd"
	ln -s /proc/self/root/etc/shadow "$R/etc/passwd"
	run c --userspec=nosuchuser "$R" id
	is "$status" 125
}

@test "--skip-chdir only for the old root" {
	cd /usr
	run -0 c --skip-chdir / pwd
	is "$output" /usr
	run -0 c / pwd
	is "$output" /
	refused 125 "for the old root" -- c --skip-chdir "$R" pwd
}

@test "refusals: 125; what cannot be run: 126; what is not found: 127" {
	refused 125 "the new root is missing" -- c
	refused 125 "cannot change the root directory to '$T/none'" -- c "$T/none" true
	refused 125 "cannot change the root directory to '$R/etc/passwd'" "Not a directory" -- c "$R/etc/passwd" true
	refused 125 "unknown option" -- c --frob "$R"
	refused 127 "nosuchprogram" -- c "$R" nosuchprogram
	refused 126 "it is a directory" -- c "$R" /etc
	chmod -x "$R/bin/busybox"
	refused 126 "not executable" -- c "$R" /bin/sh
	chmod +x "$R/bin/busybox"
	refused 125 "CAP_SYS_CHROOT" "kokon unshare -r -R '$R'" -- as_user "$KOKON" chroot "$R" /bin/true
}

@test "a half-made root: everything that is missing is named, with the command that adds it" {
	mkdir -p "$T/half/bin"
	cp "$(command -v bash)" "$T/half/bin/bash"
	refused 127 "cannot run 'bash'" "interpreter" "ld-linux" "kokon rootfs add $T/half --bin bash" -- c "$T/half" bash -c true
	run -0 "$KOKON" rootfs add "$T/half" --bin bash
	run -0 c "$T/half" bash -c 'echo works'
	is "$output" works
	# The interpreter is there, a library is not: the exec would succeed, and the loader fail.
	local library
	library=$(find "$T/half" -name 'libtinfo.so*' -type f | head -n1)
	[ -n "$library" ] || library=$(find "$T/half" -name 'libc.so*' -type f | head -n1)
	rm "$library"
	refused 127 "cannot run 'bash'" "$(basename "${library%%.so*}")" "kokon rootfs add $T/half" -- c "$T/half" bash -c true
}

@test "without the helper what execve says is explained" {
	mkdir -p "$T/alone" "$T/half/bin"
	cp "$KOKON" "$T/alone/kokon"
	cp "$(command -v bash)" "$T/half/bin/bash"
	refused 127 "its interpreter '/lib" "is missing" -- "$T/alone/kokon" chroot "$T/half" /bin/bash
}

@test "as a link named chroot it is this command" {
	ln -s "$KOKON" "$T/chroot"
	run -0 "$T/chroot" "$R" /bin/echo here
	is "$output" here
}

@test "a static program has no libraries to look for, and no helper does" {
	need strace
	need_root
	strace -o /dev/null true || skip "cannot trace here"
	! grep -q ld-linux "$BUILD/kokon" || skip "kokon is not static in this build"
	cp "$BUILD/kokon" "$R/bin/static"
	run -0 strace -f -e trace=execve,execveat -o "$T/calls" "$KOKON" chroot "$R" /bin/static --version
	has "kokon "
	! grep kokon-rootfs "$T/calls"
}
