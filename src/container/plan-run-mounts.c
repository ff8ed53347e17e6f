// SPDX-License-Identifier: Apache-2.0
/* The mounts, devices and protected paths of a container. */
#include "plan-run.h"

#include <fnmatch.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include "uapi.h"
#include "plan-parts.h"

enum { OPS_MAX = 512 };

struct ops {
	struct run_planner *p;
	struct mount_op *op;
	uint32_t n;
};

static struct mount_op *add(struct ops *ops, struct mount_op op)
{
	struct arena *a = ops->p->a;

	if (ops->n == OPS_MAX)
		return NULL;
	op.target = arena_strdup(a, op.target);
	op.type = arena_strdup(a, op.type);
	op.source = arena_strdup(a, op.source ? op.source : op.type);
	op.why = arena_strdup(a, op.why);
	ops->op[ops->n] = op;
	return &ops->op[ops->n++];
}

/* "key", "value", … into the arena, with the source in front. */
static const char *const *options(struct arena *a, const char *type, const char *const *words)
{
	const char **copy;
	size_t n = 0;

	while (words && words[n])
		n += 2;
	copy = arena_array(a, const char *, n + 4);
	copy[0] = arena_strdup(a, "source");
	copy[1] = arena_strdup(a, type);
	for (size_t i = 0; i < n; i++)
		copy[i + 2] = arena_strdup(a, words[i]);
	return copy;
}

static void filesystem(struct ops *ops, const char *type, const char *target, uint64_t attributes,
		       const char *const *words, const char *why)
{
	add(ops, (struct mount_op){.kind = MOUNT_FILESYSTEM,
				   .flags = MOUNT_MAKE_DIRECTORY | MOUNT_NO_LINKS,
				   .target = target,
				   .type = type,
				   .options = options(ops->p->a, type, words),
				   .set = attributes,
				   .why = why});
}

/* The same, and the SELinux context of the files that have none of their own. */
static const char *const *with_context(const struct run_planner *p, const char *const *words)
{
	const char *label = arena_strdup(p->a, p->q->selinux_files);
	const char **copy;
	size_t n = 0;

	while (words && words[n])
		n += 2;
	if (!label)
		return words;
	copy = arena_array(p->a, const char *, n + 4);
	if (n)
		memcpy(copy, words, n * sizeof(*copy));
	copy[n] = arena_strdup(p->a, "context");
	copy[n + 1] = label;
	return copy;
}

static void label_files(const struct run_planner *p, struct ops *ops)
{
	for (uint32_t i = 0; i < ops->n; i++)
		if (ops->op[i].kind == MOUNT_FILESYSTEM && (strcmp(ops->op[i].type, "tmpfs") == 0 ||
							    strcmp(ops->op[i].type, "devpts") == 0))
			ops->op[i].options = with_context(p, ops->op[i].options);
}

/* --- the root --- */

static int plan_root(struct run_planner *p)
{
	bool inside = !p->facts->administrator;
	struct handle_plan h = {
		.kind = HANDLE_TREE,
		.recursive = 1,
		.path = p->q->rootfs,
		.propagation = MS_PRIVATE,
		.inside = inside,
	};
	int r;

	if (p->q->host_names) {
		const char *words[] = {"lowerdir",
				       p->q->layer_path,
				       "upperdir",
				       arena_printf(p->a, "%s/upper", p->q->top),
				       "workdir",
				       arena_printf(p->a, "%s/work", p->q->top),
				       inside ? "userxattr" : NULL,
				       NULL,
				       NULL};

		h = (struct handle_plan){.kind = HANDLE_OVERLAY,
					 .path = p->q->layer_path,
					 .options =
						 with_context(p, options(p->a, "overlay", words)),
					 .inside = inside};
	}
	r = run_add_handle(p, h);
	if (r < 0)
		return r;
	p->plan->container.root = r;
	return 0;
}

/* --- /dev --- */

static void plan_devices(struct run_planner *p)
{
	struct devices_plan *d = &p->plan->container.devices;
	struct device *list = arena_array(p->a, struct device, DEVICES_MAX);

	d->count = devices_default(p->a, list);
	d->bind = p->facts->nested || run_has_user_namespace(p);
	for (uint32_t i = 0; i < p->q->n_devices && d->count < DEVICES_MAX; i++) {
		list[d->count] = p->q->devices[i];
		list[d->count].path = arena_strdup(p->a, p->q->devices[i].path);
		list[d->count].source = arena_strdup(p->a, p->q->devices[i].source);
		d->count++;
	}
	d->list = list;
}

/* Is gid 5, tty, mapped? devpts refuses an id that does not exist. */
static bool has_tty_group(const struct run_planner *p)
{
	const struct idmap *map = run_gid_map(p);

	if (!map)
		return true;
	for (uint32_t i = 0; i < map->n; i++)
		if (map->ranges[i].inside <= 5 && 5 - map->ranges[i].inside < map->ranges[i].count)
			return true;
	return false;
}

static int plan_dev(struct ops *ops)
{
	const uint64_t safe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
	const char *dev[] = {"mode", "755", "size", "65536k", NULL};
	const char *pts[] = {"newinstance", NULL,  "ptmxmode", "0666", "mode",
			     "0620",        "gid", "5",        NULL};
	const char *shm[] = {"mode", "1777", "size",
			     arena_printf(ops->p->a, "%llu",
					  (unsigned long long)ops->p->q->shm_size),
			     NULL};
	const char **copy = arena_array(ops->p->a, const char *, 12);

	filesystem(ops, "tmpfs", "/dev", MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME, dev,
		   "a /dev with a few harmless devices instead of the machine's");
	/* A flag among the options: its value is NULL, so they are put together by hand. */
	copy[0] = "source", copy[1] = "devpts";
	memcpy(copy + 2, pts, (has_tty_group(ops->p) ? 8 : 6) * sizeof(*pts));
	for (int i = 0; i < 11; i++)
		copy[i] = arena_strdup(ops->p->a, copy[i]);
	add(ops, (struct mount_op){.kind = MOUNT_FILESYSTEM,
				   .flags = MOUNT_MAKE_DIRECTORY | MOUNT_NO_LINKS,
				   .target = "/dev/pts",
				   .type = "devpts",
				   .options = copy,
				   .set = safe,
				   .why = "terminals of its own"});
	filesystem(ops, "tmpfs", "/dev/shm", safe | MOUNT_ATTR_NODEV, shm, "POSIX shared memory");
	filesystem(ops, "mqueue", "/dev/mqueue", safe | MOUNT_ATTR_NODEV, NULL,
		   "POSIX message queues of the IPC namespace");
	return 0;
}

/* --- /proc and /sys --- */

/* What Docker hides and makes read-only (moby, oci/defaults.go), and power and thermal readings
 * that tell of other containers. */
static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
	NULL,
};
static const char *const readonly[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static bool is_unmasked(const struct security_options *o, const char *path)
{
	for (const char *const *u = o->unmask; u && *u; u++)
		if (fnmatch(*u, path, FNM_PATHNAME) == 0)
			return true;
	return o->unmask_all;
}

static void plan_protect(struct run_planner *p, struct ops *ops)
{
	const struct security_options *o = &p->q->security;

	if (p->q->privileged)
		return;
	for (size_t i = 0; masked[i]; i++)
		if (!is_unmasked(o, masked[i]))
			add(ops,
			    (struct mount_op){
				    .kind = MOUNT_MASK,
				    .target = masked[i],
				    .why = i ? NULL : "hidden: what tells of the whole machine"});
	for (size_t i = 0; o->mask && o->mask[i]; i++)
		add(ops, (struct mount_op){.kind = MOUNT_MASK, .target = o->mask[i]});
	for (size_t i = 0; readonly[i]; i++)
		if (!is_unmasked(o, readonly[i]))
			add(ops,
			    (struct mount_op){
				    .kind = MOUNT_READONLY,
				    .target = readonly[i],
				    .why = i ? NULL
					     : "read-only: what would change the whole machine"});
}

/* In a user namespace sysfs can be mounted only with a network namespace that it owns. */
static int plan_sys(struct ops *ops)
{
	const struct plan *plan = ops->p->plan;
	uint64_t attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
			      (ops->p->q->privileged ? 0 : MOUNT_ATTR_RDONLY);
	int handle;

	if (!run_has_user_namespace(ops->p) || (plan->namespaces.create & CLONE_NEWNET)) {
		filesystem(ops, "sysfs", "/sys", attributes, NULL, "/sys of the network namespace");
		return 0;
	}
	handle = run_add_handle(ops->p,
				(struct handle_plan){.kind = HANDLE_TREE,
						     .recursive = 1,
						     .path = "/sys",
						     .set = MOUNT_ATTR_RDONLY,
						     .propagation = MS_PRIVATE,
						     .inside = !ops->p->facts->administrator});
	if (handle < 0)
		return handle;
	add(ops,
	    (struct mount_op){
		    .kind = MOUNT_TREE,
		    .flags = MOUNT_MAKE_DIRECTORY | MOUNT_NO_LINKS,
		    .target = "/sys",
		    .source = "/sys",
		    .handle = handle,
		    .why = "the host's /sys, read-only: the network namespace is the host's too"});
	return 0;
}

static int plan_proc(struct ops *ops)
{
	filesystem(ops, "proc", "/proc", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		   NULL, "/proc of the PID namespace: ps shows the container's processes only");
	return 0;
}

static bool is_dev(const char *target)
{
	return strcmp(target, "/dev") == 0;
}

/* A folder of the host's in the place of /dev. Nothing may be made or replaced there, so it comes
 * last, over a /dev with what the rest of the start needs; what is to be in it comes after it. */
static bool is_late(const struct run_planner *p, const struct volume *v)
{
	bool replaced = false;

	for (uint32_t i = 0; i < p->q->n_volumes; i++)
		replaced |= p->q->volumes[i].kind == VOLUME_BIND && is_dev(p->q->volumes[i].target);
	return replaced && (is_dev(v->target) || strncmp(v->target, "/dev/", 5) == 0);
}

static int plan_volumes(struct run_planner *p, struct ops *ops, bool late)
{
	for (uint32_t i = 0; i < p->q->n_volumes; i++) {
		struct mount_op op;
		int r;

		if (is_late(p, &p->q->volumes[i]) != late)
			continue;
		r = run_plan_volume(p, &p->q->volumes[i], &op);
		if (r < 0)
			return r;
		if (!add(ops, op))
			return err_set(p->err, E2BIG, "more than %d mounts", OPS_MAX);
	}
	return 0;
}

static size_t last_max(const struct run_planner *p)
{
	size_t n = ARRAY_SIZE(masked) + ARRAY_SIZE(readonly) + p->q->n_volumes;

	for (const char *const *mask = p->q->security.mask; mask && *mask; mask++)
		n++;
	return n;
}

int plan_run_mounts(struct run_planner *p)
{
	struct ops ops = {p, arena_array(p->a, struct mount_op, OPS_MAX), 0};
	struct ops last = {p, arena_array(p->a, struct mount_op, last_max(p)), 0};
	int r = plan_root(p);

	plan_part_from_host(p->a, p->plan);
	if (r == 0)
		r = plan_proc(&ops);
	if (r == 0)
		r = plan_dev(&ops);
	if (r == 0)
		r = plan_sys(&ops);
	if (r == 0)
		ops.n += run_plan_group_mounts(p, ops.op + ops.n, OPS_MAX - ops.n);
	if (r == 0)
		r = run_plan_network_mounts(p, ops.op + ops.n, OPS_MAX - ops.n);
	if (r > 0) {
		ops.n += (uint32_t)r;
		r = 0;
	}
	if (r == 0)
		r = plan_volumes(p, &ops, false);
	plan_devices(p);
	plan_protect(p, &last);
	if (r == 0)
		r = plan_volumes(p, &last, true);
	label_files(p, &ops);
	label_files(p, &last);
	p->plan->container.protect = (struct mounts_plan){last.op, last.n};
	p->plan->mounts = (struct mounts_plan){ops.op, ops.n};
	return r;
}
