// SPDX-License-Identifier: Apache-2.0
/*
 * The root and the working directory (chroot(2), chdir(2)), and binfmt_misc registrations.
 */
#ifndef KOKON_ROOT_H
#define KOKON_ROOT_H

#include <stdint.h>
#include "err.h"

struct root_plan {
	uint32_t change;       /* chroot(2) into the directory */
	int32_t handle;        /* descriptor of the directory; -1: by path */
	const char *directory; /* shown in messages, and opened when there is no handle */
	const char *cwd;       /* working directory in the new root; NULL: see cwd_handle */
	int32_t cwd_handle;    /* its descriptor, opened before the root changed; -1: none */
};

struct binfmt_plan {
	const char *rule;      /* ":name:type:offset:magic:mask:interpreter:flags"; NULL: none */
	const char *directory; /* where binfmt_misc is mounted */
};

/* Inside half. */
int root_change(const struct root_plan *plan, const int *handles, struct err *err);
int binfmt_register(const struct binfmt_plan *plan, struct err *err);

#endif
