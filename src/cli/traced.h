// SPDX-License-Identifier: Apache-2.0
/* --explain and --trace of commands that have no plan: the same function explains and does. */
#ifndef KOKON_TRACED_H
#define KOKON_TRACED_H

#include "command.h"

struct traced_options {
	int explain, trace;
};

/*
 * `operation` gets the text to explain into, or NULL to do it. With --trace both happen, and the
 * explanation and the time it took go to standard error. What the command has to print once it is
 * done is in `result`. Returns the exit status.
 */
int command_traced(const struct command *self, const struct traced_options *o,
		   int (*operation)(void *arg, struct out *explain, struct out *result,
				    struct err *err),
		   void *arg);

/* The end of a trace: the steps, and how long they took since clock_ms() was `since`. */
void traced_print(struct out *steps, double since, int result);

#endif
