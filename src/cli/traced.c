// SPDX-License-Identifier: Apache-2.0
#include "traced.h"

#include <unistd.h>
#include "clock.h"

void traced_print(struct out *steps, double since, int result)
{
	out_printf(steps, "# %s after %.3f ms\n", result < 0 ? "failed" : "done",
		   clock_ms() - since);
	out_write(steps, STDERR_FILENO);
	steps->len = 0;
}

int command_traced(const struct command *self, const struct traced_options *o,
		   int (*operation)(void *arg, struct out *explain, struct out *result,
				    struct err *err),
		   void *arg)
{
	OUT_CLEANUP struct out steps = {0};
	OUT_CLEANUP struct out result = {0};
	struct err err = {0};
	double start;
	int r = 0;

	if (o->explain || o->trace)
		r = operation(arg, &steps, &result, &err);
	if (r < 0)
		return command_fail(self, &err, 1);
	if (o->explain)
		return command_print(self, &steps, 0);
	/* Not otherwise: the first look at the clock is five page faults. */
	start = o->trace ? clock_ms() : 0;
	r = operation(arg, NULL, &result, &err);
	if (o->trace)
		traced_print(&steps, start, r);
	if (r < 0)
		return command_fail(self, &err, 1);
	return result.len ? command_print(self, &result, 0) : 0;
}
