# SPDX-License-Identifier: Apache-2.0
# kokon rootfs create, add, remove: roots made of this machine's programs.

load lib
load rootfs

# --- create ---------------------------------------------------------------------------------------

@test "create: a root that works, with the machine's layout" {
	need_root
	run -0 "$KOKON" rootfs create "$R" --bin bash,ls --bin ps
	is "$output" ""
	run -0 chroot "$R" bash -c 'ls /; ls -ld /tmp /root; echo >/dev/null'
	for d in bin dev etc proc sys tmp usr; do has $d; done
	has "drwxrwxrwt"
	has "drwx------"
	[ ! -L /bin ] || is "$(readlink "$R/bin")" "$(readlink /bin)"
	grep -q '^root:x:0:0:' "$R/etc/passwd"
	grep -q '^hosts:.*files' "$R/etc/nsswitch.conf"
	[ -c "$R/dev/null" ]
}

@test "create: modes, owners, times, attributes and links are kept" {
	need_root
	mkdir -p "$T/opt"
	cp "$(file_of true)" "$T/opt/prog"
	chmod 4751 "$T/opt/prog"
	chown 33:33 "$T/opt/prog"
	chmod 4751 "$T/opt/prog"
	touch -d 2020-02-02 "$T/opt/prog"
	setfattr -n user.note -v kept "$T/opt/prog" || skip "no attributes on this file system"
	ln -s prog "$T/opt/name"
	"$KOKON" rootfs create "$R" --bin "$T/opt/name"
	is "$(readlink "$R$T/opt/name")" prog
	is "$(stat -c '%a %u %g %Y' "$R$T/opt/prog")" "$(stat -c '%a %u %g %Y' "$T/opt/prog")"
	is "$(getfattr --absolute-names --only-values -n user.note "$R$T/opt/prog")" kept
}

@test "create: a set-group-id folder around the root does not give its group to what is in it" {
	need_root
	mkdir "$T/shared"
	chgrp 33 "$T/shared"
	chmod 2775 "$T/shared"
	"$KOKON" rootfs create "$T/shared/root" --bin ls
	is "$(find "$T/shared/root" -mindepth 1 -gid 33)" ""
	# the same for a file that is added below a set-group-id folder of the root
	mkdir -p "$T/opt"
	cp "$(file_of true)" "$T/opt/prog"
	mkdir -p "$T/shared/root$T/opt"
	chgrp 33 "$T/shared/root$T/opt"
	chmod 2755 "$T/shared/root$T/opt"
	"$KOKON" rootfs add "$T/shared/root" --bin "$T/opt/prog"
	is "$(stat -c %g "$T/shared/root$T/opt/prog")" 0
}

@test "create: an ordinary user owns the copies, and set-user-id bits are dropped" {
	need_user_namespaces
	run -0 as_user "$KOKON" rootfs create "$U/root" --bin bash,ls,su
	is "$(stat -c %u "$U/root/usr/bin/bash" 2>/dev/null || stat -c %u "$U/root/bin/bash")" "$(as_user id -u)"
	[ ! -u "$U/root$(file_of su)" ]
	run -0 as_user unshare --user --map-root-user chroot "$U/root" /bin/bash -c 'ls /'
	has bin
}

@test "create: an unreadable program is named" {
	need_root
	cp "$(file_of true)" "$T/secret"
	chmod 0711 "$T/secret"
	refused 1 "cannot read '$T/secret'" "run as root" -- as_user "$KOKON" rootfs create "$U/root" --bin "$T/secret"
	[ ! -e "$U/root" ]
}

@test "create: DIR absent, empty, a mount point, not empty, a file, without parent" {
	need_root
	mkdir -m 750 "$R"
	run -0 "$KOKON" rootfs create "$R/" --bin true
	is "$(stat -c %a "$R")" 750
	refused 1 "Directory not empty" "kokon rootfs add '$R'" -- "$KOKON" rootfs create "$R" --bin true
	echo x >"$T/file"
	refused 1 "cannot open '$T/file': Not a directory" -- "$KOKON" rootfs create "$T/file" --bin true
	refused 1 "No such file or directory" "mkdir -p '$T/none'" -- "$KOKON" rootfs create "$T/none/root" --bin true
	refused 1 "is no name for a root" -- "$KOKON" rootfs create . --bin true
	is_enclosed || return 0
	mkdir "$T/mnt" && mount -t tmpfs none "$T/mnt"
	"$KOKON" rootfs create "$T/mnt" --bin bash
	chroot "$T/mnt" bash -c :
	[ -z "$(ls -A "$T/mnt" | grep kokon)" ]
	umount "$T/mnt"
}

@test "create: what it refuses leaves nothing" {
	refused 1 "this machine has no program 'no-such-program'" -- "$KOKON" rootfs create "$R" --bin ls,no-such-program
	refused 2 "a name in the list is empty" -- "$KOKON" rootfs create "$R" --bin ls,,ps
	refused 2 "unknown data 'nsss'" "did you mean 'nss'" -- "$KOKON" rootfs create "$R" --bin ls --with nsss
	refused 2 "unknown way to link 'symlink'" -- "$KOKON" rootfs create "$R" --bin ls --link=symlink
	refused 2 "needs a value" -- "$KOKON" rootfs create "$R" --bin
	refused 2 "no programs are given" "--bin" -- "$KOKON" rootfs create "$R"
	refused 2 "no programs are given" -- "$KOKON" rootfs add "$T"
	refused 2 "an argument is missing" -- "$KOKON" rootfs create --bin ls
	refused 2 "one argument too many" -- "$KOKON" rootfs create "$R" b --bin ls
	refused 2 "unknown option '--replace'" -- "$KOKON" rootfs create "$R" --bin ls --replace
	refused 2 "typeset dash" -- "$KOKON" rootfs create "$R" —bin ls
	refused 2 "two dashes" -- "$KOKON" rootfs create "$R" -with nss
	[ ! -e "$R" ]
	is "$(ls -A "$T" | grep -c kokon-new)" 0
}

@test "create: a broken program is refused, with what it lacks" {
	need gcc
	cd "$T"
	echo 'int a(void){return 1;}' | gcc -shared -fPIC -o liba.so -x c -
	echo 'int a(void); int main(void){return a();}' | gcc -o prog -x c - -x none -L. -la
	refused 1 "cannot run on this machine" "liba.so" -- "$KOKON" rootfs create "$R" --bin ./prog
	[ ! -e "$R" ]
}

@test "create: --link copy, hardlink, reflink" {
	cp "$(file_of true)" "$T/prog"
	"$KOKON" rootfs create "$R" --bin "$T/prog" --link=copy
	[ "$(stat -c %i "$R$T/prog")" != "$(stat -c %i "$T/prog")" ]
	cmp "$R$T/prog" "$T/prog"
	if [ "$(stat -c %d "$T")" = "$(stat -c %d "$(file_of bash)")" ] && is_root; then
		"$KOKON" rootfs create "$T/hard" --bin "$T/prog" --link=hardlink
		is "$(stat -c %i "$T/hard$T/prog")" "$(stat -c %i "$T/prog")"
	fi
	if cp --reflink=always "$T/prog" "$T/clone" 2>/dev/null; then
		"$KOKON" rootfs create "$T/ref" --bin "$T/prog" --link=reflink
	else
		refused 1 "cannot share the blocks" "--link=copy" -- "$KOKON" rootfs create "$T/ref" --bin "$T/prog" --link=reflink
		[ ! -e "$T/ref" ]
	fi
}

@test "create: hard links do not reach into another file system" {
	need_root
	is_enclosed || skip "needs a mount namespace of its own (run with tests/run)"
	mkdir "$T/mnt" && mount -t tmpfs none "$T/mnt"
	refused 1 "Invalid cross-device link" "--link=copy" -- "$KOKON" rootfs create "$T/mnt/root" --bin bash --link=hardlink
	is "$(ls -A "$T/mnt")" ""
	umount "$T/mnt"
}

@test "create: --with nss, terminfo, locale, certs, tz" {
	local what path
	for what in nss:libnss_files.so.2 terminfo:/xterm tz:zoneinfo/ certs:ssl/certs locale:locale/; do
		path=${what#*:}
		if "$KOKON" rootfs create "$R" --bin true --with "${what%%:*}" 2>"$T/err"; then
			find "$R" | grep -qF -- "$path"
			"$KOKON" rootfs remove "$R"
		else
			grep -q "this machine has no" "$T/err"
			[ ! -e "$R" ]
		fi
	done
}

@test "create: busybox with its applets, in folders that they need" {
	need busybox
	need_root
	"$KOKON" rootfs create "$R" --bin busybox,bash
	run -0 chroot "$R" busybox sh -c 'ls /bin/bash; awk "BEGIN { print 6 * 7 }"; vi --help 2>&1 | head -n1'
	has 42
	# bash asked for by name is no applet
	[ ! -L "$R$(file_of bash)" ]
}

@test "create: a script brings its interpreter, and what env is to run" {
	need_root
	printf '#!/usr/bin/env bash\necho from $BASH\n' >"$T/script"
	chmod +x "$T/script"
	"$KOKON" rootfs create "$R" --bin "$T/script"
	run -0 chroot "$R" "$T/script"
	has "from /"
}

@test "create: --verbose says what and why; TERM's description comes with what uses a terminal" {
	run -0 "$KOKON" rootfs create "$R" --bin bash -v
	has "bash, asked for with --bin"
	has "libtinfo.so.6, needed by"
	has "terminfo/x/xterm: the description of this terminal"
}

@test "create: the explained commands make the same root" {
	need_root
	"$KOKON" rootfs create "$R" --bin bash,ls --with terminfo
	"$KOKON" rootfs create "$T/told" --bin bash,ls --with terminfo --explain >"$T/script"
	[ ! -e "$T/told" ]
	sh -eu "$T/script"
	diff <(listing "$R") <(listing "$T/told")
	diff -r --no-dereference -x dev "$R" "$T/told"
	# Every command has its reason before it.
	is "$(grep -cE '^(mkdir|cp|ln|mknod|mv|chmod|cat) ' "$T/script")" "$(grep -c '^# ' "$T/script")"
}

@test "create: --trace tells each step with its duration" {
	run -0 --separate-stderr "$KOKON" rootfs create "$R" --bin true --trace
	is "$output" ""
	grep -qE '^ +[0-9.]+ ms  cp -a --reflink=auto .*/true ' <<<"$stderr"
	[ -d "$R" ]
}

@test "create: a signal leaves nothing, and what SIGKILL leaves goes with the next one" {
	local i
	for i in 2 5 8; do
		"$KOKON" rootfs create "$R" --bin bash,ls,ps,ip,busybox --with tz 3>&- &
		sleep "0.00$i"
		kill -TERM $! 2>/dev/null || true
		wait $! || true
		[ ! -e "$R" ] || "$KOKON" rootfs remove "$R"
		is "$(ls -A "$T" | grep -c kokon-new || true)" 0
	done
	for i in 5 15 30; do
		"$KOKON" rootfs create "$R" --bin bash,ls,ps,ip,busybox --with tz 3>&- &
		sleep "0.0$i"
		kill -KILL $! 2>/dev/null || true
		wait $! || true
		[ ! -e "$R" ] || "$KOKON" rootfs remove "$R"
	done
	"$KOKON" rootfs create "$R" --bin true
	is "$(ls -A "$T" | grep -c kokon-new || true)" 0
}

@test "create: twice at once: one root, whole" {
	local pids=() p failed=0
	for _ in 1 2 3 4 5 6; do
		"$KOKON" rootfs create "$R" --bin bash,ls,ps 2>>"$T/err" 3>&- &
		pids+=($!)
	done
	for p in "${pids[@]}"; do wait "$p" || failed=$((failed + 1)); done
	is "$failed" 5
	run -0 "$KOKON" rootfs check "$R" bash
	is "$(ls -A "$T" | grep -c kokon-new || true)" 0
}

@test "create: a full disk: one message, nothing left" {
	need_root
	is_enclosed || skip "needs a mount namespace of its own (run with tests/run)"
	mkdir "$T/mnt" && mount -t tmpfs -o size=1m none "$T/mnt"
	refused 1 "cannot write" "No space left on device" "free some space" -- "$KOKON" rootfs create "$T/mnt/root" --bin bash,ls,ip
	is "$(ls -A "$T/mnt")" ""
	umount "$T/mnt"
}

# --- add ------------------------------------------------------------------------------------------

@test "add: completes a root, and what is there already stays" {
	need_root
	"$KOKON" rootfs create "$R" --bin bash
	local before
	before=$(stat -c '%i %Z' "$R$(file_of bash)")
	run -0 "$KOKON" rootfs add "$R" --bin ls,bash
	chroot "$R" ls / >/dev/null
	is "$(stat -c '%i %Z' "$R$(file_of bash)")" "$before"
	refused 1 "cannot open '$T/none'" "kokon rootfs create" -- "$KOKON" rootfs add "$T/none" --bin ls
}

@test "add: a differing file is refused, and replaced with --replace" {
	"$KOKON" rootfs create "$R" --bin bash
	echo other >"$R$(file_of bash)"
	refused 1 "differs from this machine's" "--replace" -- "$KOKON" rootfs add "$R" --bin bash
	is "$(cat "$R$(file_of bash)")" other
	run -0 "$KOKON" rootfs add "$R" --bin bash --replace
	cmp "$(file_of bash)" "$R$(file_of bash)"
}

@test "add: a root with another layout: its own folders decide" {
	need_root
	mkdir -p "$R"/{bin,lib,lib64}
	cp "$(file_of bash)" "$R/bin/bash"
	run -0 "$KOKON" rootfs add "$R" --bin bash
	run -0 chroot "$R" /bin/bash -c 'echo works'
	has works
}

@test "add: links of a hostile root lead nowhere else" {
	local outside=$T/outside
	mkdir -p "$outside" "$R/usr"
	ln -s "$outside" "$R/bin"
	ln -s "../../../../../../../../$outside" "$R/lib"
	ln -s "$outside" "$R/lib64"
	ln -s "$outside" "$R/etc"
	ln -s "$outside" "$R/usr/bin"
	ln -s "$outside" "$R/usr/lib"
	run "$KOKON" rootfs add "$R" --bin bash --with terminfo
	is "$(ls -A "$outside")" ""
	rm -rf "$R" && mkdir "$R"
	ln -s loop "$R/loop"
	ln -s loop/x "$R/usr"
	refused 1 "Too many levels of symbolic links" -- "$KOKON" rootfs add "$R" --bin bash
}

@test "add: the explained commands complete the same root" {
	"$KOKON" rootfs create "$R" --bin bash
	cp -a "$R" "$T/told"
	"$KOKON" rootfs add "$R" --bin ls
	"$KOKON" rootfs add "$T/told" --bin ls --explain >"$T/script"
	[ ! -e "$T/told$(file_of ls)" ]
	sh -eu "$T/script"
	diff <(listing "$R") <(listing "$T/told")
	run -0 "$KOKON" rootfs add "$R" --bin ls --explain
	is "$output" ""
}

# --- remove ---------------------------------------------------------------------------------------

@test "remove: all of it, and what it refuses" {
	"$KOKON" rootfs create "$R" --bin bash
	mkdir -p "$R/a/b" && chmod 0 "$R/a"
	ln -s "$T/keep" "$R/link"
	echo keep >"$T/keep"
	run -0 "$KOKON" rootfs remove "$R" --explain
	has "rm -rf --one-file-system -- $R"
	[ -d "$R" ]
	run -0 "$KOKON" rootfs remove "$R"
	[ ! -e "$R" ]
	is "$(cat "$T/keep")" keep
	is "$(ls -A "$T" | grep -c kokon-new || true)" 0
	refused 1 "cannot remove '$R': No such file" -- "$KOKON" rootfs remove "$R"
	mkdir "$T/letters" && echo x >"$T/letters/one"
	refused 1 "does not look like a root" "rootfs create" -- "$KOKON" rootfs remove "$T/letters"
	ln -s letters "$T/alias"
	refused 1 "is a link" -- "$KOKON" rootfs remove "$T/alias"
	refused 1 "is no name for a root" -- "$KOKON" rootfs remove //
	mkdir -p "$R/usr" && cd "$R/usr"
	refused 1 "holds the current directory" -- "$KOKON" rootfs remove "$R"
	cd /
	refused 2 "one argument too many" -- "$KOKON" rootfs remove "$R" b
	run -0 --separate-stderr "$KOKON" rootfs remove "$R" --trace
	[[ $stderr == *" ms  rm -rf"* ]]
}

@test "remove: refused while something is mounted below, naming it" {
	need_root
	is_enclosed || skip "needs a mount namespace of its own (run with tests/run)"
	"$KOKON" rootfs create "$R" --bin bash
	mkdir -p "$R/mnt/a b"
	mount -t tmpfs none "$R/mnt/a b"
	echo keep >"$R/mnt/a b/file"
	refused 1 "'$R/mnt/a b' is mounted" "umount" -- "$KOKON" rootfs remove "$R"
	is "$(cat "$R/mnt/a b/file")" keep
	[ -e "$R$(file_of bash)" ]
	umount "$R/mnt/a b"
	run -0 "$KOKON" rootfs remove "$R"
}

@test "remove: a very deep tree" {
	mkdir -p "$R/usr"
	(cd "$R/usr" && for _ in $(seq 40); do d=$(printf 'x/%.0s' $(seq 50)); mkdir -p "$d" && cd "$d"; done)
	run -0 "$KOKON" rootfs remove "$R"
	[ ! -e "$R" ]
}

# --- the command itself ---------------------------------------------------------------------------

@test "rootfs: help, unknown commands, a missing helper" {
	run -0 "$KOKON" rootfs --help
	has "create"
	run -0 "$KOKON" help rootfs create
	has "--bin"
	run -0 "$KOKON" rootfs create --help
	has "--link"
	refused 2 "a command is missing" -- "$KOKON" rootfs
	refused 2 "unknown command 'craete'" "kokon rootfs create" -- "$KOKON" rootfs craete
	refused 2 "unknown option '--frob'" -- "$KOKON" rootfs --frob
	mkdir "$T/alone"
	cp "$KOKON" "$T/alone/kokon"
	refused 1 "cannot find the helper 'kokon-rootfs'" -- "$T/alone/kokon" rootfs deps bash
	mkdir -p "$T/prefix/bin" "$T/prefix/libexec/kokon"
	cp "$KOKON" "$T/prefix/bin/"
	cp "${KOKON%/*}/kokon-rootfs" "$T/prefix/libexec/kokon/"
	run -0 "$T/prefix/bin/kokon" rootfs deps bash
}
