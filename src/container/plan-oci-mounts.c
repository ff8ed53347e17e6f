// SPDX-License-Identifier: Apache-2.0
/* The root and the mounts of a config, as operations. */
#include "plan-oci.h"

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include "uapi.h"

enum { OPS_MAX = 1024 };

struct ops {
	struct oci_planner *p;
	struct mount_op *op;
	uint32_t n;
};

static int add(struct ops *ops, struct mount_op op)
{
	struct arena *a = ops->p->a;

	if (ops->n == OPS_MAX)
		return err_set(ops->p->err, E2BIG, "more than %d mounts", OPS_MAX);
	op.target = arena_strdup(a, op.target);
	op.type = arena_strdup(a, op.type);
	op.source = arena_strdup(a, op.source);
	op.why = arena_strdup(a, op.why);
	ops->op[ops->n++] = op;
	return 0;
}

static int plan_root(struct oci_planner *p)
{
	uint64_t propagation = p->spec->linux_.rootfs_propagation;
	struct mount_op *before = arena_array(p->a, struct mount_op, 1);
	int r = oci_add_handle(p, (struct handle_plan){
					  .kind = HANDLE_TREE,
					  .recursive = 1,
					  .path = p->q->rootfs,
					  .propagation =
						  propagation ? propagation & ~MS_REC : MS_SLAVE,
					  .inside = !p->facts->administrator,
				  });

	if (r < 0)
		return r;
	p->plan->container.root = r;
	p->plan->container.readonly_root = p->spec->root->readonly;
	before[0] =
		(struct mount_op){.kind = MOUNT_PROPAGATE,
				  .flags = MOUNT_RECURSIVE,
				  .target = arena_strdup(p->a, "/"),
				  .propagation = MS_SLAVE,
				  .why = arena_strdup(p->a, "no mount made here is seen outside")};
	p->plan->before_root = (struct mounts_plan){before, 1};
	return 0;
}

/* --- one mount --- */

static const struct mount_change *change_of(struct oci_planner *p, const struct spec_mount *m,
					    bool top)
{
	struct mount_change *change = arena_new(p->a, struct mount_change);
	uint64_t *propagations = arena_array(p->a, uint64_t, m->n_propagations);

	if (top) {
		change->set = m->set;
		change->clear = m->clear;
	}
	change->rec_set = m->rec_set;
	change->rec_clear = m->rec_clear;
	for (uint32_t i = 0; i < m->n_propagations; i++)
		propagations[i] = m->propagations[i];
	change->propagations = propagations;
	change->n_propagations = m->n_propagations;
	return change;
}

static const char *absolute(struct arena *a, const char *base, const char *path)
{
	return path[0] == '/' ? path : arena_printf(a, "%s/%s", base, path);
}

static int plan_bind(struct ops *ops, const struct spec_mount *m, const char *target)
{
	struct oci_planner *p = ops->p;
	const char *source;
	int handle;

	if (!m->source)
		return err_set(p->err, 0, "a bind mount on '%s' has no source", m->destination);
	source = absolute(p->a, p->q->bundle, m->source);
	handle = oci_add_handle(p, (struct handle_plan){.kind = HANDLE_TREE,
							.recursive = m->recursive_bind,
							.path = source,
							.change = change_of(p, m, true),
							.inside = !p->facts->administrator});
	if (handle < 0)
		return handle;
	return add(ops, (struct mount_op){.kind = MOUNT_TREE,
					  .flags = MOUNT_MAKE_LIKE,
					  .target = target,
					  .source = source,
					  .handle = handle});
}

static const struct {
	uint64_t flag;
	const char *option;
} superblock[] = {
	{MS_SYNCHRONOUS, "sync"}, {MS_DIRSYNC, "dirsync"}, {MS_LAZYTIME, "lazytime"},
	{MS_MANDLOCK, "mand"},    {MS_SILENT, "silent"},   {MS_I_VERSION, "iversion"},
};

static const char *const *options_of(struct arena *a, const struct spec_mount *m)
{
	const char **o =
		arena_array(a, const char *, 2 * (m->n_fs_options + ARRAY_SIZE(superblock)) + 4);
	size_t n = 0;

	o[n++] = arena_strdup(a, "source");
	o[n++] = arena_strdup(a, m->source && *m->source ? m->source : m->type);
	for (size_t i = 0; i < ARRAY_SIZE(superblock); i++) {
		if (!(m->sb_set & superblock[i].flag))
			continue;
		o[n] = arena_strdup(a, superblock[i].option);
		n += 2;
	}
	for (uint32_t i = 0; i < m->n_fs_options; i++) {
		o[n++] = arena_strdup(a, m->fs_options[i].key);
		o[n++] = arena_strdup(a, m->fs_options[i].value);
	}
	return o;
}

/* These two must be what they are called, or what is hidden in them is not. */
static uint32_t link_flags(const char *type)
{
	return strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0 ? MOUNT_NO_LINKS : 0;
}

static int plan_filesystem(struct ops *ops, const struct spec_mount *m, const char *target)
{
	struct oci_planner *p = ops->p;

	if (!m->type || !*m->type)
		return err_set(p->err, 0, "the mount on '%s' has no type", m->destination);
	return add(ops, (struct mount_op){.kind = MOUNT_FILESYSTEM,
					  .flags = MOUNT_MAKE_DIRECTORY | link_flags(m->type) |
						   (m->tmpcopyup ? MOUNT_COPY_UP : 0),
					  .target = target,
					  .type = m->type,
					  .source = m->source,
					  .options = options_of(p->a, m),
					  .set = m->set,
					  .change = change_of(p, m, false)});
}

static int plan_mount(struct ops *ops, const struct spec_mount *m)
{
	struct oci_planner *p = ops->p;
	const char *target = absolute(p->a, "", m->destination);
	int r;

	if (m->remount)
		return add(ops, (struct mount_op){.kind = MOUNT_ATTRIBUTES,
						  .target = target,
						  .change = change_of(p, m, true)});
	if (m->bind)
		return plan_bind(ops, m, target);
	if (m->type && (strcmp(m->type, "cgroup") == 0 || strcmp(m->type, "cgroup2") == 0)) {
		r = oci_plan_group_mounts(p, m, ops->op + ops->n, OPS_MAX - ops->n);
		ops->n += r > 0 ? (uint32_t)r : 0;
		return r < 0 ? r : 0;
	}
	return plan_filesystem(ops, m, target);
}

int oci_plan_mounts(struct oci_planner *p)
{
	struct ops ops = {p, arena_array(p->a, struct mount_op, OPS_MAX), 0};
	int r = plan_root(p);

	for (uint32_t i = 0; r == 0 && i < p->spec->n_mounts; i++) {
		r = plan_mount(&ops, &p->spec->mounts[i]);
		if (r < 0)
			return err_context(p->err, "mounts[%u]", i);
	}
	p->plan->mounts = (struct mounts_plan){ops.op, ops.n};
	return r;
}
