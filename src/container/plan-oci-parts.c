// SPDX-License-Identifier: Apache-2.0
/* What the parts of kokon-oci's planner ask and add. */
#include <sched.h>

#include "plan-oci.h"
#include "plan-parts.h"

int oci_add_handle(struct oci_planner *p, struct handle_plan handle)
{
	return plan_add_handle(p->a, p->plan, p->handles, handle,
			       "bind mounts, control groups and namespaces", p->err);
}

uint64_t oci_own_namespaces(const struct oci_planner *p)
{
	uint64_t own = p->plan->namespaces.create;

	for (uint32_t i = 0; i < p->q->n_joins; i++)
		own |= namespace_infos[p->q->joins[i].type].flag;
	return own;
}

bool oci_has_user_namespace(const struct oci_planner *p)
{
	return oci_own_namespaces(p) & CLONE_NEWUSER;
}
