// SPDX-License-Identifier: Apache-2.0
/*
 * Living containers: found by name, held by descriptors that cannot come to mean another process.
 */
#ifndef KOKON_LIVING_H
#define KOKON_LIVING_H

#include "state.h"

struct living {
	struct state state;
	int pidfd;          /* its PID 1 */
	int owner;          /* the process that answers for it and cleans up; -1: has just ended */
	const char *frozen; /* it is paused: the frozen control group, by its name; NULL: it runs */
};

#define LIVING_NONE                                                                                \
	{                                                                                          \
		.pidfd = -1, .owner = -1                                                           \
	}
#define LIVING_CLEANUP __attribute__((cleanup(living_close)))

/* NAME or container:NAME. -ENOENT: there is none; -EAGAIN: it is still being made. 0 or -errno. */
int living_open(const char *name, struct arena *a, struct living *ret, struct err *err);
void living_close(struct living *c);

/* Its control group that is frozen (kokon cgroup freeze), by its directory; NULL: none. */
const char *living_frozen(const struct state *state);
/* Let it go on. 0 or -errno. */
int living_thaw(const struct living *c, struct err *err);
/* Would its PID 1 notice the signal? The kernel drops what PID 1 has no handler for. */
bool living_hears(const struct living *c, int signal);

#endif
