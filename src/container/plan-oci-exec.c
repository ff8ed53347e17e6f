// SPDX-License-Identifier: Apache-2.0
#include "plan-oci-exec.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "message.h"
#include "parse.h"
#include "plan-parts.h"

/* Does a map, in the form of /proc/PID/uid_map, have an id 0? */
static bool maps_root(const char *map)
{
	const char *line;
	size_t len;

	if (!map)
		return true;
	while (next_field(&map, '\n', &line, &len)) {
		unsigned int inside;

		if (sscanf(line, "%u", &inside) == 1 && inside == 0)
			return true;
	}
	return false;
}

static int plan_groups(struct oci_planner *p, const struct exec_request *survey)
{
	struct container_plan *c = &p->plan->container;

	if (survey->group.fd >= 0)
		c->group = arena_strdup(p->a, survey->group.path);
	for (uint32_t i = 0; i < survey->n_tasks; i++) {
		int handle = oci_add_handle(p, (struct handle_plan){.kind = HANDLE_GIVEN,
								    .path = survey->tasks[i].path,
								    .fd = survey->tasks[i].fd});

		if (handle < 0)
			return handle;
		if (c->n_tasks++ == 0)
			c->first_task = handle;
	}
	return 0;
}

int plan_oci_exec(struct arena *a, const struct oci_exec_request *request,
		  const struct facts *facts, struct plan **ret, struct out *notes, struct err *err)
{
	struct plan *plan = plan_new(a, "kokon-oci");
	struct oci_request container = {.spec = request->spec, .listener = -1};
	struct oci_planner p = {
		.a = a,
		.q = &container,
		.spec = request->spec,
		.facts = facts,
		.plan = plan,
		.handles = arena_array(a, struct handle_plan,
				       request->survey->n_joins + request->survey->n_tasks),
		.notes = notes,
		.err = err,
	};
	struct container_plan *c = &plan->container;
	int r;

	container.n_joins = request->survey->n_joins;
	memcpy(container.joins, request->survey->joins, sizeof(container.joins));
	plan->handles = p.handles;
	plan->spawn = SPAWN_CHILD;
	plan->fail_status = 255;
	plan->trace = request->trace;
	c->root = -1;
	c->parent_death = SIGKILL;
	c->outlives = request->outlives;
	c->preserve_fds = request->preserve_fds;
	c->deny_groups = request->survey->state->deny_groups;
	r = plan_join(a, plan, p.handles, request->survey->joins, request->survey->n_joins, err);
	if (plan_joins_type(plan, NAMESPACE_USER))
		c->become_root = maps_root(request->survey->state->uid_map) &&
				 maps_root(request->survey->state->gid_map);
	if (r == 0)
		r = plan_groups(&p, request->survey);
	if (r == 0)
		r = oci_plan_process(&p, request->process);
	if (r == 0)
		r = oci_plan_affinity(&p, request->process);
	if (r < 0)
		return r;
	plan_fork_last(a, plan, notes);
	*ret = plan;
	return 0;
}
