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

/* The sealed init of another process in a container: it comes up while its plan is made. */
struct begin_request {
	int arena;              /* the plan's memfd */
	int group;              /* directory of cgroup v2 to start in; -1: none */
	const char *group_path; /* for messages */
	uint32_t preserve_fds;
	bool outlives; /* nobody here waits for it: signals stay as they are */
	bool later;    /* with the plan: it decides what comes before */
};
struct begun {
	struct live live;
	struct run run;
	int signals; /* relay_signals(); -1: not passed on */
};
/* 0, or -errno with nothing begun. */
int supervise_begin(struct begun *b, const struct begin_request *request, struct err *err);
/* The walk that goes on from there. If there is to be none: first_process_abandon(&b->run). */
struct run supervise_begun(struct begun *b, const struct plan *plan, struct err *err);

/*
 * supervise() for a plan_exec(): another process in a container that someone else answers for, so
 * there is no record of it.
 */
int supervise_exec(const struct plan *plan, struct begun *b, struct err *err);

/* --- parts of it, for who keeps the records in another way --- */

/* The host side of a walk that has not begun. */
struct run supervise_new_run(const struct plan *plan, struct live *live, struct err *err);
/* Pass signals (relay_signals()) and the terminal on until the first process ends. Its exit
 * status, or -errno. */
int supervise_wait(struct run *run, int signals, uint32_t timeout);

#endif
