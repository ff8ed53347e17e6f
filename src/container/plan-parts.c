// SPDX-License-Identifier: Apache-2.0
#include "plan-parts.h"

#include <sys/mount.h>
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

int plan_join(struct arena *a, struct plan *plan, struct handle_plan *handles,
	      const struct namespace_given *given, uint32_t n, struct err *err)
{
	struct namespaces_plan *p = &plan->namespaces;
	struct namespace_join *joins = arena_array(a, struct namespace_join, NAMESPACE_TYPES);

	for (uint32_t i = 0; i < n; i++) {
		int handle = plan_add_handle(a, plan, handles,
					     (struct handle_plan){.kind = HANDLE_GIVEN,
								  .path = given[i].shown,
								  .fd = given[i].fd},
					     "namespaces and control groups", err);

		if (handle < 0)
			return handle;
		joins[p->n_joins++] =
			(struct namespace_join){given[i].type, handle, handles[handle].path, NULL};
	}
	p->joins = joins;
	return 0;
}

bool plan_joins_type(const struct plan *plan, uint32_t type)
{
	for (uint32_t i = 0; i < plan->namespaces.n_joins; i++)
		if (plan->namespaces.joins[i].type == type)
			return true;
	return false;
}

void plan_part_from_host(struct arena *a, struct plan *plan)
{
	struct mount_op *before = arena_array(a, struct mount_op, 1);

	before[0] = (struct mount_op){.kind = MOUNT_PROPAGATE,
				      .flags = MOUNT_RECURSIVE,
				      .target = arena_strdup(a, "/"),
				      .propagation = MS_SLAVE,
				      .why = arena_strdup(a, "no mount made here is seen outside")};
	plan->before_root = (struct mounts_plan){before, 1};
}
