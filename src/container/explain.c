// SPDX-License-Identifier: Apache-2.0
#include "explain.h"

#include <unistd.h>

void explain_plan(const struct plan *plan, struct out *out)
{
	static void (*const functions[ROWS])(struct explain *) = {
#define STEP(id, ...) explain_##id,
#include "steps.def"
#undef STEP
	};
	struct explain x = {.out = out, .plan = plan};

	explain_outside(&x);
	for (int row = 0; row < ROWS; row++)
		if (steps[row].when(plan))
			functions[row](&x);
	for (; x.depth > 0; x.depth--)
		out_printf(out, "inside%d\n)\"\n", x.depth);
	out_free(&x.prefix);
}

int explain_to_stdout(const struct plan *plan, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	int r;

	explain_plan(plan, &o);
	r = out_write(&o, STDOUT_FILENO);
	if (r == -EPIPE)
		return 1;
	return r < 0 ? err_set(err, -r, "cannot write to standard output") : 0;
}
