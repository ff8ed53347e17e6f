// SPDX-License-Identifier: Apache-2.0
/* Opening the plan's handles, on whichever side may (plan.h, struct handle_plan). */
#ifndef KOKON_HANDLES_H
#define KOKON_HANDLES_H

#include "plan.h"

/* Open what `h` describes, a detached mount or a user namespace: a descriptor, or -errno with the
 * cause. `handles` are those opened before. */
int handle_open(const struct handle_plan *h, const int *handles, struct err *err);

#endif
