# SPDX-License-Identifier: Apache-2.0
# kokon rootfs deps and check: what programs need, and why one would not start in a root.

load lib
load rootfs

# --- deps -----------------------------------------------------------------------------------------

@test "deps: the same files as the loader's own list, for every program of the default set" {
	local program
	for program in bash ls ps ip ss top mount findmnt less ping grep; do
		command -v $program >/dev/null || continue
		"$KOKON" rootfs deps "$(command -v $program)" | grep -oE '/[^ ]+' | sort -u >"$T/ours"
		ldd "$(command -v $program)" | grep -oE '/[^ ]+' | sort -u >"$T/theirs"
		diff "$T/ours" "$T/theirs"
	done
}

@test "deps: several files, a static one, a script, a name in PATH" {
	need busybox
	printf '#!/bin/sh -e\n' >"$T/script"
	run -0 "$KOKON" rootfs deps "$T/script" "$(command -v busybox)" bash
	has "$T/script:"
	has "/bin/sh (script)"
	has "statically linked"
	has "libc.so.6"
	cd "$T" && run -0 "$KOKON" rootfs deps script
	has "/bin/sh (script)"
}

@test "deps: --tree, --json" {
	run -0 "$KOKON" rootfs deps --tree bash
	has "  libtinfo.so.6 => /"
	has "    libc.so.6 => /"
	run -0 "$KOKON" rootfs deps -t bash
	need jq
	run -0 "$KOKON" rootfs deps --json bash ls
	is "$(jq length <<<"$output")" 2
	is "$(jq -r '.[0].path' <<<"$output")" "$(command -v bash)"
	is "$(jq -r '.[0].missing | length' <<<"$output")" 0
	[ "$(jq -r '.[0].libraries | length' <<<"$output")" -ge 3 ]
}

@test "deps: a missing library is named with who needs it; exit status 1" {
	need gcc
	cd "$T"
	echo 'int a(void){return 1;}' | gcc -shared -fPIC -o liba.so -x c -
	echo 'int a(void); int main(void){return a();}' | gcc -o prog -x c - -x none -L. -la
	run -1 "$KOKON" rootfs deps ./prog
	has "liba.so => not found, needed by"
	run -1 "$KOKON" rootfs deps --tree ./prog
	has "liba.so => not found"
}

@test "deps: RPATH, RUNPATH, \$ORIGIN, a library of the library" {
	need gcc
	cd "$T" && mkdir -p lib/deep bin
	echo 'int b(void){return 0;}' | gcc -shared -fPIC -o lib/deep/libb.so -x c -
	echo 'int b(void); int a(void){return b();}' | gcc -shared -fPIC -o lib/liba.so -x c - -x none -Llib/deep -lb -Wl,-rpath,'$ORIGIN/deep'
	echo 'int a(void); int main(void){return a();}' >m.c
	gcc -o bin/runpath m.c -Llib -la -Wl,-rpath,'${ORIGIN}/../lib' -Wl,--enable-new-dtags -Wl,-rpath-link,lib/deep
	gcc -o bin/rpath m.c -Llib -la -Wl,-rpath,'$ORIGIN/../lib' -Wl,--disable-new-dtags -Wl,-rpath-link,lib/deep
	run -0 "$KOKON" rootfs deps bin/runpath
	has "/bin/../lib/liba.so (runpath)"
	has "lib/deep/libb.so (runpath)"
	run -0 "$KOKON" rootfs deps bin/rpath
	has "liba.so (rpath)"
	bin/runpath && bin/rpath
	"$KOKON" rootfs create "$R" --bin "$T/bin/runpath"
	# $ORIGIN is read from /proc.
	is_enclosed || return 0
	mount -t proc proc "$R/proc"
	run -0 chroot "$R" "$T/bin/runpath"
	umount "$R/proc"
}

@test "deps: musl's loader is all of its libraries itself" {
	need musl-gcc
	cd "$T" && echo 'int main(void){return 0;}' | musl-gcc -o prog -x c -
	run -0 "$KOKON" rootfs deps ./prog
	has "ld-musl"
	lacks "not found"
	run -0 "$KOKON" rootfs create "$R" --bin ./prog
	! is_root || chroot "$R" "$T/prog"
}

@test "deps: --root looks at the files of another root" {
	"$KOKON" rootfs create "$R" --bin bash
	rm "$R"/lib/*/libtinfo.so.6* "$R"/lib*/libtinfo.so.6* 2>/dev/null || true
	run -1 "$KOKON" rootfs deps --root "$R" /bin/bash
	has "libtinfo.so.6 => not found, needed by /bin/bash"
	refused 1 "cannot open '$T/none'" -- "$KOKON" rootfs deps --root "$T/none" bash
}

@test "deps: what it refuses" {
	printf 'text' >"$T/text"
	printf '\177ELF\2\1\1' >"$T/cut"
	: >"$T/empty"
	refused 1 "cannot find '$T/none'" -- "$KOKON" rootfs deps "$T/none"
	refused 1 "no program 'no-such-program'" -- "$KOKON" rootfs deps no-such-program
	refused 1 "neither an ELF file nor a script" -- "$KOKON" rootfs deps "$T/text"
	refused 1 "neither an ELF file nor a script" -- "$KOKON" rootfs deps "$T/empty"
	refused 1 "malformed ELF file" -- "$KOKON" rootfs deps "$T/cut"
	refused 1 "Is a directory" -- "$KOKON" rootfs deps "$T"
	mkfifo "$T/fifo"
	refused 1 "is no regular file" -- timeout 5 "$KOKON" rootfs deps "$T/fifo"
	refused 2 "an argument is missing" -- "$KOKON" rootfs deps
	refused 2 "unknown option '--frob'" -- "$KOKON" rootfs deps --frob x
}

@test "deps: scripts that are interpreters of each other end" {
	printf '#!%s\n' "$T/b" >"$T/a"
	printf '#!%s\n' "$T/a" >"$T/b"
	refused 1 "are interpreters of each other" -- "$KOKON" rootfs deps "$T/a"
}

@test "deps: names with control characters, and folders without end" {
	need gcc
	cd "$T"
	printf '#!/bin/\033[31mx\n' >script
	run -1 "$KOKON" rootfs deps ./script
	lacks $'\033'
	echo 'int a(void){return 1;}' >a.c
	local i libs=()
	for i in $(seq 60); do
		gcc -shared -fPIC -Wl,-soname,"libnone$i.so" -o "libnone$i.so" a.c
		libs+=("-lnone$i")
	done
	echo 'int main(void){return 0;}' | gcc -o prog -x c - -x none -L. -Wl,--no-as-needed "${libs[@]}" \
		-Wl,-rpath,"$(for i in $(seq 1500); do printf '/%0*d:' 1 "$i"; done)"
	run -1 timeout 20 "$KOKON" rootfs deps ./prog
	has "libnone60.so => not found"
}

# --- check ----------------------------------------------------------------------------------------

@test "check: a half-made root, and the one command that completes it" {
	mkdir -p "$R/bin"
	cp "$(file_of bash)" "$R/bin/bash"
	run -1 "$KOKON" rootfs check "$R" bash
	has "interpreter '/lib"
	has "libc.so.6"
	has "kokon rootfs add $R --bin bash"
	eval "$(grep -o 'kokon rootfs add.*' <<<"$output" | sed "s|^kokon|$KOKON|")"
	run -0 "$KOKON" rootfs check "$R" bash
	has "would start"
}

@test "check: each cause has its message" {
	"$KOKON" rootfs create "$R" --bin bash
	mkdir -p "$R/opt"
	cd "$R/opt"
	printf '#!/bin/sh\r\n' >crlf
	printf '#!/usr/bin/no-such\n' >noint
	printf '#!/usr/bin/env no-such\n' >noenv
	printf 'text\n' >text
	printf '#!/bin/bash\n' >plain
	printf '#!/bin/bash\n' >dir-ok
	ln -s nowhere dangling
	mkdir folder
	chmod +x crlf noint noenv text dir-ok
	refused 1 "ends with a carriage return" "sed -i" -- "$KOKON" rootfs check "$R" /opt/crlf
	refused 1 "'#!' interpreter '/usr/bin/no-such' is missing" -- "$KOKON" rootfs check "$R" /opt/noint
	refused 1 "env" -- "$KOKON" rootfs check "$R" /opt/noenv
	refused 1 "neither an ELF program nor a script" -- "$KOKON" rootfs check "$R" /opt/text
	refused 1 "not executable (mode 0644)" "chmod +x" -- "$KOKON" rootfs check "$R" /opt/plain
	refused 1 "leads to 'nowhere', which is missing" -- "$KOKON" rootfs check "$R" /opt/dangling
	refused 1 "is a directory" -- "$KOKON" rootfs check "$R" /opt/folder
	refused 1 "is not in" -- "$KOKON" rootfs check "$R" /opt/none
	refused 1 "is not in any directory of PATH" "rootfs add $R --bin ls" -- "$KOKON" rootfs check "$R" ls
	run -0 "$KOKON" rootfs check "$R" /opt/dir-ok
	refused 1 "cannot open '$T/none'" -- "$KOKON" rootfs check "$T/none" ls
	refused 2 "an argument is missing" -- "$KOKON" rootfs check "$R"
}

@test "check: another architecture, both named" {
	"$KOKON" rootfs create "$R" --bin bash
	# An ELF header of AArch64 (183) or, there, of x86-64 (62).
	local machine='\267\000' name=aarch64
	[ "$(uname -m)" != aarch64 ] || machine='\076\000' name=x86_64
	{ printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000'"$machine"'\001\000\000\000'; head -c 40 /dev/zero; } >"$R/bin/other"
	chmod +x "$R/bin/other"
	[ ! -e /proc/sys/fs/binfmt_misc/qemu-$name ] || skip "an emulator for $name is registered"
	refused 1 "is for $name, and this machine is $(uname -m)" -- "$KOKON" rootfs check "$R" other
}

@test "check: open for writing; noexec" {
	"$KOKON" rootfs create "$R" --bin true
	exec 9>>"$R$(file_of true)"
	refused 1 "open for writing" -- "$KOKON" rootfs check "$R" true
	exec 9>&-
	run -0 "$KOKON" rootfs check "$R" true
	is_enclosed || skip "needs a mount namespace of its own (run with tests/run)"
	mount --bind "$R" "$R" && mount -o remount,bind,noexec "$R"
	refused 1 "mounted with noexec" -- "$KOKON" rootfs check "$R" true
	umount "$R"
}

@test "check: a library that is missing, with who needs it; --json" {
	"$KOKON" rootfs create "$R" --bin bash
	find "$R" -name 'libtinfo.so.6*' -delete
	refused 1 "its library 'libtinfo.so.6' (needed by '/bin/bash') is missing" "rootfs add $R --bin" -- "$KOKON" rootfs check "$R" /bin/bash
	need jq
	run -1 "$KOKON" rootfs check --json "$R" bash
	is "$(jq -r .starts <<<"$output")" false
	is "$(jq -r .remedy <<<"$output")" "kokon rootfs add $R --bin bash"
	"$KOKON" rootfs add "$R" --bin bash
	run -0 "$KOKON" rootfs check -j "$R" bash
	is "$(jq -r .starts <<<"$output")" true
}

@test "check: links of the root do not lead to the machine's files" {
	mkdir -p "$R/bin"
	ln -s /bin/true "$R/bin/true"
	ln -s ../../../../../../../../../bin/ls "$R/bin/ls"
	refused 1 "cannot run 'ls'" -- "$KOKON" rootfs check "$R" ls
	# Inside its own root this link is a loop.
	refused 1 "cannot" -- "$KOKON" rootfs check "$R" /bin/true
}
