# SPDX-License-Identifier: Apache-2.0
# What the suites of kokon run share.

setup() {
	common_setup
	R=$T/root
	make_root "$R"
}

# run_in COMMAND...: as root, in a container of $R.
in_root() { "$KOKON" run --rootfs "$R" "$@"; }
# The same as the ordinary user.
in_user() { as_user "$KOKON" run --rootfs "$R" "$@"; }
# With root's rights where there are some, else as the user.
in_any() { if is_root; then in_root "$@"; else in_user "$@"; fi; }
