// SPDX-License-Identifier: Apache-2.0
#include "plan-parts.h"

#include "message.h"

struct plan *plan_new(struct arena *a, const char *tool)
{
	struct plan *plan = arena_new(a, struct plan);

	plan->build = PLAN_BUILD;
	plan->tool = arena_strdup(a, tool);
	plan->root.handle = plan->root.cwd_handle = -1;
	return plan;
}

int plan_add_handle(struct arena *a, struct plan *plan, struct handle_plan *handles,
		    struct handle_plan handle, const char *what, struct err *err)
{
	if (plan->n_handles == MESSAGE_FDS_MAX)
		return err_set(err, E2BIG, "more than %d %s together", MESSAGE_FDS_MAX, what);
	handle.path = arena_strdup(a, handle.path);
	handles[plan->n_handles] = handle;
	return (int)plan->n_handles++;
}
