// SPDX-License-Identifier: Apache-2.0
#include "group-ops.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "groups.h"

static int find(const struct group_context *c, const char *path, struct cgroup_plan **ret,
		struct err *err)
{
	int r = cgroup_find(c->arena, c->layout, path, ret, err);

	if (r == 0 && !*(*ret)->path)
		return err_set(err, 0, "the top of the tree is no group to change");
	return r;
}

int group_refuse_threaded(const struct group_context *c, const struct cgroup_plan *plan,
			  struct err *err)
{
	const char *type = group_type(c->arena, plan);

	if (!type || strcmp(type, "domain threaded") == 0)
		return 0;
	err_set(err, EOPNOTSUPP, "group '%s' is threaded (its cgroup.type is '%s')", plan->path,
		type);
	return err_remedy(
		err, "such a group takes single threads of one program only: choose another group");
}

static int plan_or_do(const struct group_context *c, const struct cgroup_request *request,
		      struct err *err)
{
	struct cgroup_plan *plan;
	int r = cgroup_make_plan(c->arena, c->layout, request, &plan, err);

	if (r < 0)
		return r;
	if (!c->explain)
		return cgroup_create(plan, err);
	cgroup_explain(plan, c->explain);
	return 0;
}

int group_create(const struct group_context *c, const char *path,
		 const struct cgroup_limits *limits, uint32_t controllers, struct err *err)
{
	struct cgroup_request request = {.path = path,
					 .limits = limits,
					 .controllers = controllers,
					 .flags = CGROUP_NEW};
	struct cgroup_plan *found;

	/* also when it exists in a hierarchy that this request does not need */
	if (cgroup_find(c->arena, c->layout, path, &found, NULL) == 0 && *found->path) {
		err_set(err, EEXIST, "group '%s' exists already, in %s", found->path,
			found->in[0].label);
		return err_remedy(err, "change it with 'kokon cgroup set %s', or remove it first",
				  found->path);
	}
	request.also = cgroup_parent_places(c->arena, c->layout, path);
	return plan_or_do(c, &request, err);
}

/* A hierarchy that a group enters only now must hold the groups below it too, or their processes
 * would escape the limit. */
static int set_below(const struct group_context *c, const char *path, struct err *err)
{
	struct cgroup_plan *top;
	struct group *v;
	size_t n;
	int r = find(c, path, &top, err);
	uint32_t bits;

	if (r == 0)
		r = groups_collect(c->arena, c->layout, path, &v, &n, err);
	if (r < 0)
		return r;
	bits = cgroup_found_in(c->layout, top);
	for (size_t i = 1; r == 0 && i < n; i++) {
		struct cgroup_request request = {.path = v[i].path, .flags = CGROUP_ADOPT};

		request.also = cgroup_found_in(c->layout, v[i].found) | bits;
		if (request.also != cgroup_found_in(c->layout, v[i].found))
			r = plan_or_do(c, &request, err);
	}
	return r;
}

int group_set(const struct group_context *c, const char *path, const struct cgroup_limits *limits,
	      uint32_t controllers, struct err *err)
{
	struct cgroup_request request = {.path = path,
					 .limits = limits,
					 .controllers = controllers,
					 .flags = CGROUP_ADOPT};
	struct cgroup_plan *found;
	int r = find(c, path, &found, err);

	if (r < 0)
		return r;
	request.also = cgroup_found_in(c->layout, found);
	for (uint32_t i = 0; i < c->layout->n; i++)
		if (!c->layout->h[i].base)
			request.also &= ~(1U << i);
	r = plan_or_do(c, &request, err);
	return r < 0 || c->explain ? r : set_below(c, path, err);
}

/* ---- move ------------------------------------------------------------------------------- */

static void move_back(const struct group_context *c, const struct cgroup_plan *plan,
		      const struct group *before, size_t n, const pid_t *pids)
{
	for (size_t k = 0; k < n; k++) {
		for (uint32_t i = 0; i < before[k].found->n_in; i++) {
			const struct cgroup_place *in = &before[k].found->in[i];
			bool part = false;

			for (uint32_t j = 0; j < plan->n_in; j++)
				part |= strcmp(plan->in[j].mount, in->mount) == 0;
			if (part)
				write_file_at(AT_FDCWD,
					      arena_printf(c->arena, "%s/%s/cgroup.procs",
							   in->mount, in->dir),
					      arena_printf(c->arena, "%d", (int)pids[k]));
		}
	}
}

int group_move(const struct group_context *c, const char *path, const pid_t *pids, size_t n,
	       struct err *err)
{
	struct group *before = arena_array(c->arena, struct group, n + 1);
	struct cgroup_plan *plan;
	int r = find(c, path, &plan, err);

	if (r == 0)
		r = group_refuse_threaded(c, plan, err);
	for (size_t i = 0; r == 0 && i < n; i++) /* a PID that is gone: nothing moves */
		r = group_of_process(c->arena, c->layout, pids[i], &before[i], err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (c->explain)
			cgroup_explain_join(plan, arena_printf(c->arena, "%d", (int)pids[i]),
					    CGROUP_JOIN_ALL, c->explain);
		else
			r = cgroup_join(plan, pids[i], CGROUP_JOIN_ALL, err);
		if (r < 0)
			move_back(c, plan, before, i + 1, pids);
	}
	return r;
}

/* ---- freeze, kill ----------------------------------------------------------------------- */

int group_freeze(const struct group_context *c, const char *path, bool freeze, struct err *err)
{
	struct cgroup_plan *plan;
	int r = find(c, path, &plan, err);

	if (r < 0)
		return r;
	if (!c->explain)
		return cgroup_freeze(plan, freeze, err);
	out_printf(c->explain,
		   "# the kernel stops every process below at its next return to user space\n");
	for (uint32_t i = 0; i < plan->n_in; i++) {
		const struct cgroup_place *in = &plan->in[i];

		if (in->version == 2)
			out_printf(c->explain, "echo %d > %s/%s/cgroup.freeze\n", freeze, in->mount,
				   in->dir);
		else if (in->controllers & CGROUP_BIT(CGROUP_FREEZER))
			out_printf(c->explain, "echo %s > %s/%s/freezer.state\n",
				   freeze ? "FROZEN" : "THAWED", in->mount, in->dir);
		else
			continue;
		break;
	}
	return 0;
}

static bool below(const char *path, const char *group)
{
	size_t len = strlen(group);

	return strncmp(path, group, len) == 0 && (path[len] == '/' || !path[len]);
}

static int refuse_own(const struct group_context *c, const struct cgroup_plan *plan,
		      struct err *err)
{
	struct group own;

	if (group_of_process(c->arena, c->layout, getpid(), &own, NULL) < 0)
		return 0;
	for (uint32_t i = 0; i < plan->n_in; i++)
		for (uint32_t j = 0; j < own.found->n_in; j++)
			if (strcmp(own.found->in[j].mount, plan->in[i].mount) == 0 &&
			    below(own.found->in[j].dir, plan->in[i].dir)) {
				err_set(err, EBUSY, "group '%s' holds this very process",
					plan->path);
				return err_remedy(err, "run the command from outside of the group");
			}
	return 0;
}

static void nap_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* Processes that were killed need a moment to go. Those left after `ms` are given back. */
static int wait_empty(const struct group_context *c, const struct cgroup_plan *plan, bool recursive,
		      long ms, pid_t **ret, size_t *ret_n, struct err *err)
{
	for (long waited = 0;; waited += 5) {
		int r = group_processes(c->arena, plan, recursive, ret, ret_n, err);

		if (r < 0 || *ret_n == 0 || waited >= ms)
			return r;
		nap_ms(5);
	}
}

static const char *pid_words(struct arena *a, const pid_t *pids, size_t n)
{
	const char *words = "";

	for (size_t i = 0; i < n && i < 12; i++)
		words = arena_printf(a, "%s%s%d", words, i ? " " : "", (int)pids[i]);
	return n > 12 ? arena_printf(a, "%s and %zu more", words, n - 12) : words;
}

int group_kill(const struct group_context *c, const char *path, struct err *err)
{
	struct cgroup_plan *plan;
	size_t left = 0;
	pid_t *pids;
	int r = find(c, path, &plan, err);

	if (r == 0)
		r = refuse_own(c, plan, err);
	if (r < 0)
		return r;
	if (c->explain) {
		out_puts(c->explain, "# every process in and below the group\n");
		for (uint32_t i = 0; i < plan->n_in; i++) {
			if (plan->in[i].version == 2)
				out_printf(c->explain, "echo 1 > %s/%s/cgroup.kill\n",
					   plan->in[i].mount, plan->in[i].dir);
			else
				out_printf(c->explain,
					   "find %s/%s -name cgroup.procs -exec cat {} + | xargs "
					   "-r kill -KILL\n",
					   plan->in[i].mount, plan->in[i].dir);
		}
		return 0;
	}
	r = cgroup_kill(plan, err);
	if (r == 0)
		r = wait_empty(c, plan, true, 2000, &pids, &left, err);
	if (r == 0 && left) {
		err_set(err, EBUSY, "killed processes are still in group '%s' (%s)", plan->path,
			pid_words(c->arena, pids, left));
		return err_remedy(err, "they sleep in the kernel, or belong to another user");
	}
	return r;
}

/* ---- remove ----------------------------------------------------------------------------- */

static int refuse_busy(const struct group_context *c, const struct cgroup_plan *plan,
		       bool recursive, struct err *err)
{
	size_t left, n;
	struct group *v;
	pid_t *pids;
	int r = wait_empty(c, plan, recursive, c->explain ? 0 : 200, &pids, &left, err);

	if (r < 0)
		return r;
	if (left) {
		err_set(err, EBUSY, "cannot remove group '%s': it has processes (%s)", plan->path,
			pid_words(c->arena, pids, left));
		return err_remedy(err,
				  "end them first (kokon cgroup kill %s, or remove --kill), or "
				  "move them elsewhere (kokon cgroup move)",
				  plan->path);
	}
	if (recursive)
		return 0;
	r = groups_collect(c->arena, c->layout, plan->path, &v, &n, err);
	if (r == 0 && n > 1) {
		err_set(err, ENOTEMPTY,
			"cannot remove group '%s': there are groups below it ('%s'%s)", plan->path,
			v[1].path, n > 2 ? " and more" : "");
		return err_remedy(err, "add --recursive to remove them too");
	}
	return r;
}

static int explain_remove(const struct group_context *c, const struct cgroup_plan *plan,
			  uint32_t flags)
{
	if (!(flags & GROUP_RECURSIVE)) {
		cgroup_explain_remove(plan, c->explain);
		return 0;
	}
	out_puts(c->explain, "# groups below first: only an empty group can be removed\n");
	for (uint32_t i = 0; i < plan->n_in; i++)
		out_printf(c->explain, "find %s/%s -depth -type d -exec rmdir {} \\;\n",
			   plan->in[i].mount, plan->in[i].dir);
	return 0;
}

int group_remove(const struct group_context *c, const char *path, uint32_t flags, struct err *err)
{
	struct cgroup_plan *plan;
	int r = find(c, path, &plan, err);

	if (r == 0 && (flags & GROUP_KILL))
		r = group_kill(c, path, err);
	else if (r == 0)
		r = refuse_busy(c, plan, flags & GROUP_RECURSIVE, err);
	if (r < 0)
		return r;
	if (c->explain)
		return explain_remove(c, plan, flags);
	return cgroup_remove(plan,
			     flags & GROUP_RECURSIVE
				     ? CGROUP_REMOVE_RECURSIVE | CGROUP_REMOVE_PATIENT
				     : 0,
			     err);
}
