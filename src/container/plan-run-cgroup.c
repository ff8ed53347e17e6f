// SPDX-License-Identifier: Apache-2.0
/* The control group of a container, and what it sees of it in /sys/fs/cgroup. */
#include "plan-run.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include "uapi.h"

static const struct device_rule default_devices[] = {
	{.allow = 0,
	 .type = 'a',
	 .major = -1,
	 .minor = -1,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1, .type = 'c', .major = -1, .minor = -1, .access = DEVICE_MKNOD},
	{.allow = 1, .type = 'b', .major = -1, .minor = -1, .access = DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 1,
	 .minor = 3,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 1,
	 .minor = 5,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 1,
	 .minor = 7,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 1,
	 .minor = 8,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 1,
	 .minor = 9,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 5,
	 .minor = 0,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 5,
	 .minor = 2,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
	{.allow = 1,
	 .type = 'c',
	 .major = 136,
	 .minor = -1,
	 .access = DEVICE_READ | DEVICE_WRITE | DEVICE_MKNOD},
};

int plan_run_cgroup(struct run_planner *p, const struct cgroup_layout *layout, struct state *state)
{
	bool filter = !p->q->privileged && !p->facts->nested && !run_has_user_namespace(p);
	struct cgroup_request request = {
		.path = arena_printf(p->a, "%s/%s",
				     p->q->cgroup_parent ? p->q->cgroup_parent : "kokon",
				     p->q->name),
		.limits = &p->q->limits,
		.controllers = filter ? CGROUP_BIT(CGROUP_DEVICES) : 0,
		.also = p->q->cgroup_parent && layout ? layout->parents : 0,
		.flags = CGROUP_NEW | CGROUP_MAKE_ROOM | CGROUP_START |
			 (p->q->cgroup_parent ? 0 : CGROUP_OPTIONAL),
		.devices = default_devices,
		.n_devices = filter ? ARRAY_SIZE(default_devices) : 0,
	};
	struct container_plan *c = &p->plan->container;
	struct cgroup_plan *plan;
	int r;

	if (p->q->cgroups_disabled) {
		if (!cgroup_limits_any(&p->q->limits))
			return 0;
		err_set(p->err, 0,
			"limits need a control group, and --cgroups=disabled forbids one");
		return err_remedy(p->err, "leave out one of them");
	}
	r = cgroup_make_plan(p->a, layout, &request, &plan, p->err);
	if (r < 0 || plan->n_in == 0)
		return r;
	c->cgroup = plan;
	c->tight = cgroup_limits_tight(&p->q->limits);
	for (uint32_t i = 0; i < plan->n_in && i < STATE_CGROUPS_MAX; i++) {
		state->cgroups[i] = cgroup_plan_path(p->a, plan, i);
		if (plan->in[i].version != 1)
			continue;
		r = run_add_handle(p, (struct handle_plan){.kind = HANDLE_TASKS,
							   .path = arena_printf(p->a, "%s/tasks",
										state->cgroups[i]),
							   .index = i});
		if (r < 0)
			return r;
		if (c->n_tasks++ == 0)
			c->first_task = r;
	}
	return 0;
}

/* --- what the container sees --- */

/* "memory", NULL …: the options that name a v1 hierarchy, and where it is seen. */
static const char *const *hierarchy_options(struct run_planner *p, const struct cgroup_place *place,
					    const char **ret_target)
{
	OUT_CLEANUP struct out name = {0};
	const char **options = arena_array(p->a, const char *, 2 * CGROUP_N_CONTROLLERS + 4);
	size_t n = 0;

	options[n++] = arena_strdup(p->a, "source");
	options[n++] = arena_strdup(p->a, "cgroup");
	for (int c = 0; place->version == 1 && c < CGROUP_N_CONTROLLERS; c++) {
		if (!(place->controllers & CGROUP_BIT(c)))
			continue;
		options[n] =
			arena_strdup(p->a, cgroup_controller_name((enum cgroup_controller)c, 1));
		out_printf(&name, "%s%s", name.len ? "," : "", options[n]);
		n += 2;
	}
	*ret_target = arena_printf(p->a, "/sys/fs/cgroup/%s", name.len ? name.text : "unified");
	return options;
}

static struct mount_op group_mount(struct run_planner *p, const char *type, const char *target,
				   const char *const *options)
{
	return (struct mount_op){
		.kind = MOUNT_FILESYSTEM,
		.flags = MOUNT_MAKE_DIRECTORY,
		.target = arena_strdup(p->a, target),
		.type = arena_strdup(p->a, type),
		.options = options,
		.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY,
	};
}

uint32_t run_plan_group_mounts(struct run_planner *p, struct mount_op *ops, uint32_t room)
{
	const struct cgroup_plan *group = p->plan->container.cgroup;
	const char **source = arena_array(p->a, const char *, 6);
	uint32_t n = 0;

	if (!group || !(p->plan->namespaces.create & CLONE_NEWCGROUP) || run_has_user_namespace(p))
		return 0;
	source[0] = arena_strdup(p->a, "source");
	source[1] = arena_strdup(p->a, "cgroup");
	if (group->n_in == 1 && group->in[0].version == 2 && room > 0) {
		ops[0] = group_mount(p, "cgroup2", "/sys/fs/cgroup", source);
		ops[0].why = arena_strdup(p->a, "its own control group, read-only");
		return 1;
	}
	if (!cgroup_limits_any(&p->q->limits) || room < group->n_in + 2)
		return 0;
	source[2] = arena_strdup(p->a, "mode");
	source[3] = arena_strdup(p->a, "755");
	ops[n] = group_mount(p, "tmpfs", "/sys/fs/cgroup", source);
	ops[n].set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
	ops[n++].why =
		arena_strdup(p->a,
			     "its own control groups, read-only: one directory for each hierarchy");
	for (uint32_t i = 0; i < group->n_in; i++) {
		const char *target;
		const char *const *options = hierarchy_options(p, &group->in[i], &target);

		if (group->in[i].version == 2 || group->in[i].controllers)
			ops[n++] = group_mount(p, group->in[i].version == 2 ? "cgroup2" : "cgroup",
					       target, options);
	}
	ops[n++] = (struct mount_op){.kind = MOUNT_ATTRIBUTES,
				     .target = arena_strdup(p->a, "/sys/fs/cgroup"),
				     .set = MOUNT_ATTR_RDONLY};
	return n;
}
