# SPDX-License-Identifier: Apache-2.0
# What suites with containers in the background begin and end with, beside lib.

setup() {
	common_setup
	make_root "$T/root"
}

teardown() {
	! is_root || "$KOKON" kill --all >/dev/null || true
	as_user "$KOKON" kill --all >/dev/null || true
	common_teardown
}
