#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checkpoint and restore where the distribution's criu works with the kernel, which also tells which
# memory has changed (--pre-dump), and where there is version 2 alone.
set -u
guest -l -- sh -c 'mkdir -p /tmp/k/build /tmp/k/tests && cp build/kokon build/kokon-oci build/kokon-seccomp /tmp/k/build/ && cp -r tests/system tests/lib /tmp/k/tests/ && cd /tmp/k && bats --tap tests/system/oci-checkpoint.bats'
