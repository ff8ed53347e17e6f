// SPDX-License-Identifier: Apache-2.0
/*
 * Supervise: the foreground life of a container, from its record to the last trace removed.
 */
#ifndef KOKON_SUPERVISE_H
#define KOKON_SUPERVISE_H

#include "start.h"

struct supervise_options {
	uint32_t timeout;            /* seconds until the container is killed; 0: never */
	const struct router *router; /* where the networks of its plan are */
};

/* What else is worth telling at the end. */
struct supervise_result {
	bool out_of_memory; /* its limit of memory killed a process */
	bool timed_out;
	struct err left; /* what could not be removed, and why; empty text: nothing is left */
};

/*
 * Start the container of `plan`, pass signals on to it, wait for its end and remove what it
 * leaves. Returns its exit status (128 + signal as a shell has it), or -errno with the cause when
 * it could not be started.
 */
int supervise(const struct plan *plan, int arena, const struct state *state,
	      const struct supervise_options *options, struct supervise_result *ret,
	      struct err *err);

/*
 * The same for a plan_exec(): another process in a container that someone else answers for, so
 * there is no record of it. `group` is a directory of cgroup v2 to start in, or -1.
 */
int supervise_exec(const struct plan *plan, int arena, int group, struct err *err);

/* --- parts of it, for who keeps the records in another way --- */

/* The host side of a walk that has not begun. */
struct run supervise_new_run(const struct plan *plan, struct live *live, struct err *err);
/* Pass signals (relay_signals()) and the terminal on until the first process ends. Its exit
 * status, or -errno. */
int supervise_wait(struct run *run, int signals, uint32_t timeout);

#endif
