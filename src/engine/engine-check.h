// SPDX-License-Identifier: Apache-2.0
/*
 * kokon system check: what is left of containers and networks that nobody answers for, and its
 * removal.
 */
#ifndef KOKON_ENGINE_CHECK_H
#define KOKON_ENGINE_CHECK_H

#include <stdbool.h>
#include "err.h"
#include "out.h"

struct check_request {
	bool repair;
	bool explain;    /* only say what repairing would do, as shell commands */
	struct out *out; /* one line for each thing that was found */
};

/* How many things are left behind after it (0: all is well), or -errno. */
int engine_check(const struct check_request *q, struct err *err);

#endif
