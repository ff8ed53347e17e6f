// SPDX-License-Identifier: Apache-2.0
/*
 * Operations on named control groups, for `kokon cgroup`: each takes a name, finds or plans
 * the group, and either does the thing or explains it. Messages carry cause and remedy.
 */
#ifndef KOKON_GROUP_OPS_H
#define KOKON_GROUP_OPS_H

#include "cgroup.h"

/* How an operation is to be done: with `explain` nothing changes and the commands go there. */
struct group_context {
	struct arena *arena;
	const struct cgroup_layout *layout;
	struct out *explain; /* NULL: do it */
};

int group_create(const struct group_context *c, const char *path,
		 const struct cgroup_limits *limits, uint32_t controllers, struct err *err);
int group_set(const struct group_context *c, const char *path, const struct cgroup_limits *limits,
	      uint32_t controllers, struct err *err);
/* All of them or none. */
int group_move(const struct group_context *c, const char *path, const pid_t *pids, size_t n,
	       struct err *err);
int group_freeze(const struct group_context *c, const char *path, bool freeze, struct err *err);
/* Everything in and below the group; returns when it is empty. */
int group_kill(const struct group_context *c, const char *path, struct err *err);
enum { GROUP_RECURSIVE = 1, GROUP_KILL = 2 };
int group_remove(const struct group_context *c, const char *path, uint32_t flags, struct err *err);

/* Run a command in the group and wait for it. Returns its exit status as a shell counts, or
 * -errno; err->exit is 126 or 127 when it could not be run. When the memory limit killed a
 * process meanwhile, that is said in *ret_note (in the arena). */
int group_exec(const struct group_context *c, const char *path, char *const *argv,
	       const char **ret_note, struct err *err);

/* The kernel itself lets a whole process into a threaded group now and then; its limits would
 * hold for threads only, and most controllers are missing there. */
int group_refuse_threaded(const struct group_context *c, const struct cgroup_plan *plan,
			  struct err *err);

#endif
