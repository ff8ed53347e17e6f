#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The specification's properties where there is version 2 alone. KOKON_CONFORM: some of them.
set -u
prepare='mkdir -p /tmp/k/build/tests && cp build/kokon-oci build/kokon-systemd build/kokon-seccomp /tmp/k/build/ && cp build/tests/conform-probe /tmp/k/build/tests/ &&
	mkdir /tmp/k/tests && cp -r tests/conform /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'
guest -l -- sh -c "$prepare && tests/conform/run ${KOKON_CONFORM:-}" || status=1
exit "${status:-0}"
