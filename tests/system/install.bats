# SPDX-License-Identifier: Apache-2.0
# What `make install` puts into place, and the AppArmor profile.

load lib

setup() {
	common_setup
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "meson install with DESTDIR: program, helpers, completion, man pages, profile" {
	need meson
	run -0 env DESTDIR="$T/root" meson install --no-rebuild -C "$BUILD"
	local prefix=$T/root/usr/local
	[ -x "$prefix/bin/kokon" ]
	run -0 "$prefix/bin/kokon" --version
	[ -x "$prefix/libexec/kokon/kokon-seccomp" ]
	bash -n "$prefix/share/bash-completion/completions/kokon"
	grep -q '^#compdef kokon' "$prefix/share/zsh/site-functions/_kokon"
	grep -rq '^profile kokon /usr/local/bin/kokon ' "$T/root"
	[ -s "$prefix/share/man/man1/kokon.1" ]
}

@test "make install DESTDIR= PREFIX= hands both to meson" {
	need make
	run -0 make -n install BUILD=no-such DESTDIR=/dest PREFIX=/opt/k
	has "-Dprefix=/opt/k"
	has "DESTDIR=/dest meson install"
}

@test "the AppArmor profile is well-formed" {
	need apparmor_parser
	local profile
	for profile in "$BUILD/data/apparmor-profile" <(tools/apparmor-profile); do
		cat "$profile" >"$T/profile"
		grep -q '^  userns,$' "$T/profile"
		# AppArmor 3 knows neither the rule nor its abi: the rest of the text is what it can check.
		[ -e /etc/apparmor.d/abi/4.0 ] || sed -i -e 's|abi/4.0|abi/3.0|' -e '/^  userns,$/d' "$T/profile"
		run -0 apparmor_parser --skip-kernel-load --skip-cache --skip-read-cache "$T/profile"
	done
}

@test "the AppArmor profile grants userns" {
	need apparmor_parser
	[ -e /etc/apparmor.d/abi/4.0 ] || skip "this apparmor_parser is of AppArmor 3, which has no userns rule"
	run -0 apparmor_parser --skip-kernel-load --skip-cache --skip-read-cache "$BUILD/data/apparmor-profile"
}
