// SPDX-License-Identifier: Apache-2.0
#include "traced.h"

#include <time.h>
#include <unistd.h>

static double milliseconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) * 1e3 +
	       (double)(to->tv_nsec - from->tv_nsec) / 1e6;
}

int command_traced(const struct command *self, const struct traced_options *o,
		   int (*operation)(void *arg, struct out *explain, struct out *result,
				    struct err *err),
		   void *arg)
{
	OUT_CLEANUP struct out steps = {0};
	OUT_CLEANUP struct out result = {0};
	struct err err = {0};
	struct timespec before, after;
	int r = 0;

	if (o->explain || o->trace)
		r = operation(arg, &steps, &result, &err);
	if (r < 0)
		return command_fail(self, &err, 1);
	if (o->explain)
		return command_print(self, &steps, 0);
	if (o->trace)
		clock_gettime(CLOCK_MONOTONIC, &before);
	r = operation(arg, NULL, &result, &err);
	if (o->trace) {
		clock_gettime(CLOCK_MONOTONIC, &after);
		out_printf(&steps, "# %s after %.3f ms\n", r < 0 ? "failed" : "done",
			   milliseconds(&before, &after));
		out_write(&steps, STDERR_FILENO);
	}
	if (r < 0)
		return command_fail(self, &err, 1);
	return result.len ? command_print(self, &result, 0) : 0;
}
