// SPDX-License-Identifier: Apache-2.0
/* The rows of the host side. Each hands its part of the plan to the module that does it. */
#include "start.h"

#define HOST_HOST(id)      host_##id
#define HOST_CONTAINER(id) NULL

static int host_spawn(struct run *run)
{
	return err_set(run->err, ENOSYS, "not yet");
}

static int host_map_outside(struct run *run)
{
	return idmap_write_host(run->pid, &run->plan->ids, run->err);
}

static int host_persist(struct run *run)
{
	const struct namespaces_plan *plan = &run->plan->namespaces;

	for (uint32_t i = 0; i < plan->n_persist; i++) {
		int r = namespace_persist(run->pid, &plan->persist[i], run->err);

		if (r < 0)
			return r;
	}
	return 0;
}

const step_function host_functions[ROWS] = {
#define STEP(id, name, side, ...) HOST_##side(id),
#include "steps.def"
#undef STEP
};
