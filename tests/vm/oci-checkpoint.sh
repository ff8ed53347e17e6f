#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checkpoint and restore where a criu works with the kernel, which also tells which memory has changed
# (--pre-dump), and where there is version 2 alone: the criu and the kernel of this machine's packages,
# and those of the guest's image.
set -u
inside='mkdir -p /tmp/k/build/tests && cp build/kokon build/kokon-oci build/kokon-seccomp /tmp/k/build/ && cp build/tests/enclose /tmp/k/build/tests/ && cp -r tests /tmp/k/ && chmod -R a+rX /tmp/k && cd /tmp/k &&
	export KOKON_TEST_EMULATED=1 HOME=/tmp && criu --version | head -n 1 | sed "s/^/# /" && build/tests/enclose bats --tap '${KOKON_CHECKPOINT:-}' tests/system/oci-checkpoint.bats'

case ${KOKON_VM_PART:-all} in
all | here) guest -k here -- sh -c "$inside" || status=1 ;;&
all | image) guest -l -- sh -c "$inside" || status=1 ;;
esac
exit "${status:-0}"
