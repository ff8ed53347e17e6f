// SPDX-License-Identifier: Apache-2.0
/*
 * Labels of security modules: the AppArmor profile or SELinux context that the program runs with
 * (lsm_set_self_attr(2), /proc/thread-self/attr/exec). In the OCI config: process.apparmorProfile,
 * process.selinuxLabel.
 *
 * A process can set only its own, and a descriptor of its attr file is good only for the process
 * that opened it, so both happen after the last fork: labels_open() while the /proc at hand is
 * still the machine's, labels_apply() in the last rows.
 */
#ifndef KOKON_LABELS_H
#define KOKON_LABELS_H

#include <stdint.h>
#include "err.h"

/* Part of a plan. NULL: unchanged. */
struct labels_plan {
	const char *apparmor; /* name of a loaded profile */
	const char *selinux;  /* user:role:type:level */
};

/* Inside half. `trusted`: what is mounted on /proc is the machine's. *ret_fd is a descriptor to be
 * given to labels_apply(), or -1 where the kernel needs none (6.8). */
int labels_open(const struct labels_plan *plan, uint32_t trusted, int *ret_fd, struct err *err);
int labels_apply(const struct labels_plan *plan, int fd, struct err *err);

#endif
