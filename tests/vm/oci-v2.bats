# SPDX-License-Identifier: Apache-2.0
# In the guest, as root, without systemd: what only this machine has. AppArmor is active there, and
# $KOKON_TEST_PROFILE is a profile "kokon-test" compiled on the host that forbids /tmp/forbidden.

load ../system/lib
load ../system/bundle

@test "process.apparmorProfile: the program runs with it; exec too; one that is not loaded is refused" {
	[ "$(cat /sys/module/apparmor/parameters/enabled)" = Y ] || skip "AppArmor is not active here"
	[ -s "${KOKON_TEST_PROFILE:-}" ] || skip "no compiled profile"
	cat "$KOKON_TEST_PROFILE" >/sys/kernel/security/apparmor/.replace
	bundle 'p["apparmorProfile"] = "kokon-test"' sh -c 'cat /proc/self/attr/current; touch /tmp/forbidden; touch /tmp/fine && echo fine'
	run run_bundle
	has "kokon-test"
	has "/tmp/forbidden: Permission denied"
	has fine
	bundle 'p["noNewPrivileges"] = True
p["apparmorProfile"] = "kokon-test"' cat /proc/self/attr/current
	run -0 run_bundle
	has "kokon-test"
	bundle 'p["apparmorProfile"] = "not-loaded"' true
	run -1 run_bundle
	has "the profile is not loaded"
	bundle '' sleep 300
	oci create --bundle "$B" c1
	oci start c1
	run -0 oci exec --apparmor kokon-test c1 cat /proc/self/attr/current
	has "kokon-test"
	oci delete --force c1
}
