// SPDX-License-Identifier: Apache-2.0
/*
 * Planning of groups: from a name and limits to directories and writes. Pure.
 *
 * 1. Which controllers are needed follows from the limits (cgroup-limits.c).
 * 2. Which hierarchies take part: the one of each such controller, and v2 where there is one.
 *    No more: each directory costs a tenth of a millisecond to make and to remove.
 * 3. Per hierarchy: checks, directories from the base down (on v2 each parent enables the
 *    controllers for its children first; on v1 a cpuset is filled from its parent), then the
 *    values from the driver of that version.
 */
#include "cgroup-limits.h"

#include <string.h>

/* ---- which hierarchies ------------------------------------------------------------------ */

static int refuse_absent(const struct cgroup_layout *l, enum cgroup_controller c, struct err *err)
{
	const char *name = cgroup_controller_name(c, 1);

	if (l->mode == CGROUP_MODE_NONE) {
		err_set(err, ENOENT,
			"cannot use the controller '%s': no cgroup file system is mounted", name);
		return err_remedy(err, "as root: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	}
	if (l->disabled & CGROUP_BIT(c)) {
		err_set(err, ENOENT, "the controller '%s' is switched off", name);
		return err_remedy(err, "boot without cgroup_disable=%s", name);
	}
	if (l->known & CGROUP_BIT(c)) {
		err_set(err, ENOENT,
			"the controller '%s' is not mounted where this process can see it", name);
		return err_remedy(err,
				  "as root: mkdir -p /sys/fs/cgroup/%s && mount -t cgroup -o %s "
				  "cgroup /sys/fs/cgroup/%s",
				  name, name, name);
	}
	return err_set(err, ENOENT, "this kernel has no controller '%s'", name);
}

static int refuse_undelegated(const struct cgroup_layout *l, const struct cgroup_hierarchy *h,
			      enum cgroup_controller c, struct err *err)
{
	const char *name = cgroup_controller_name(c, h->version);

	if (h->readonly) {
		err_set(err, EROFS, "cannot use the controller '%s': '%s' is mounted read-only",
			name, h->mount);
		return err_remedy(err, "mount -o remount,rw '%s'", h->mount);
	}
	err_set(err, EACCES, "the controller '%s' is not delegated to %s", name,
		l->euid ? "you" : "this user namespace");
	if (h->version == 2 && h->base)
		return err_remedy(
			err,
			"as root: systemctl edit user@%u.service, add [Service] Delegate=cpu "
			"cpuset io memory pids, and log in again; without systemd: echo +%s >> "
			"%s/cgroup.subtree_control in every group from the top down to '/%s'",
			l->euid, name, h->mount, h->base);
	if (h->version == 2)
		return err_remedy(err, "run it in a delegated group: systemd-run --user --scope -p "
				       "Delegate=yes COMMAND; or run it as root");
	return err_remedy(err,
			  "run it as root; or have root make a group for you in '%s', give it to "
			  "you with chown -R, and move your shell into it",
			  h->mount);
}

/* The controllers that v2 groups have without being asked. */
#define V2_BUILT_IN                                                                                \
	(CGROUP_BIT(CGROUP_FREEZER) | CGROUP_BIT(CGROUP_DEVICES) | CGROUP_BIT(CGROUP_CPUACCT) |    \
	 CGROUP_BIT(CGROUP_PERF_EVENT))

/* use[i]: the controllers taken from hierarchy i. */
static int choose_one(const struct cgroup_layout *l, enum cgroup_controller c, uint32_t use[],
		      struct err *err)
{
	int v2 = cgroup_layout_v2(l), i = cgroup_layout_find(l, c);

	if (i < 0 && v2 >= 0 && (V2_BUILT_IN & CGROUP_BIT(c)))
		i = v2;
	if (i < 0)
		return refuse_absent(l, c, err);
	if (!l->h[i].base || (i == v2 && !((l->h[i].controllers | V2_BUILT_IN) & CGROUP_BIT(c))))
		return refuse_undelegated(l, &l->h[i], c, err);
	use[i] |= CGROUP_BIT(c);
	return 0;
}

/* Without any controller a group still keeps processes together. */
static int choose_any(const struct cgroup_layout *l, struct err *err)
{
	static const enum cgroup_controller liked[] = {CGROUP_FREEZER, CGROUP_PIDS, CGROUP_CPU,
						       CGROUP_MEMORY};

	for (size_t k = 0; k < ARRAY_SIZE(liked); k++) {
		int i = cgroup_layout_find(l, liked[k]);

		if (i >= 0 && l->h[i].base)
			return i;
	}
	for (uint32_t i = 0; i < l->n; i++)
		if (l->h[i].base && !(l->h[i].present & CGROUP_BIT(CGROUP_CPUSET)))
			return (int)i;
	if (l->n == 0) {
		err_set(err, ENOENT, "cannot make a group: no cgroup file system is mounted");
		return err_remedy(err, "as root: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
	}
	err_set(err, EACCES, "cannot make a group: no part of the tree is delegated to you");
	return err_remedy(err, "run it in a delegated group: systemd-run --user --scope -p "
			       "Delegate=yes COMMAND; or run it as root");
}

static int choose(const struct cgroup_layout *l, const struct cgroup_request *r, uint32_t use[],
		  bool take[], struct err *err)
{
	uint32_t need = cgroup_limits_controllers(r->limits) | r->controllers;
	int v2 = cgroup_layout_v2(l), any, e;

	if (r->n_devices)
		need |= CGROUP_BIT(CGROUP_DEVICES);
	for (int c = 0; c < CGROUP_N_CONTROLLERS; c++) {
		if (!(need & CGROUP_BIT(c)))
			continue;
		e = choose_one(l, (enum cgroup_controller)c, use, err);
		if (e < 0)
			return e;
	}
	for (int c = 0; c < CGROUP_N_CONTROLLERS; c++)
		if (r->wished & ~need & CGROUP_BIT(c))
			choose_one(l, (enum cgroup_controller)c, use, NULL);
	for (uint32_t i = 0; i < l->n; i++)
		take[i] = use[i] != 0 || (r->also & (1U << i));
	if (v2 >= 0 && l->h[v2].base && !r->also)
		take[v2] = true;
	for (uint32_t i = 0; i < l->n; i++)
		if (take[i])
			return 0;
	any = choose_any(l, err);
	if (any >= 0)
		take[any] = true;
	else if (r->flags & CGROUP_OPTIONAL)
		*err = (struct err){0};
	else
		return any;
	return 0;
}

/* ---- operations ------------------------------------------------------------------------- */

static const char *join_path(struct arena *a, const char *base, const char *rest)
{
	if (!*base || !*rest)
		return arena_strdup(a, *base ? base : rest);
	return arena_printf(a, "%s/%s", base, rest);
}

static const char *enable_list(struct arena *a, uint32_t controllers)
{
	const char *list = "";

	controllers &= ~(uint32_t)V2_BUILT_IN;
	for (int c = 0; c < CGROUP_N_CONTROLLERS; c++)
		if (controllers & CGROUP_BIT(c))
			list = arena_printf(a, "%s%s+%s", list, *list ? " " : "",
					    cgroup_controller_name((enum cgroup_controller)c, 2));
	return list;
}

/* One directory: what its parent must give first, the directory, what it must inherit. */
static void enable(struct cgroup_writer *w, const char *parent, uint32_t controllers, bool optional)
{
	const char *list = enable_list(w->arena, controllers);

	if (*list)
		cgroup_add_op(
			w, CGROUP_OP_ENABLE, parent, "cgroup.subtree_control", list,
			"a version 2 group gives its children only the controllers listed here")
			->optional = optional;
}

static void add_directory(struct cgroup_writer *w, const struct cgroup_hierarchy *h,
			  const char *parent, const char *dir, bool last)
{
	struct cgroup_op *op;

	if (h->version == 2) {
		enable(w, parent, w->controllers & ~w->wished, false);
		for (int c = 0; c < CGROUP_N_CONTROLLERS; c++)
			enable(w, parent, w->controllers & w->wished & CGROUP_BIT(c), true);
	}
	op = cgroup_add_op(w, CGROUP_OP_MKDIR, dir, NULL, NULL,
			   last ? arena_printf(w->arena, "the group in the hierarchy '%s'",
					       h->label)
				: "a group above it");
	op->last = last;
	if (h->version == 1 && (h->present & CGROUP_BIT(CGROUP_CPUSET))) {
		cgroup_add_op(w, CGROUP_OP_INHERIT, dir, "cpuset.cpus", NULL,
			      "a new version 1 cpuset is empty and takes no process: give it its "
			      "parent's");
		cgroup_add_op(w, CGROUP_OP_INHERIT, dir, "cpuset.mems", NULL,
			      "the same for memory nodes");
	}
}

static void add_directories(struct cgroup_writer *w, const struct cgroup_hierarchy *h,
			    const char *path)
{
	const char *parent = arena_strdup(w->arena, h->base);
	size_t len = 0;

	do {
		const char *dir;

		len += path[len] == '/';
		len += strcspn(path + len, "/");
		dir = join_path(w->arena, h->base, arena_strndup(w->arena, path, len));
		add_directory(w, h, parent, dir, !path[len]);
		parent = dir;
	} while (path[len]);
}

/* Settings of one device, page size or interface. */
static int add_settings(struct cgroup_writer *w, const struct cgroup_hierarchy *h,
			const struct cgroup_limits *l, struct err *err)
{
	for (uint32_t i = 0; l && i < l->n_settings; i++) {
		const struct cgroup_setting *s = &l->settings[i];
		const char *file = h->version == 2 ? s->v2 : s->v1;
		struct cgroup_op *op;

		if (!(w->controllers & CGROUP_BIT(s->controller)))
			continue;
		if (!file && s->optional)
			continue;
		if (!file)
			return err_set(err, ENOTSUP,
				       "cannot set '%s': cgroup version %u has no such setting",
				       s->v1 ? s->v1 : s->v2, h->version);
		op = cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, file,
				   h->version == 2 ? s->value2 : s->value1, s->why);
		op->optional = s->optional;
		op->otherwise = s->otherwise;
	}
	return 0;
}

/* Any file of the group, wherever the specification's future puts it. */
static int check_unified(const struct cgroup_layout *l, const char *file, struct err *err)
{
	int c = cgroup_controller_of_file(file), v2 = cgroup_layout_v2(l);

	if (!*file || strchr(file, '/'))
		return err_set(err, EINVAL, "'%s' is not a file of a group", file);
	if (v2 < 0 || (c >= 0 && cgroup_layout_find(l, (enum cgroup_controller)c) != v2)) {
		err_set(err, ENOTSUP, "cannot set '%s': %s", file,
			v2 < 0 ? "no hierarchy of version 2 is mounted"
			       : "its controller is not in the hierarchy of version 2");
		return err_remedy(err, "on version 1 use the resource's own property instead of "
				       "'unified'");
	}
	return 0;
}

/* Files that are limits or settings; cgroup.procs, cgroup.kill and the like are deeds. */
static int check_raw(const char *file, struct err *err)
{
	static const char *const settings[] = {"cgroup.max.depth", "cgroup.max.descendants",
					       "cgroup.pressure"};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (strcmp(file, settings[i]) == 0)
			return 0;
	if (!strchr(file, '/') && cgroup_controller_of_file(file) >= 0)
		return 0;
	err_set(err, EINVAL, "'%s' is not a file with a limit", file);
	return err_remedy(err, "give a file of a controller, such as 'memory.oom.group', or "
			       "cgroup.max.depth, cgroup.max.descendants, cgroup.pressure");
}

static int add_raw(struct cgroup_writer *w, const struct cgroup_layout *layout,
		   const struct cgroup_hierarchy *h, const struct cgroup_limits *l, struct err *err)
{
	for (uint32_t i = 0; l && i < l->n_raw; i++) {
		int c = cgroup_controller_of_file(l->raw[i].file),
		    r = l->raw[i].unified ? check_unified(layout, l->raw[i].file, err)
					  : check_raw(l->raw[i].file, err);

		if (r < 0)
			return r;
		if (l->raw[i].unified && h->version != 2)
			continue;
		if (c >= 0 ? (w->controllers & CGROUP_BIT(c)) != 0 : h->version == 2)
			cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, l->raw[i].file, l->raw[i].value,
				      "as asked");
	}
	return 0;
}

/* A start takes two processes for a moment, and one more where a small init stays. */
static bool hinders_start(const struct cgroup_op *op)
{
	return strcmp(op->file, "pids.max") == 0 && strlen(op->value) == 1;
}

static int add_place(struct cgroup_writer *w, const struct cgroup_layout *l,
		     const struct cgroup_hierarchy *h, const struct cgroup_request *r,
		     const char *path, struct err *err)
{
	struct cgroup_writer values = {.arena = w->arena,
				       .in = w->in,
				       .dir = w->dir,
				       .fresh = w->fresh,
				       .unchecked = w->unchecked,
				       .controllers = w->controllers};
	int e = h->version == 2 ? cgroup_v2_writes(&values, r, err)
				: cgroup_v1_writes(&values, r, err);

	if (e == 0)
		e = add_settings(&values, h, r->limits, err);
	if (e == 0)
		e = add_raw(&values, l, h, r->limits, err);
	if (e < 0)
		return e;
	if (h->version == 2 && (r->flags & CGROUP_MAKE_ROOM) && h->own && *h->base &&
	    strcmp(h->own, h->base) == 0 && *enable_list(w->arena, w->controllers))
		cgroup_add_op(w, CGROUP_OP_ROOM, h->base, "cgroup.procs", "kokon-self",
			      "version 2 lets only a group without processes give controllers to "
			      "children");
	add_directories(w, h, path);
	for (uint32_t i = 0; i < values.n; i++) {
		const struct cgroup_op *from = &values.ops[i];
		struct cgroup_op *op =
			cgroup_add_op(w, from->kind, from->dir, from->file, from->value, from->why);

		op->accepts = from->accepts;
		op->retry = from->retry;
		op->optional = from->optional;
		op->otherwise = from->otherwise;
		op->late = (r->flags & CGROUP_START) && hinders_start(op);
	}
	return 0;
}

/* Everything that only looks comes before everything that changes. The order within is kept. */
static void checks_first(struct arena *a, struct cgroup_writer *w)
{
	struct cgroup_op *sorted = arena_array(a, struct cgroup_op, w->n + 1);
	uint32_t n = 0;

	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < w->n; i++)
			if ((w->ops[i].kind == CGROUP_OP_CHECK) == (pass == 0))
				sorted[n++] = w->ops[i];
	w->ops = sorted;
}

static void add_adoption(struct cgroup_writer *w, const struct cgroup_place *in, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < n; j++) {
			if (i == j)
				continue;
			w->in = i;
			cgroup_add_op(
				w, CGROUP_OP_ADOPT, in[i].dir, "cgroup.procs", NULL,
				"a hierarchy that is new to the group takes its processes too")
				->from = j;
		}
	}
}

static void fill_plan(struct arena *a, struct cgroup_plan *p, const struct cgroup_request *r)
{
	struct device_rule *devices = arena_array(a, struct device_rule, r->n_devices + 1);

	if (r->n_devices)
		memcpy(devices, r->devices, r->n_devices * sizeof(*devices));
	p->devices = devices;
	p->flags = r->flags;
	p->owner = r->owner;
}

int cgroup_make_plan(struct arena *a, const struct cgroup_layout *l, const struct cgroup_request *r,
		     struct cgroup_plan **ret, struct err *err)
{
	struct cgroup_plan *p = arena_new(a, struct cgroup_plan);
	struct cgroup_place *in = arena_array(a, struct cgroup_place, CGROUP_MAX_HIERARCHIES);
	struct cgroup_writer w = {.arena = a,
				  .fresh = (r->flags & (CGROUP_NEW | CGROUP_EMPTY)) != 0,
				  .unchecked = (r->flags & CGROUP_UNCHECKED) != 0};
	uint32_t use[CGROUP_MAX_HIERARCHIES] = {0};
	bool take[CGROUP_MAX_HIERARCHIES] = {0};
	int e = cgroup_path_check(a, l, r->path, &p->path, err), v2 = cgroup_layout_v2(l);

	if (e == 0 && !*p->path)
		e = err_set(err, 0, "the top of the tree is no group to make or limit");
	if (e == 0)
		e = choose(l, r, use, take, err);
	for (uint32_t k = 0; e == 0 && k < l->n; k++) {
		/* v2 comes first */
		uint32_t i = v2 < 0 ? k : k == 0 ? (uint32_t)v2 : k <= (uint32_t)v2 ? k - 1 : k;
		const struct cgroup_hierarchy *h = &l->h[i];

		if (!take[i])
			continue;
		w.in = p->n_in;
		w.dir = join_path(a, h->base, p->path);
		w.controllers = use[i];
		w.wished = r->wished & ~(cgroup_limits_controllers(r->limits) | r->controllers);
		in[p->n_in++] = (struct cgroup_place){h->version,
						      use[i],
						      arena_strdup(a, h->label),
						      arena_strdup(a, h->mount),
						      w.dir,
						      arena_strdup(a, h->base)};
		if (h->version == 2 && (use[i] & CGROUP_BIT(CGROUP_DEVICES)))
			p->n_devices = r->n_devices;
		e = add_place(&w, l, h, r, p->path, err);
	}
	if (e < 0)
		return e;
	if (r->flags & CGROUP_ADOPT)
		add_adoption(&w, in, p->n_in);
	checks_first(a, &w);
	fill_plan(a, p, r);
	p->in = in;
	p->ops = w.ops;
	p->n_ops = w.n;
	for (uint32_t i = 0; i < w.n; i++)
		p->n_late += w.ops[i].late;
	*ret = p;
	return 0;
}

const char *cgroup_plan_path(struct arena *a, const struct cgroup_plan *p, uint32_t i)
{
	return arena_printf(a, "%s/%s", p->in[i].mount, p->in[i].dir);
}
