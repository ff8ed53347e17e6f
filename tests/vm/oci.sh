#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kokon-oci where there is version 2 alone: resources, AppArmor, groups that systemd keeps; and a procfs of a PID namespace
# that is joined, which takes a helper before Linux 6.18.
set -u
# The guest has no compiler of profiles.
apparmor_parser --skip-kernel-load --skip-cache --ofile build/kokon-test.profile tests/vm/kokon-test.apparmor 2>/dev/null || true
prepare='mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security; export KOKON_TEST_EMULATED=1 KOKON_TEST_PROFILE=$PWD/build/kokon-test.profile; mkdir -p /tmp/k/build /tmp/k/tests && cp build/kokon build/kokon-oci build/kokon-systemd build/kokon-seccomp /tmp/k/build/ && cp -r tests/system tests/vm /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'

case ${KOKON_VM_PART:-all} in
all | root) guest -l -- sh -c "$prepare && bats --tap tests/vm/oci-v2.bats tests/system/oci-groups.bats tests/system/oci-joined.bats" || status=1 ;;&
all | systemd) guest -- sh -c "$prepare && bats --tap tests/vm/oci-systemd.bats" || status=1 ;;
esac
exit "${status:-0}"
