#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Networks on the kernel of this machine's packages, which filters VLANs in bridges and has macvlan and
# ipvlan. KOKON_NETWORK: words for bats.
set -u
guest -k here -- sh -c "mkdir -p /tmp/k/build/tests && find build -maxdepth 1 -type f -name 'kokon*' -exec cp {} /tmp/k/build/ \\; &&
	cp build/tests/enclose /tmp/k/build/tests/ && cp -r tests /tmp/k/ && chmod -R a+rX /tmp/k && cd /tmp/k && export KOKON_TEST_EMULATED=1 HOME=/tmp &&
	build/tests/enclose bats --tap ${KOKON_NETWORK:-} tests/vm/network-vlan.bats tests/system/network-drivers.bats"
