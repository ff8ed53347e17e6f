#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Podman with kokon-oci where there is version 2 alone: root's, whose groups systemd keeps, and an ordinary
# user's, in groups of its own and in those of its systemd. KOKON_ENGINE: words for bats.
set -u
prepare='export KOKON_TEST_EMULATED=1 TMPDIR=/var/tmp; mkdir -p /var/tmp/k/build/tests /var/tmp/k/tests && find build -maxdepth 1 -type f -name "kokon*" -exec cp {} /var/tmp/k/build/ \; &&
	cp build/tests/enclose /var/tmp/k/build/tests/ && cp -r tests/system tests/engines /var/tmp/k/tests/ && chmod -R a+rX /var/tmp/k && cd /var/tmp/k'

user='mkdir -p /var/tmp/k/build /var/tmp/k/tests && find build -maxdepth 1 -type f -name "kokon*" -exec cp {} /var/tmp/k/build/ \; &&
	cp -r tests/system tests/vm /var/tmp/k/tests/ && chmod -R a+rX /var/tmp/k && cd /var/tmp/k && export KOKON_TEST_EMULATED=1 TMPDIR=/var/tmp'

case ${KOKON_VM_PART:-all} in
all | root) guest -m 2048 -- sh -c "$prepare && KOKON_ENGINE_GROUPS=systemd build/tests/enclose bats --tap ${KOKON_ENGINE:-} tests/engines/podman.bats" || status=1 ;;&
all | user) guest -m 2048 -- sh -c "$prepare && build/tests/enclose bats --tap ${KOKON_ENGINE:-} tests/engines/rootless.bats" || status=1 ;;&
all | systemd-user) guest -u -m 2048 -- sh -c "$user && bats --tap ${KOKON_ENGINE:-} tests/vm/podman-user.bats" || status=1 ;;
esac
exit "${status:-0}"
