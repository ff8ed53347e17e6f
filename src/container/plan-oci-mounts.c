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

/* What is done when everything is mounted: what was left writable until then, the root itself. */
static int add_late(struct oci_planner *p, struct mount_op op)
{
	if (p->n_late == OCI_LATE_MAX)
		return err_set(p->err, E2BIG, "more than %d read-only file systems", OCI_LATE_MAX);
	op.target = arena_strdup(p->a, op.target);
	p->late[p->n_late++] = op;
	return 0;
}

/* Of the tree that becomes the root: never a peer of the machine's mounts. An unbindable mount
 * cannot be copied, which read-only paths need, so that is set last, as is a new peer group. */
static int plan_root(struct oci_planner *p)
{
	uint64_t asked = p->spec->linux_.rootfs_propagation, kind = asked & ~(uint64_t)MS_REC;
	int r = oci_add_handle(p, (struct handle_plan){
					  .kind = HANDLE_TREE,
					  .recursive = 1,
					  .path = p->q->rootfs,
					  .propagation = kind == MS_PRIVATE ? MS_PRIVATE : MS_SLAVE,
					  .inside = !p->facts->administrator,
				  });

	if (r < 0)
		return r;
	p->plan->container.root = r;
	p->plan->container.readonly_root = p->spec->root->readonly;
	plan_part_from_host(p->a, p->plan);
	if (kind != MS_SHARED && kind != MS_UNBINDABLE)
		return 0;
	return add_late(p, (struct mount_op){.kind = MOUNT_PROPAGATE,
					     .flags = asked & MS_REC ? MOUNT_RECURSIVE : 0,
					     .target = "/",
					     .propagation = kind});
}

/* --- changes --- */

/* A map as it is written in the namespace that has it: its ids stay what they are there. */
static struct idmap as_inside(struct arena *a, const struct idmap *map)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, map->n);

	for (uint32_t i = 0; i < map->n; i++)
		ranges[i] = (struct idmap_range){map->ranges[i].inside, map->ranges[i].inside,
						 map->ranges[i].count};
	return (struct idmap){ranges, map->n};
}

/* The container's user namespace, when it is one that exists. */
static int joined_userns(const struct oci_planner *p)
{
	const struct namespaces_plan *n = &p->plan->namespaces;

	for (uint32_t i = 0; i < n->n_joins; i++)
		if (n->joins[i].type == NAMESPACE_USER)
			return n->joins[i].handle;
	return -1;
}

static bool same_map(const struct idmap *a, const struct idmap *b)
{
	return a->n == b->n && memcmp(a->ranges, b->ranges, a->n * sizeof(*a->ranges)) == 0;
}

/* A handle of the namespace that maps this mount's ids; one for all mounts with the same map. */
static int plan_userns(struct oci_planner *p, const struct spec_mount *m, bool inside)
{
	struct idmap_plan *map = arena_new(p->a, struct idmap_plan);

	map->uid = oci_ranges(p->a, &m->uid_map);
	map->gid = oci_ranges(p->a, &m->gid_map);
	if (!map->uid.n && !map->gid.n) {
		if (joined_userns(p) >= 0)
			return joined_userns(p);
		map->uid = inside ? as_inside(p->a, &p->plan->ids.uid) : p->plan->ids.uid;
		map->gid = inside ? as_inside(p->a, &p->plan->ids.gid) : p->plan->ids.gid;
	}
	if (!map->uid.n || !map->gid.n) {
		err_set(p->err, 0, "option '%s' without %s",
			m->idmap == SPEC_IDMAP_RECURSIVE ? "ridmap" : "idmap",
			map->uid.n   ? "gidMappings"
			: map->gid.n ? "uidMappings"
				     : "uidMappings and gidMappings");
		return err_remedy(p->err, "give both for this mount, or let the container have a "
					  "user namespace with maps of its own");
	}
	for (uint32_t i = 0; i < p->plan->n_handles; i++) {
		const struct handle_plan *h = &p->handles[i];

		if (h->kind == HANDLE_USERNS && h->inside == inside &&
		    same_map(&h->map->uid, &map->uid) && same_map(&h->map->gid, &map->gid))
			return (int)i;
	}
	return oci_add_handle(p, (struct handle_plan){.kind = HANDLE_USERNS,
						      .path = m->destination,
						      .map = map,
						      .inside = inside});
}

/* What a mount asks for besides being made. `top`: attributes of its own too; `base`: the
 * propagation that it has without one of its own. */
static int plan_change(struct oci_planner *p, const struct spec_mount *m, bool top, uint64_t base,
		       const struct mount_change **ret)
{
	struct mount_change *change = arena_new(p->a, struct mount_change);
	uint64_t *propagations = arena_array(p->a, uint64_t, m->n_propagations + 1);
	uint32_t n = 0;

	if (m->idmap != SPEC_IDMAP_NONE) {
		int r = plan_userns(p, m, !p->facts->administrator);

		if (r < 0)
			return r;
		change->userns = r;
		change->idmap =
			m->idmap == SPEC_IDMAP_RECURSIVE ? MOUNT_IDMAP_RECURSIVE : MOUNT_IDMAP_TOP;
	}
	if (top) {
		change->set = m->set;
		change->clear = m->clear;
	}
	change->rec_set = m->rec_set;
	change->rec_clear = m->rec_clear;
	if (base)
		propagations[n++] = base;
	for (uint32_t i = 0; i < m->n_propagations; i++)
		propagations[n++] = m->propagations[i];
	change->propagations = propagations;
	change->n_propagations = n;
	*ret = change;
	return 0;
}

/* --- one mount --- */

static const char *absolute(struct arena *a, const char *base, const char *path)
{
	return path[0] == '/' ? path
			      : arena_printf(a, "%s/%s", strcmp(base, "/") != 0 ? base : "", path);
}

static int plan_bind(struct ops *ops, const struct spec_mount *m, const char *target)
{
	struct oci_planner *p = ops->p;
	uint64_t base = p->spec->linux_.rootfs_propagation;
	const struct mount_change *change;
	const char *source;
	int r;

	if (!m->source || !*m->source)
		return err_set(p->err, 0, "a bind mount on '%s' has no source", m->destination);
	if (m->n_fs_options) {
		err_set(p->err, 0, "'%s' is no option of a bind mount", m->fs_options[0].key);
		return err_remedy(p->err,
				  "leave it out; 'kokon-oci features' lists those there are");
	}
	if (base & MS_UNBINDABLE)
		base = MS_PRIVATE;
	r = plan_change(p, m, true, (base ? base : MS_SLAVE) | MS_REC, &change);
	if (r < 0)
		return r;
	source = absolute(p->a, p->q->bundle, m->source);
	r = oci_add_handle(p, (struct handle_plan){.kind = HANDLE_TREE,
						   .recursive = m->recursive_bind,
						   .path = source,
						   .change = change,
						   .inside = !p->facts->administrator});
	if (r < 0)
		return r;
	return add(ops, (struct mount_op){.kind = MOUNT_TREE,
					  .flags = MOUNT_MAKE_LIKE | MOUNT_NOT_PROC,
					  .target = target,
					  .source = source,
					  .handle = r});
}

/* File systems without a device: read-only is a matter of the mount alone, since the file system
 * may be shared with other mounts of it. */
static bool is_virtual(const char *type)
{
	static const char *const types[] = {"proc",    "sysfs",      "tmpfs", "devpts",
					    "mqueue",  "devtmpfs",   "ramfs", "overlay",
					    "cgroup",  "cgroup2",    "bpf",   "debugfs",
					    "tracefs", "securityfs", NULL};

	for (size_t i = 0; types[i]; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* As fsconfig(2) calls them. MS_SILENT and MS_I_VERSION have no name there: the first is about the
 * kernel's log, the second is on where the file system can do it (ext4 6.1, others before). */
static const struct {
	uint64_t flag;
	const char *set, *clear;
} superblock[] = {
	{MS_RDONLY, "ro", "rw"},         {MS_SYNCHRONOUS, "sync", "async"},
	{MS_DIRSYNC, "dirsync", NULL},   {MS_LAZYTIME, "lazytime", "nolazytime"},
	{MS_MANDLOCK, "mand", "nomand"},
};

static size_t superblock_options(struct oci_planner *p, const struct spec_mount *m,
				 const char **options)
{
	bool readonly = m->remount || (m->type && !is_virtual(m->type));
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(superblock); i++) {
		const char *name = m->sb_set & superblock[i].flag ? superblock[i].set
				   : m->remount && (m->sb_clear & superblock[i].flag)
					   ? superblock[i].clear
					   : NULL;

		if (!name || (superblock[i].flag == MS_RDONLY && !readonly))
			continue;
		options[n] = arena_strdup(p->a, name);
		n += 2;
	}
	return n;
}

/* "key", value or NULL, …, NULL */
static const char *const *options_of(struct oci_planner *p, const struct spec_mount *m)
{
	const char *label = p->spec->linux_.mount_label;
	const char **o =
		arena_array(p->a, const char *, 2 * (m->n_fs_options + ARRAY_SIZE(superblock)) + 6);
	size_t n = 0;

	if (!m->remount) {
		o[n++] = arena_strdup(p->a, "source");
		o[n++] = arena_strdup(p->a, m->source && *m->source ? m->source : m->type);
	}
	n += superblock_options(p, m, o + n);
	for (uint32_t i = 0; i < m->n_fs_options; i++) {
		o[n++] = arena_strdup(p->a, m->fs_options[i].key);
		o[n++] = arena_strdup(p->a, m->fs_options[i].value);
	}
	/* The kernel labels the files of these by itself. */
	if (label && *label && !m->remount && strcmp(m->type, "proc") != 0 &&
	    strcmp(m->type, "sysfs") != 0 && strcmp(m->type, "mqueue") != 0) {
		o[n++] = arena_strdup(p->a, "context");
		o[n++] = arena_strdup(p->a, label);
	}
	return n ? o : NULL;
}

/* These two must be what they are called, or what is hidden in them is not. */
static uint32_t link_flags(const char *type)
{
	return strcmp(type, "proc") == 0 || strcmp(type, "sysfs") == 0 ? MOUNT_NO_LINKS : 0;
}

/* In a user namespace /sys takes a network namespace, and mqueue an IPC namespace, that it owns;
 * else the machine's own is all that there is, if there is one: containers of a pod join both, and
 * not every machine has a /dev/mqueue. */
static const char *instead(const struct oci_planner *p, const char *type)
{
	uint64_t own = p->plan->namespaces.create;

	if (!oci_is_nested(p))
		return NULL;
	if (strcmp(type, "sysfs") == 0 && !(own & CLONE_NEWNET))
		return "/sys";
	if (!(own & CLONE_NEWUSER))
		own = oci_own_namespaces(p);
	return strcmp(type, "mqueue") == 0 && !(own & CLONE_NEWIPC) ? "/dev/mqueue" : NULL;
}

static int plan_instead(struct ops *ops, const struct spec_mount *m, const char *target)
{
	struct oci_planner *p = ops->p;
	const char *path = instead(p, m->type);
	struct mount_change *change = arena_new(p->a, struct mount_change);
	int r;

	if (!path)
		return 0;
	change->rec_set = m->set & MOUNT_ATTR_RDONLY;
	r = oci_add_handle(p, (struct handle_plan){.kind = HANDLE_TREE,
						   .recursive = 1,
						   .path = path,
						   .propagation = MS_SLAVE,
						   .change = change,
						   .inside = !p->facts->administrator});
	if (r < 0)
		return r;
	ops->op[ops->n - 1].otherwise = (int32_t)ops->n;
	return add(ops, (struct mount_op){.kind = MOUNT_TREE,
					  .flags = MOUNT_MAKE_DIRECTORY | MOUNT_NO_LINKS,
					  .target = target,
					  .source = path,
					  .handle = r,
					  .only_otherwise = 1});
}

/* What is mounted in it later needs its mount points made. */
static bool is_filled_later(const struct spec_mount *m, const char *target)
{
	return strcmp(m->type, "tmpfs") == 0 || strcmp(target, "/dev") == 0;
}

static int plan_filesystem(struct ops *ops, const struct spec_mount *m, const char *target)
{
	struct oci_planner *p = ops->p;
	const struct mount_change *change;
	uint64_t set = m->set;
	int r;

	if (!m->type || !*m->type)
		return err_set(p->err, 0, "the mount on '%s' has no type", m->destination);
	r = plan_change(p, m, false, 0, &change);
	if (r < 0)
		return r;
	if ((set & MOUNT_ATTR_RDONLY) && is_filled_later(m, target)) {
		set &= ~(uint64_t)MOUNT_ATTR_RDONLY;
		r = add_late(p, (struct mount_op){.kind = MOUNT_ATTRIBUTES,
						  .target = target,
						  .set = MOUNT_ATTR_RDONLY});
	}
	if (r == 0)
		r = add(ops, (struct mount_op){.kind = MOUNT_FILESYSTEM,
					       .flags = MOUNT_MAKE_DIRECTORY | MOUNT_NOT_PROC |
							link_flags(m->type) |
							(m->tmpcopyup ? MOUNT_COPY_UP : 0),
					       .target = target,
					       .type = m->type,
					       .source = m->source,
					       .options = options_of(p, m),
					       .set = set,
					       .change = change});
	return r < 0 ? r : plan_instead(ops, m, target);
}

static int plan_remount(struct ops *ops, const struct spec_mount *m, const char *target)
{
	const struct mount_change *change;
	int r = plan_change(ops->p, m, true, 0, &change);

	if (r < 0)
		return r;
	return add(ops, (struct mount_op){.kind = MOUNT_ATTRIBUTES,
					  .target = target,
					  .options = m->bind ? NULL : options_of(ops->p, m),
					  .change = change});
}

static int plan_mount(struct ops *ops, const struct spec_mount *m)
{
	struct oci_planner *p = ops->p;
	const char *target = absolute(p->a, "", m->destination);
	int r;

	if (target[strspn(target, "/.")] == '\0' && !m->remount) {
		err_set(p->err, 0, "nothing can be mounted on the root itself");
		return err_remedy(p->err, "let root.path name what is to be the root");
	}
	if (m->remount)
		return plan_remount(ops, m, target);
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
	int r;

	p->late = arena_array(p->a, struct mount_op, OCI_LATE_MAX);
	r = plan_root(p);
	for (uint32_t i = 0; r == 0 && i < p->spec->n_mounts; i++) {
		r = plan_mount(&ops, &p->spec->mounts[i]);
		if (r < 0)
			return err_context(p->err, "mounts[%u]", i);
	}
	p->plan->mounts = (struct mounts_plan){ops.op, ops.n};
	return r;
}
