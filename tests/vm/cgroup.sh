#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kokon cgroup on pure version 2: the system tests again as root without systemd, then what only
# a guest has: every controller, a disk of one's own, systemd with a delegated user.
set -u
# /host is a 9p folder that other users may not enter; what they run is copied to /tmp
prepare='export KOKON_TEST_EMULATED=1; mkdir -p /tmp/k/build /tmp/k/tests && cp build/kokon /tmp/k/build/ && cp -r tests/system tests/vm /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'

case ${KOKON_VM_PART:-all} in
all | root) guest -l -- sh -c "$prepare && bats --tap tests/system/cgroup.bats tests/system/cgroup-refused.bats tests/vm/cgroup-v2.bats" || status=1 ;;&
all | systemd) guest -- sh -c "$prepare && bats --tap tests/vm/cgroup-systemd.bats" || status=1 ;;&
all | user) guest -u -- sh -c "$prepare && bats --tap tests/vm/cgroup-user.bats" || status=1 ;;
esac
exit "${status:-0}"
