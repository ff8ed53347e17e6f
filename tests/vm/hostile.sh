#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Published escapes where there is version 2 alone, as root and as an ordinary user. KOKON_HOSTILE: words for it.
set -u
prepare='mkdir -p /tmp/k/build/tests /tmp/k/tests && find build -maxdepth 1 -type f -name "kokon*" -exec cp {} /tmp/k/build/ \; &&
	cp build/tests/hostile-attack build/tests/enclose /tmp/k/build/tests/ && cp -r tests/hostile /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'

guest -l -c 2 -- sh -c "$prepare && build/tests/enclose tests/hostile/run ${KOKON_HOSTILE:-}"
