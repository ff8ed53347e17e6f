// SPDX-License-Identifier: Apache-2.0
/* The control groups of a config: the path, the limits, the device filter, and what is seen. */
#include "plan-oci.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include "parse.h"
#include "uapi.h"

enum { RWM = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD };

/* What every container may use, whatever its config says (config-linux.md, "Default Devices"),
 * and mknod(2) of any node, which gives no access to it. */
static const struct device_rule always[] = {
	{1, 'c', -1, -1, DEVICE_MKNOD},
	{1, 'b', -1, -1, DEVICE_MKNOD},
	{1, 'c', 1, 3, RWM},
	{1, 'c', 1, 5, RWM},
	{1, 'c', 1, 7, RWM},
	{1, 'c', 1, 8, RWM},
	{1, 'c', 1, 9, RWM},
	{1, 'c', 5, 0, RWM},
	{1, 'c', 5, 2, RWM},
	{1, 'c', 136, -1, RWM},
};

/* Nothing is allowed at first; then the config's rules in order, then what always is. */
static const struct device_rule *device_rules(struct oci_planner *p, uint32_t *ret_n)
{
	const struct spec_resources *r = p->spec->linux_.resources;
	uint32_t asked = r ? r->n_devices : 0, n = 0;
	struct device_rule *rules =
		arena_array(p->a, struct device_rule, asked + ARRAY_SIZE(always) + 1);

	rules[n++] = (struct device_rule){0, 'a', -1, -1, RWM};
	for (uint32_t i = 0; i < asked; i++) {
		const struct spec_device_rule *d = &r->devices[i];

		rules[n++] = (struct device_rule){d->allow, d->type, d->major, d->minor,
						  d->access ? d->access : RWM};
	}
	memcpy(rules + n, always, sizeof(always));
	*ret_n = n + ARRAY_SIZE(always);
	return rules;
}

/* --- the group --- */

/* All that is ours to use: engines read statistics and set limits later in any of them. */
static void take_all(const struct cgroup_layout *l, struct cgroup_request *q)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (!l->h[i].base || l->h[i].readonly)
			continue;
		q->also |= 1U << i;
		q->wished |= l->h[i].controllers;
	}
}

static int add_tasks(struct oci_planner *p, const struct cgroup_plan *plan,
		     const struct cgroup_limits *limits)
{
	struct container_plan *c = &p->plan->container;

	c->cgroup = plan;
	c->tight = cgroup_limits_tight(limits);
	for (uint32_t i = 0; i < plan->n_in && i < STATE_CGROUPS_MAX; i++) {
		int handle;

		p->state->cgroups[i] = cgroup_plan_path(p->a, plan, i);
		if (plan->in[i].version != 1)
			continue;
		handle = oci_add_handle(
			p, (struct handle_plan){.kind = HANDLE_TASKS,
						.path = arena_printf(p->a, "%s/tasks",
								     p->state->cgroups[i]),
						.index = i});
		if (handle < 0)
			return handle;
		if (c->n_tasks++ == 0)
			c->first_task = handle;
	}
	return 0;
}

/* The group is given to the container's user when it can be of use there, and only then: groups of
 * its own below it, in a writable view (config-linux.md, "Cgroup ownership"). */
static void plan_owner(struct oci_planner *p, struct cgroup_request *request)
{
	const struct idmap *map = &p->plan->ids.uid;
	uint32_t uid = p->spec->process->user.uid;
	bool seen = false;

	for (uint32_t i = 0; i < p->spec->n_mounts; i++) {
		const struct spec_mount *m = &p->spec->mounts[i];

		seen |= m->source && strcmp(m->source, "cgroup") == 0 &&
			strcmp(m->destination, "/sys/fs/cgroup") == 0 &&
			!(m->set & MOUNT_ATTR_RDONLY);
	}
	if (!seen || !(p->plan->namespaces.create & CLONE_NEWCGROUP))
		return;
	for (uint32_t i = 0; i < map->n; i++) {
		const struct idmap_range *r = &map->ranges[i];

		if (uid < r->inside || uid - r->inside >= r->count)
			continue;
		request->flags |= CGROUP_OWN;
		request->owner = uid - r->inside + r->outside;
	}
}

/* Groups are the machine's: root of a user namespace is an ordinary user there. */
static bool is_root(const struct oci_planner *p)
{
	return p->facts->administrator && !p->facts->nested;
}

int oci_plan_cgroup(struct oci_planner *p)
{
	const char *path = p->spec->linux_.cgroups_path;
	struct cgroup_limits limits;
	struct cgroup_request request = {
		.path = path && *path ? path : arena_printf(p->a, "kokon-oci/%s", p->q->id),
		.limits = &limits,
		.flags = CGROUP_MAKE_ROOM | CGROUP_OPTIONAL | CGROUP_START | CGROUP_EMPTY,
	};
	struct cgroup_plan *plan = NULL;
	int r = oci_limits(p->a, p->spec->linux_.resources, &limits, p->err);

	if (r < 0 || p->q->no_cgroups || !p->layout)
		return r;
	if (p->q->systemd)
		r = scope_make_plan(p->a, path, p->q->id, !is_root(p), p->facts->systemd_helper,
				    &limits, &p->plan->container.scope, &request.path, p->err);
	if (r < 0)
		return err_context(p->err, "linux.cgroupsPath");
	if (p->plan->container.scope.user)
		request.flags |= CGROUP_ENTERED;
	take_all(p->layout, &request);
	plan_owner(p, &request);
	if (is_root(p) && request.also)
		request.devices = device_rules(p, &request.n_devices);
	if (!request.also && !cgroup_limits_any(&limits))
		return 0;
	r = cgroup_make_plan(p->a, p->layout, &request, &plan, p->err);
	/* An ordinary user's engine names a group that only root could make; without limits nothing
	 * is lost. */
	if (r < 0 && !is_root(p) && !cgroup_limits_any(&limits)) {
		*p->err = (struct err){0};
		return 0;
	}
	if (r < 0)
		return err_context(p->err, "linux.cgroupsPath '%s'", request.path);
	if (!plan->n_in && (limits.n_raw || limits.n_settings)) {
		err_set(p->err, EACCES, "linux.resources: no control group is delegated to you");
		return err_remedy(p->err, "run it in a delegated group: systemd-run --user --scope "
					  "-p Delegate=yes COMMAND; or run it as root");
	}
	return plan->n_in ? add_tasks(p, plan, &limits) : 0;
}

/* --- what the container sees --- */

/* The options that name a hierarchy of version 1, from its label: "cpu,cpuacct", "name=systemd";
 * and the name of its directory. */
static const char *const *hierarchy_options(struct arena *a, const struct cgroup_place *place,
					    const char **ret_name)
{
	const char **options = arena_array(a, const char *, 2 * CGROUP_N_CONTROLLERS + 8);
	const char *list = place->label, *field;
	size_t n = 0, len;

	options[n++] = arena_strdup(a, "source");
	options[n++] = arena_strdup(a, "cgroup");
	*ret_name = arena_strdup(a, "unified");
	if (place->version == 2)
		return options;
	*ret_name = arena_strdup(a, place->label);
	if (strncmp(list, "name=", 5) == 0) {
		*ret_name = arena_strdup(a, list + 5);
		options[n++] = arena_strdup(a, "none");
		options[n++] = NULL;
		options[n++] = arena_strdup(a, "name");
		options[n++] = *ret_name;
		return options;
	}
	while (n < 2 * CGROUP_N_CONTROLLERS + 4 && next_field(&list, ',', &field, &len)) {
		options[n] = arena_strndup(a, field, len);
		n += 2;
	}
	return options;
}

/* "cpu" -> "cpu,cpuacct", as programs look for each controller by its name. */
static uint32_t links(struct arena *a, const char *target, const char *name, struct mount_op *ops,
		      uint32_t room)
{
	const char *list = name, *field;
	uint32_t n = 0;
	size_t len;

	if (!strchr(name, ','))
		return 0;
	while (n < room && next_field(&list, ',', &field, &len))
		ops[n++] = (struct mount_op){.kind = MOUNT_LINK,
					     .target = arena_printf(a, "%s/%.*s", target, (int)len,
								    field),
					     .source = name};
	return n;
}

static struct mount_op group_mount(struct oci_planner *p, uint32_t version, const char *target,
				   const char *const *options, const struct spec_mount *m)
{
	return (struct mount_op){
		.kind = MOUNT_FILESYSTEM,
		.flags = MOUNT_MAKE_DIRECTORY,
		.target = target,
		.type = arena_strdup(p->a, version == 2 ? "cgroup2" : "cgroup"),
		.source = arena_strdup(p->a, "cgroup"),
		.options = options,
		.set = m->set & ~(uint64_t)MOUNT_ATTR__ATIME,
	};
}

/* Without a cgroup namespace a new mount would show the machine's groups: its own directory. */
static int group_tree(struct oci_planner *p, const char *path, const char *target,
		      const struct spec_mount *m, struct mount_op *ret)
{
	int handle =
		oci_add_handle(p, (struct handle_plan){.kind = HANDLE_TREE,
						       .path = path,
						       .set = m->set & ~(uint64_t)MOUNT_ATTR__ATIME,
						       .propagation = MS_PRIVATE,
						       .inside = !p->facts->administrator});

	*ret = (struct mount_op){.kind = MOUNT_TREE,
				 .flags = MOUNT_MAKE_DIRECTORY,
				 .target = target,
				 .source = arena_strdup(p->a, path),
				 .handle = handle};
	return handle < 0 ? handle : 0;
}

static int one_group(struct oci_planner *p, uint32_t i, const char *target,
		     const char *const *options, const struct spec_mount *m, struct mount_op *ret)
{
	const struct cgroup_plan *group = p->plan->container.cgroup;

	if (!(p->plan->namespaces.create & CLONE_NEWCGROUP))
		return group_tree(p, p->state->cgroups[i], target, m, ret);
	*ret = group_mount(p, group->in[i].version, target, options, m);
	return 0;
}

int oci_plan_group_mounts(struct oci_planner *p, const struct spec_mount *m, struct mount_op *ops,
			  uint32_t room)
{
	const struct cgroup_plan *group = p->plan->container.cgroup;
	const char *target =
		arena_printf(p->a, "%s%s", m->destination[0] == '/' ? "" : "/", m->destination);
	const char **tmpfs = arena_array(p->a, const char *, 6);
	const char **names;
	uint32_t n = 0;
	int r = 0;

	tmpfs[0] = arena_strdup(p->a, "source");
	tmpfs[1] = arena_strdup(p->a, "cgroup");
	if (!group) {
		/* None of its own: an ordinary user sees what there is. */
		r = group_tree(p, "/sys/fs/cgroup", target, m, ops);
		p->handles[ops[0].handle].recursive = r == 0;
		return r < 0 ? r : 1;
	}
	if (group->n_in == 1 && group->in[0].version == 2) {
		r = one_group(p, 0, target, tmpfs, m, &ops[0]);
		return r < 0 ? r : 1;
	}
	if (room < 3 * group->n_in + 2)
		return err_set(p->err, E2BIG, "more mounts than there is room for");
	names = arena_array(p->a, const char *, group->n_in + 1);
	tmpfs[2] = arena_strdup(p->a, "mode");
	tmpfs[3] = arena_strdup(p->a, "755");
	ops[n++] = (struct mount_op){.kind = MOUNT_FILESYSTEM,
				     .flags = MOUNT_MAKE_DIRECTORY,
				     .target = target,
				     .type = arena_strdup(p->a, "tmpfs"),
				     .source = tmpfs[1],
				     .options = tmpfs,
				     .directories = names,
				     .set = m->set &
					    ~(uint64_t)(MOUNT_ATTR_RDONLY | MOUNT_ATTR__ATIME)};
	for (uint32_t i = 0; r == 0 && i < group->n_in; i++) {
		const char *name;
		const char *const *options = hierarchy_options(p->a, &group->in[i], &name);

		names[i] = name;
		r = one_group(p, i, arena_printf(p->a, "%s/%s", target, name), options, m, &ops[n]);
		n += r == 0;
		n += r == 0 ? links(p->a, target, name, ops + n, group->n_in) : 0;
	}
	if (r == 0 && (m->set & MOUNT_ATTR_RDONLY))
		ops[n++] = (struct mount_op){.kind = MOUNT_ATTRIBUTES,
					     .target = target,
					     .set = MOUNT_ATTR_RDONLY};
	return r < 0 ? r : (int)n;
}
