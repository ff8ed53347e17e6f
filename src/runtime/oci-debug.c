// SPDX-License-Identifier: Apache-2.0
#include "oci-debug.h"

#include <stdarg.h>
#include <stdio.h>
#include "start.h"

void oci_debug(const struct oci *o, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!o->debug)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	o->debug(o->debug_context, text);
}

void oci_debug_plan(const struct oci *o, const struct plan *plan)
{
	OUT_CLEANUP struct out names = {0};

	if (!o->debug)
		return;
	for (int row = 0; row < ROWS; row++)
		if (steps[row].when(plan))
			out_printf(&names, "%s%s", names.len ? ", " : "", steps[row].name);
	oci_debug(o, "plan: %s", names.text);
}

void oci_debug_state(const struct oci *o, const char *what, const struct state *state)
{
	for (size_t i = 0; o->debug && state->cgroups[i]; i++)
		oci_debug(o, "%s: control group '%s'", what, state->cgroups[i]);
	if (state->pid > 0)
		oci_debug(o, "%s: first process %d", what, (int)state->pid);
}

static void step_done(const struct run *run, int row, uint64_t nanoseconds)
{
	oci_debug(run->live->trace_context, "step '%s' on the %s side, %llu us", steps[row].name,
		  steps[row].side == HOST ? "host" : "container",
		  (unsigned long long)(nanoseconds / 1000));
}

void oci_debug_steps(const struct oci *o, struct run *run)
{
	if (!o->debug)
		return;
	run->trace = step_done;
	run->live->trace_context = o;
}
