#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Published escapes where there is version 2 alone, as root and as an ordinary user; those of labels with AppArmor and
# with SELinux; and that what nobody fails can fail. KOKON_HOSTILE: words for it. KOKON_VM_PART: one of these
#
#	escapes   all scenarios, those of labels with AppArmor
#	control   what is given away on purpose is found; the naive runtime does not keep labels
#	selinux   those of labels, with the policy kokon-test.selinux
#	systemd   those of systemd's properties, where it runs
set -uo pipefail
# The guest has no compilers of policies.
apparmor_parser --skip-kernel-load --skip-cache --ofile build/kokon-test.profile tests/vm/kokon-test.apparmor 2>/dev/null
checkpolicy -M -U allow -o build/kokon-test.policy tests/vm/kokon-test.selinux >/dev/null
prepare='mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security; export KOKON_TEST_PROFILE=$PWD/build/kokon-test.profile
	mkdir -p /tmp/k/build/tests /tmp/k/tests && find build -maxdepth 1 -type f -name "kokon*" -exec cp {} /tmp/k/build/ \; &&
	find build/tests -maxdepth 1 -type f -name "hostile-*" -exec cp {} /tmp/k/build/tests/ \; &&
	cp build/tests/enclose /tmp/k/build/tests/ && cp -r tests/hostile /tmp/k/tests/ && chmod -R a+rX /tmp/k && cd /tmp/k'

case ${KOKON_VM_PART:-all} in
all | escapes) guest -l -c 2 -- sh -c "$prepare && build/tests/enclose tests/hostile/run ${KOKON_HOSTILE:-}" || status=1 ;;&
all | control) guest -l -c 2 -- sh -c "$prepare && { build/tests/enclose tests/hostile/run --control ${KOKON_HOSTILE:-} || bad=1
	RUNTIME=tests/hostile/naive build/tests/enclose tests/hostile/run --root --must-escape labels || bad=1; exit \${bad:-0}; }" || status=1 ;;&
all | selinux) VM_APPEND='lsm=landlock,yama,selinux' guest -l -- sh -c "mount -t selinuxfs none /sys/fs/selinux &&
	cat build/kokon-test.policy >/sys/fs/selinux/load && echo 1 >/sys/fs/selinux/enforce && $prepare &&
	build/tests/enclose tests/hostile/run labels" || status=1 ;;&
all | systemd) guest -- sh -c "$prepare && build/tests/enclose tests/hostile/run systemd" || status=1 ;;
esac
exit "${status:-0}"
