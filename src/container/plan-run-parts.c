// SPDX-License-Identifier: Apache-2.0
/* What the parts of the planner of run ask and add. */
#include <sched.h>

#include "plan-parts.h"
#include "plan-run.h"

int run_add_handle(struct run_planner *p, struct handle_plan handle)
{
	return plan_add_handle(p->a, p->plan, p->handles, handle, "volumes, devices and namespaces",
			       p->err);
}

bool run_has_user_namespace(const struct run_planner *p)
{
	const struct namespace_choice *user = &p->q->namespaces[NAMESPACE_USER];

	return user->source == SOURCE_NEW || user->source == SOURCE_JOIN || p->q->keep_id ||
	       p->q->uidmap.n || p->q->gidmap.n ||
	       (user->source == SOURCE_DEFAULT && !p->facts->administrator);
}

const struct idmap *run_gid_map(const struct run_planner *p)
{
	if (p->plan->namespaces.create & CLONE_NEWUSER)
		return &p->plan->ids.gid;
	if (p->q->namespaces[NAMESPACE_USER].source == SOURCE_JOIN)
		return &p->q->joined_gid;
	return p->facts->nested ? &p->facts->own_gid : NULL;
}
