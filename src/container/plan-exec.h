// SPDX-License-Identifier: Apache-2.0
/*
 * `kokon exec`: another process in a running container, by the same table of steps as its first.
 *
 * exec_survey() opens what the container is made of (its namespaces and control groups) through
 * one directory in /proc that a pidfd vouches for; plan_exec() is a pure function of the request.
 */
#ifndef KOKON_PLAN_EXEC_H
#define KOKON_PLAN_EXEC_H

#include "facts.h"
#include "plan-parts.h"
#include "state.h"

struct exec_request {
	const struct state *state; /* the container's record */
	uint64_t made; /* CLONE_NEW*: namespaces that were made for it, so no need to look whether
			* they are ours; never that of users */

	/* by exec_survey_group() and exec_survey(): descriptors become the plan's handles */
	uint32_t n_joins;
	struct namespace_given joins[NAMESPACE_TYPES];
	uint32_t n_tasks;
	struct exec_group {
		int fd;
		const char *path;
	} tasks[STATE_CGROUPS_MAX]; /* cgroup v1: files to enter by */
	struct exec_group group;    /* cgroup v2: the directory; fd -1: none */
	size_t group_at;            /* its place in the record */

	char *const *argv;
	const char *const *env; /* complete, ends with NULL */
	const char *cwd;        /* NULL: the container's */
	const char *user;       /* NULL: the container's */
	bool interactive, tty, privileged;
	uint16_t rows, columns; /* of the user's terminal */
	bool explain, trace;
};

/* The group of version 2 to start in: all that has to be known to begin a process. 0 or -errno. */
int exec_survey_group(struct arena *a, struct exec_request *request, struct err *err);
/* The rest, after that. `pidfd` is the container's PID 1. 0 or -errno. */
int exec_survey(struct arena *a, int pidfd, struct exec_request *request, struct err *err);

/* The plan is the first object of `a`. Notes for the user go to `notes`, one per line. */
int plan_exec(struct arena *a, const struct exec_request *request, const struct facts *facts,
	      struct plan **ret, struct out *notes, struct err *err);

#endif
