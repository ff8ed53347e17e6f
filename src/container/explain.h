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

/*
 * Ids and rights. A process that has just made a user namespace has all capabilities there, and
 * loses them when it executes a program before ids are mapped, or as another user than root. The
 * script must execute programs at each step, so it makes the namespace with --keep-caps (ambient
 * capabilities), and the last line drops them.
 *
 * What has to be done from outside of the new namespaces (host rows of a tool that must not
 * fork) stands at the top of the script, in a process of its own that waits for them.
 */

/* The whole plan. */
void explain_plan(const struct plan *plan, struct out *out);
/* The same on standard output. 0, or -errno with the message; to a closed pipe: 1, in silence. */
int explain_to_stdout(const struct plan *plan, struct err *err);

/* For the rows' functions: "# why", a command line, a command that holds the rest. */
void explain_why(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_command(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_enter(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);
void explain_prefix(struct explain *x, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "# why" of a row; a word quoted for sh, in a buffer of the caller's. */
void explain_row(struct explain *x, int row);
const char *explain_quoted(const char *s, struct out *buffer);

/* Is a PID namespace made without a fork? Then it comes directly before the program. */
bool explain_pid_is_last(const struct plan *plan);
/* explain-ids.c: what a process outside does meanwhile; nothing unless the plan has one. */
void explain_outside(struct explain *x);
/* A tool's name in front of the program. */
void explain_tool(struct explain *x, const char *name);
/* explain-enter.c: nsenter(1) in front of the program. */
void explain_nsenter(struct explain *x);

/* One function per row. */
#define STEP(id, ...) void explain_##id(struct explain *x);
#include "steps.def"
#undef STEP

#endif
