// SPDX-License-Identifier: Apache-2.0
/* What every planner does. */
#ifndef KOKON_PLAN_PARTS_H
#define KOKON_PLAN_PARTS_H

#include "plan.h"

/* A namespace to be entered: one that somebody has opened. */
struct namespace_given {
	uint32_t type; /* enum namespace_type */
	int fd;
	const char *shown; /* what the explanation calls it */
};

/* An empty plan at the start of its arena. */
struct plan *plan_new(struct arena *a, const char *tool);
/* Index of a new handle in `handles`, which is the plan's and has room for MESSAGE_FDS_MAX, or
 * -E2BIG: more than so many of `what`. */
int plan_add_handle(struct arena *a, struct plan *plan, struct handle_plan *handles,
		    struct handle_plan handle, const char *what, struct err *err);
/* Enter the `n` namespaces of `given`, each by a new handle. 0 or -E2BIG. */
int plan_join(struct arena *a, struct plan *plan, struct handle_plan *handles,
	      const struct namespace_given *given, uint32_t n, struct err *err);
bool plan_joins_type(const struct plan *plan, uint32_t type);
/* The first mount change of a container: its mounts and the host's are two trees from here on. */
void plan_part_from_host(struct arena *a, struct plan *plan);

/* Once the rest is planned: a PID namespace that is joined is entered last, when there is nothing
 * left that who is there could take. What has to be left is told in `notes`. */
void plan_fork_last(struct arena *a, struct plan *plan, struct out *notes);

#endif
