// SPDX-License-Identifier: Apache-2.0
/*
 * Scopes: control groups that systemd keeps (systemd.scope(5), systemd.resource-control(5)).
 *
 * systemd owns the tree of groups where it runs, so an engine may ask that a container's group is
 * a transient scope of it: `--systemd-cgroup`, with a cgroupsPath "SLICE:PREFIX:NAME". The helper
 * program kokon-systemd talks to it over D-Bus. Within the scope, which is delegated, the group is
 * handled like any other; what systemd has a property for is told to it too, since it writes those
 * values again when it reloads.
 */
#ifndef KOKON_SCOPE_H
#define KOKON_SCOPE_H

#include <sys/types.h>
#include "cgroup.h"

enum { SCOPE_PROPERTIES_MAX = 32 };

/* Part of a plan. */
struct scope_plan {
	const char *unit;              /* "libpod-1234.scope"; NULL: no scope */
	const char *helper;            /* path of kokon-systemd */
	const char *const *properties; /* "TasksMax=t:100" …; ends with NULL */
	uint32_t user;                 /* the caller's own manager */
};

/*
 * From "SLICE:PREFIX:NAME" ("" and NULL: a scope of `id` in the usual slice): the unit, its
 * properties for these limits, and *ret_path, the group below that of the manager. Pure.
 * 0 or -EINVAL.
 */
int scope_make_plan(struct arena *a, const char *cgroups_path, const char *id, bool user,
		    const char *helper, const struct cgroup_limits *limits, struct scope_plan *ret,
		    const char **ret_path, struct err *err);
/* "a-b.slice" -> "a.slice/a-b.slice". Pure. 0 or -EINVAL. */
int scope_expand_slice(struct arena *a, const char *slice, const char **ret, struct err *err);

/* Start it with the process; returns when it is in. 0 or -errno. */
int scope_start(const struct scope_plan *plan, pid_t pid, struct err *err);
/* Tell the scope that keeps the group `dir` ("…/NAME.scope") what its limits are now; nothing for
 * another kind of group. 0 or -errno. */
int scope_update(struct arena *a, const char *dir, const char *helper,
		 const struct cgroup_limits *limits, struct err *err);
/* End it and forget its failure. 0 or -errno. */
int scope_stop(const char *helper, const char *unit, bool user, struct err *err);
/* The same by the scope's group "…/X.slice/NAME.scope", once that is removed; nothing for another
 * kind of group or without the helper. */
int scope_forget(const char *dir, struct err *err);
/* The group of the manager itself, in the arena: "/user.slice/…/user@1000.service". */
int scope_manager_group(struct arena *a, const char *helper, bool user, const char **ret,
			struct err *err);

#endif
