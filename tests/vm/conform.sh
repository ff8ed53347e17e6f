#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The specification's properties where there is version 2 alone, for root and for an ordinary user whose
# groups are delegated by hand or by systemd. KOKON_CONFORM: some of them.
# Results for tests/conform/table: build/conform-*.json.
set -uo pipefail
# The guest has no compilers of policies.
apparmor_parser --skip-kernel-load --skip-cache --ofile build/kokon-test.profile tests/vm/kokon-test.apparmor 2>/dev/null
checkpolicy -M -U allow -o build/kokon-test.policy tests/vm/kokon-test.selinux >/dev/null
prepare='export KOKON_TEST_PROFILE=$PWD/build/kokon-test.profile; to=$PWD/build
	mkdir -p /tmp/k/build/tests && cp build/kokon-oci build/kokon-systemd build/kokon-seccomp /tmp/k/build/ && cp build/tests/conform-probe build/tests/enclose /tmp/k/build/tests/ &&
	mkdir /tmp/k/tests && cp -r tests/conform tests/vm /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'

suffix=
[ "$KOKON_VM_KERNEL" = trixie ] || suffix=-$KOKON_VM_KERNEL
case ${KOKON_VM_PART:-all} in
# Two processors, and what else some properties ask for.
all | root) guest -l -c 2 -- sh -c "$prepare && . tests/vm/conform-devices && tests/conform/run --results \$to/conform-v2$suffix.json ${KOKON_CONFORM:-}" || status=1 ;;&
# The image is mounted noatime, which an ordinary user's mounts of its files could not change.
all | user) guest -l -- sh -c "mount -o remount,relatime / && $prepare && tests/conform/run --user --results \$to/conform-v2-user$suffix.json ${KOKON_CONFORM:-}" || status=1 ;;&
# Two controllers that version 1 alone has, mounted anywhere.
all | net) guest -l -- sh -c "$prepare && mkdir /tmp/net && mount -t cgroup -o net_cls,net_prio net /tmp/net &&
	tests/conform/run --results \$to/conform-net$suffix.json linux.resources.network" || status=1 ;;&
all | selinux) VM_APPEND='lsm=landlock,yama,selinux' guest -l -- sh -c "mount -t selinuxfs none /sys/fs/selinux &&
	cat build/kokon-test.policy >/sys/fs/selinux/load && echo 1 >/sys/fs/selinux/enforce && $prepare &&
	tests/conform/run --results \$to/conform-selinux$suffix.json process.selinuxLabel linux.mountLabel" || status=1 ;;&
# Its /tmp is mounted nodev. An ordinary user stands where Podman puts itself: in a scope of its manager.
all | systemd) guest -- sh -c "$prepare && export KOKON_CONFORM_OPTIONS=--systemd-cgroup KOKON_TEST_SCRATCH=/var/tmp &&
	tests/conform/run --results \$to/conform-systemd$suffix.json ${KOKON_CONFORM:-cgroups lifecycle linux.resources}" || status=1 ;;&
all | systemd-user) guest -u -- sh -c "$prepare && export KOKON_CONFORM_OPTIONS=--systemd-cgroup KOKON_TEST_SCRATCH=/var/tmp &&
	systemd-run --user --scope --quiet --collect -p Delegate=yes tests/conform/run --results /var/tmp/results ${KOKON_CONFORM:-cgroups lifecycle linux.resources}; status=\$?
	printf 'results %s\n' \$(base64 -w0 /var/tmp/results); exit \$status" |
	tee >(sed -n 's/^results //p' | base64 -d >build/conform-systemd-user$suffix.json) | grep --line-buffered -v '^results ' || status=1 ;;
esac
exit "${status:-0}"
