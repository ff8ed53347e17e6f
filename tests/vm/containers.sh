#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kokon run, exec and the life of containers on pure version 2: those of the system tests that concern
# control groups, and what only a guest has: every controller, systemd, a delegated user.
set -u
# The guest has no compiler of profiles.
apparmor_parser --skip-kernel-load --skip-cache --ofile build/kokon-test.profile tests/vm/kokon-test.apparmor 2>/dev/null
# /host is a 9p folder that other users may not enter; what they run is copied to /tmp
prepare='mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security; export KOKON_TEST_EMULATED=1 KOKON_TEST_PROFILE=$PWD/build/kokon-test.profile; mkdir -p /tmp/k/build/tests /tmp/k/tests && find build -maxdepth 1 -type f -name "kokon*" -exec cp {} /tmp/k/build/ \; &&
	cp build/tests/enclose /tmp/k/build/tests/ && cp -r tests/system tests/vm tests/lib /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'

# Names of cases, as a pattern for bats.
wanted='^(all namespaces are new for|--memory bites|--pids-limit bites|--cpus, --cpu-shares|--cgroup-parent'
wanted+='|an ordinary user without a delegated'
wanted+='|it is in the container.s namespaces|--explain does nothing; its words|the limit of processes holds'
wanted+='|SIGKILL to kokon|killed at any system call|a device that was not given|a closed terminal ends it)'
suites='tests/system/run.bats tests/system/run-files.bats tests/system/exec.bats tests/system/lifecycle.bats'

case ${KOKON_VM_PART:-all} in
all | root) guest -l -- sh -c "$prepare && build/tests/enclose bats --tap tests/vm/run-v2.bats" || status=1 ;;&
all | system) guest -l -- sh -c "$prepare && build/tests/enclose bats --tap --filter \"$wanted\" $suites" || status=1 ;;&
all | systemd) guest -- sh -c "$prepare && bats --tap tests/vm/run-systemd.bats" || status=1 ;;&
all | user) guest -u -- sh -c "$prepare && bats --tap tests/vm/run-user.bats" || status=1 ;;
esac
exit "${status:-0}"
