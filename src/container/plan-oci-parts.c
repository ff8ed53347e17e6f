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

struct idmap oci_ranges(struct arena *a, const struct spec_idmap *map)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, map->n);

	for (uint32_t i = 0; i < map->n; i++)
		ranges[i] = (struct idmap_range){map->list[i].container_id, map->list[i].host_id,
						 map->list[i].size};
	return (struct idmap){ranges, map->n};
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

bool oci_is_nested(const struct oci_planner *p)
{
	return p->facts->nested || oci_has_user_namespace(p);
}
