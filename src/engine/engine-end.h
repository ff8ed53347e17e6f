// SPDX-License-Identifier: Apache-2.0
/*
 * Ending containers: kokon stop and kokon kill.
 */
#ifndef KOKON_ENGINE_END_H
#define KOKON_ENGINE_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"
#include "out.h"

enum { STOP_TIMEOUT_OWN = -2, STOP_TIMEOUT_NONE = -1 };

struct end_request {
	const char *tool;   /* "stop", "kill": in front of notes and traces */
	char *const *names; /* n of them */
	size_t n;
	bool all;        /* every container of the caller */
	bool ignore;     /* a name that does not exist is no failure */
	bool verbose;    /* say why nothing happens at first */
	bool trace;      /* each step with its duration, to standard error */
	int signal;      /* 0: the container's own stop signal */
	int64_t timeout; /* seconds until SIGKILL; or STOP_TIMEOUT_* */
	/* Told of each container that could not be ended; the others are ended all the same. */
	void (*report)(void *context, const struct err *err);
	void *context;
	struct out *done; /* the names of those that were, one per line */
};

/*
 * Send the signal to all of them, wait, kill those that have not ended in time, and wait until
 * what they leave is removed. Returns how many could not be ended, or -errno.
 */
int engine_stop(const struct end_request *request, struct err *err);
/* Send request->signal and no other. After SIGKILL, wait as engine_stop() does. */
int engine_kill(const struct end_request *request, struct err *err);
/* What they would do, as shell commands. */
int engine_stop_explain(const struct end_request *request, struct out *o, struct err *err);
int engine_kill_explain(const struct end_request *request, struct out *o, struct err *err);

#endif
