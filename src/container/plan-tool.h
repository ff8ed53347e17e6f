// SPDX-License-Identifier: Apache-2.0
/*
 * The planner of the namespace tools: a pure function of its inputs.
 */
#ifndef KOKON_PLAN_TOOL_H
#define KOKON_PLAN_TOOL_H

#include "facts.h"
#include "plan.h"

/* The plan is the first object of `a`. 0, or -errno with what cannot be done and why. */
int plan_tool(struct arena *a, const struct tool_request *request, const struct facts *facts,
	      struct plan **ret, struct err *err);

#endif
