// SPDX-License-Identifier: Apache-2.0
/*
 * Who the program of a namespace tool runs as: numeric ids only (setgroups(2), setresuid(2)).
 */
#ifndef KOKON_IDENTITY_H
#define KOKON_IDENTITY_H

#include <stdint.h>
#include "accounts.h"
#include "err.h"

struct identity_plan {
	uint32_t set_uid, set_gid;  /* are uid and gid to be set? */
	uint32_t set_groups;        /* set the supplementary groups, to none when n_groups is 0 */
	uint32_t groups_optional;   /* a refused setgroups(2) is passed over (setgroups: deny) */
	uint32_t drop_groups_first; /* before a user namespace is entered that may refuse it */
	uint32_t follow_uid, follow_gid; /* uid, gid: those of the process below, as seen inside */
	int32_t follow_handle;           /* its directory in /proc; -1: none */
	uint32_t uid, gid;
	uint32_t n_groups;
	const uint32_t *groups;
	const struct accounts_plan *accounts; /* chroot: looked up instead of the above; or NULL */
	uint32_t keep_caps; /* the program keeps the permitted capabilities (as ambient) */
};

/* Inside half. */
int identity_drop_groups(struct err *err);
int identity_apply(const struct identity_plan *plan, const int *handles, struct err *err);

#endif
