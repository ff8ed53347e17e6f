// SPDX-License-Identifier: Apache-2.0
#include "memory-policy.h"

#include <linux/mempolicy.h>

#include <stdbool.h>
#include "scheduler.h"

#ifndef MPOL_F_NUMA_BALANCING /* 5.12 */
#define MPOL_F_NUMA_BALANCING (1 << 13)
#endif

/* Some are newer than the headers: PREFERRED_MANY 5.15, WEIGHTED_INTERLEAVE 6.9. */
const struct name memory_policy_modes[] = {
	{"MPOL_DEFAULT", 0},
	{"MPOL_PREFERRED", 1},
	{"MPOL_BIND", 2},
	{"MPOL_INTERLEAVE", 3},
	{"MPOL_LOCAL", 4},
	{"MPOL_PREFERRED_MANY", 5},
	{"MPOL_WEIGHTED_INTERLEAVE", 6},
	{NULL, 0},
};

const struct name memory_policy_flags[] = {
	{"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
	{"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
	{"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
	{NULL, 0},
};

int memory_policy_make(uint32_t mode, uint32_t flags, const char *nodes, struct arena *a,
		       struct memory_policy_plan *plan, struct err *err)
{
	bool given = nodes && *nodes, none = mode == MPOL_DEFAULT || mode == MPOL_LOCAL;
	struct scheduler_plan list = {0};

	if (none && given)
		return err_set(err, 0, "a memory policy without nodes is given the nodes '%s'",
			       nodes);
	if (!none && mode != MPOL_PREFERRED && !given)
		return err_set(err, 0, "the memory policy needs a list of nodes");
	if (mode == MPOL_DEFAULT && flags)
		return err_set(err, 0, "the default memory policy takes no flags");
	/* The same form of list as for processors. */
	if (given && scheduler_parse_cpus(nodes, a, &list, err) < 0)
		return err_set(err, 0, "'%.100s' is no list of memory nodes", nodes);
	plan->set = 1;
	plan->mode = mode | flags;
	plan->nodes = list.cpus;
	plan->nodes_bits = list.cpus_size * 8;
	return 0;
}
