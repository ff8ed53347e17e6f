// SPDX-License-Identifier: Apache-2.0
/* kill and delete. Both work on a paused container too. */
#include <fcntl.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <string.h>
#include "cgroup.h"
#include "oci-debug.h"
#include "oci-hooks.h"
#include "oci-ps.h"
#include "oci-store.h"
#include "oci.h"
#include "process.h"

enum { PATIENCE_MS = 10000 };

/* --- kill --- */

/* The kernel kills a whole group at once; any other signal, and what has no group, goes to each. */
static int kill_all(const struct oci_container *c, int signal, struct err *err)
{
	FREE_PTR pid_t *pids = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; signal == SIGKILL && c->state.cgroups[i] && r == 0; i++) {
		CLOSE_FD int dir =
			open(c->state.cgroups[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (dir >= 0)
			r = cgroup_kill_fd(dir, err);
	}
	if (signal == SIGKILL && c->state.cgroups[0])
		return r;
	r = oci_pids(c, &pids, &n, err);
	for (size_t k = 0; r == 0 && k < n; k++)
		kill(pids[k], signal);
	return r;
}

/* A frozen process of version 1 does not even die. */
static void thaw_for_kill(const struct oci_container *c, int signal)
{
	struct err err;

	for (int version = 1; signal == SIGKILL && version <= 2; version++) {
		CLOSE_FD int dir = cgroup_open_freezer(c->state.cgroups, version, NULL);

		if (dir >= 0 && cgroup_is_frozen_fd(dir) == 1)
			cgroup_freeze_fd(dir, false, &err);
	}
}

int oci_kill(const struct oci *o, const char *id, int signal, bool all, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	struct arena a;
	int r = oci_open_id(o->root, id, OCI_SWEEP, &a, &c, err);

	if (r < 0)
		return r;
	oci_debug(o, "%s: signal %d to %s", id, signal,
		  all ? "all processes" : "the first process");
	if (all && (c.state.cgroups[0] || c.pidfd >= 0)) {
		r = kill_all(&c, signal, err);
		thaw_for_kill(&c, signal);
		return r;
	}
	if (c.pidfd < 0)
		return err_set(err, 0, "cannot kill '%s': container not running", id);
	r = process_signal(c.pidfd, signal);
	if (r == -ESRCH)
		return err_set(err, 0, "cannot kill '%s': container not running", id);
	if (r < 0)
		return err_set(err, -r, "cannot send signal %d to '%s'", signal, id);
	thaw_for_kill(&c, signal);
	return 0;
}

/* --- delete --- */

static void await_death(const struct oci_container *c)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};

	if (c->pidfd >= 0)
		poll(&p, 1, PATIENCE_MS);
}

static int may_delete(const struct oci_container *c, bool force, struct err *err)
{
	if (force || c->status == OCI_STOPPED || c->status == OCI_CREATED)
		return 0;
	err_set(err, 0, "cannot delete container '%s' that is not stopped: %s", c->id,
		value_to_name(oci_statuses, c->status));
	return err_remedy(err, "stop it, or delete it with --force");
}

int oci_remove(const struct oci *o, struct oci_container *c, struct arena *a, struct err *err)
{
	struct spec *spec = NULL;
	struct err ignored;
	int r;

	oci_debug_state(o, "delete", &c->state);
	thaw_for_kill(c, SIGKILL);
	if (c->pidfd >= 0)
		process_signal(c->pidfd, SIGKILL);
	await_death(c);
	r = state_undo(&c->state, err);
	if (r < 0)
		return err_context(err, "container '%s'", c->id);
	if (oci_config(c, a, false, &spec, &ignored) == 0 && c->state.bundle)
		oci_hooks_poststop(spec, c->id, c->state.bundle, o->notes);
	oci_debug(o, "delete: '%s' is forgotten", c->id);
	return oci_forget(c, err);
}

int oci_delete(const struct oci *o, const char *id, bool force, struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	struct arena a;
	int r = oci_open_id(o->root, id, OCI_SWEEP | OCI_TRY_LOCK, &a, &c, err);

	if (r == 0)
		r = may_delete(&c, force, err);
	/* A `create` or `start` that hangs gives its lock back once what it waits for is gone. */
	if (r == 0 && force && c.pidfd >= 0) {
		process_signal(c.pidfd, SIGKILL);
		thaw_for_kill(&c, SIGKILL);
	}
	if (r == 0 && c.handle.lock < 0) {
		r = oci_lock(&c, &a, err);
		if (r == 0)
			r = may_delete(&c, force, err);
	}
	if (r == 0)
		r = oci_remove(o, &c, &a, err);
	if (r == -ENOENT && force) {
		*err = (struct err){0};
		return 0;
	}
	return r;
}

/* --- several at once --- */

int oci_matching(const struct oci *o, const char *pattern, char ***ret, struct err *err)
{
	CLOSE_FD int root = oci_store(o->root, false, err);
	const char *const *ids;
	struct arena a;
	char **found;
	size_t n = 0, k = 0;
	regex_t regex;
	int r;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, EINVAL, "'%s' is no regular expression", pattern);
	r = root == -ENOENT ? 0 : root < 0 ? root : arena_init(&a);
	if (r == 0 && root >= 0)
		r = oci_ids(root, &a, &ids, err);
	while (r == 0 && root >= 0 && ids[n])
		n++;
	found = r < 0 ? NULL : calloc(n + 1, sizeof(*found));
	for (size_t i = 0; found && i < n; i++)
		if (regexec(&regex, ids[i], 0, NULL, 0) == 0)
			found[k++] = strdup(ids[i]);
	regfree(&regex);
	if (found) {
		*err = (struct err){0};
		*ret = found;
		return 0;
	}
	return r < 0 ? r : err_set(err, ENOMEM, "cannot list containers");
}
