# SPDX-License-Identifier: Apache-2.0
# The program itself: overview, help, version, mistakes at the first word.

load lib

@test "alone it prints one screen: what it is, three examples, the commands by purpose" {
	run -0 --keep-empty-lines "$KOKON"
	has "containers for Linux"
	has "kokon run host:bash,ls,ps"
	[ "${#lines[@]}" -le 50 ]
	[ -n "$(grep -c '^  kokon ' <<<"$output")" ]
	is "$(grep -c '^  kokon ' <<<"$output")" 3
}

@test "--version and --help" {
	run -0 "$KOKON" --version
	[[ $output =~ ^kokon\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run -0 "$KOKON" --help
	has "containers for Linux"
	run -0 "$KOKON" help help
	has "Usage: kokon help"
}

@test "an unknown command: the nearest one is named, status 2" {
	refused 2 "unknown command 'hlep'" "did you mean 'kokon help'?" -- "$KOKON" hlep
	refused 2 "unknown command 'frobnicate'" "'kokon help' lists the commands" -- "$KOKON" frobnicate
}

@test "every command of the overview answers to help and --help" {
	local name
	while read -r name; do
		run -0 "$KOKON" help "$name"
		has "Usage: kokon $name"
		[ "$name" = help ] || {
			run -0 "$KOKON" "$name" --help
			has "Usage: kokon $name"
		}
	done < <("$KOKON" | awk '/^  [a-z]/ && $1 != "kokon" { print $1 }')
}

@test "output that cannot be written is an error" {
	[ -e /dev/full ] || skip "no /dev/full"
	local words
	for words in help --version "unshare --explain -U true" "unshare --version"; do
		run -1 sh -c '"$0" $1 >/dev/full' "$KOKON" "$words"
		has "cannot write to standard output: No space left on device"
	done
	make_root "$T/root"
	run -125 sh -c '"$0" run --explain --rootfs "$1" -- true >/dev/full' "$KOKON" "$T/root"
	has "cannot write to standard output: No space left on device"
}

# With few descriptors a command fails at one place or another; whichever it is, that is the cause named.
@test "too few descriptors: said so, whatever was looked for, and nothing is left" {
	make_root "$T/root"
	local n words
	for words in "unshare -Urmpf true" "lsns" "run --rootfs $T/root -- true" "chroot $T/root true" "nsenter -t $$ -u true"; do
		for n in $(seq 4 18); do
			run sh -c 'exec 3>&-; ulimit -n "$2"; exec "$0" $1' "$KOKON" "$words" $n
			[ "$status" -ne 0 ] || continue
			has "Too many open files"
			has "ulimit -n"
		done
	done
}

@test "a limit of file sizes or address space that is too low is named" {
	refused 1 "File too large" "ulimit -f" -- sh -c 'ulimit -f 8; exec "$0" unshare -U true' "$KOKON"
	refused 1 "Out of memory" "ulimit -v" -- sh -c 'ulimit -v 50000; exec "$0" unshare -U true' "$KOKON"
}

@test "an ordinary user can run it" {
	run -0 as_user "$KOKON" --version
	run -0 as_user id -u
	is_root && is "$output" 54321
}
