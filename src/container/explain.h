// SPDX-License-Identifier: Apache-2.0
/*
 * Explain: the rows of a plan as a shell script that does the same.
 *
 * Each active row prints one comment line that says why, and the command that is equivalent, or
 * "# system call …" where none exists. A command that runs another inside of what it makes
 * (unshare) holds the rest of the script; one that can only stand directly before the program
 * (chroot, setpriv) is put in front of it in the last line.
 */
#ifndef KOKON_EXPLAIN_H
#define KOKON_EXPLAIN_H

#include "out.h"
#include "walk.h"

struct explain {
	struct out *out;
	const struct plan *plan;
	struct out prefix; /* words that stand in front of the program */
	int depth;         /* how many commands hold the rest of the script */
};

/* The whole plan. */
void explain_plan(const struct plan *plan, struct out *out);

/* For the rows' functions: "# why", a command line, a command that holds the rest. */
void explain_why(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_command(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_enter(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_prefix(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* explain-rows.c: one function per row. */
#define STEP(id, ...) void explain_##id(struct explain *x);
#include "steps.def"
#undef STEP

#endif
