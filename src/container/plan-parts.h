// SPDX-License-Identifier: Apache-2.0
/* What every planner does. */
#ifndef KOKON_PLAN_PARTS_H
#define KOKON_PLAN_PARTS_H

#include "plan.h"

/* An empty plan at the start of its arena. */
struct plan *plan_new(struct arena *a, const char *tool);
/* Index of a new handle in `handles`, which is the plan's and has room for MESSAGE_FDS_MAX, or
 * -E2BIG: more than so many of `what`. */
int plan_add_handle(struct arena *a, struct plan *plan, struct handle_plan *handles,
		    struct handle_plan handle, const char *what, struct err *err);

#endif
