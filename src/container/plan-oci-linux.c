// SPDX-License-Identifier: Apache-2.0
/* Devices, kernel parameters, and paths that are hidden or read-only. */
#include "plan-oci.h"

#include <string.h>
#include <sys/stat.h>

/* A /dev that comes from outside has its devices already. */
static bool has_own_dev(const struct spec *spec)
{
	for (uint32_t i = 0; i < spec->n_mounts; i++) {
		const char *path = spec->mounts[i].destination;

		path += *path == '/';
		if (strcmp(path, "dev") == 0 || strcmp(path, "dev/") == 0)
			return !spec->mounts[i].bind;
	}
	return true;
}

static int plan_device(struct oci_planner *p, uint32_t i, struct device *d)
{
	const struct spec_device *from = &p->spec->linux_.devices[i];
	const char *source = p->q->nodes && p->q->nodes[i] ? p->q->nodes[i] : from->path;
	mode_t type = from->type == 'b' ? S_IFBLK : from->type == 'p' ? S_IFIFO : S_IFCHR;

	if (type != S_IFIFO && (!from->major.given || !from->minor.given))
		return err_set(p->err, 0, "device '%s': major and minor are missing", from->path);
	*d = (struct device){
		.path = arena_strdup(p->a, from->path),
		.source = arena_strdup(p->a, source),
		.type = type,
		.major = (uint32_t)from->major.value,
		.minor = (uint32_t)from->minor.value,
		.mode = from->file_mode.given ? from->file_mode.value & 07777 : 0666,
		.uid = from->uid.value,
		.gid = from->gid.value,
	};
	return 0;
}

/* A device of the config takes the place of a default one of the same path. */
static void put_device(struct device *list, uint32_t *n, const struct device *d)
{
	for (uint32_t i = 0; i < *n; i++) {
		if (strcmp(list[i].path, d->path) == 0) {
			list[i] = *d;
			return;
		}
	}
	list[(*n)++] = *d;
}

static int plan_devices(struct oci_planner *p)
{
	const struct spec_linux *l = &p->spec->linux_;
	struct devices_plan *plan = &p->plan->container.devices;
	struct device *list = arena_array(p->a, struct device, DEVICES_MAX);
	uint32_t n;

	if (!has_own_dev(p->spec))
		return 0;
	n = devices_default(p->a, list);
	for (uint32_t i = 0; i < l->n_devices; i++) {
		struct device d;
		int r = n == DEVICES_MAX
				? err_set(p->err, E2BIG, "more than %d devices", DEVICES_MAX)
				: plan_device(p, i, &d);

		if (r < 0)
			return err_context(p->err, "linux.devices[%u]", i);
		put_device(list, &n, &d);
	}
	*plan = (struct devices_plan){.count = n, .list = list, .bind = oci_is_nested(p)};
	return 0;
}

static int plan_sysctls(struct oci_planner *p)
{
	const struct spec_pairs *from = &p->spec->linux_.sysctl;
	struct sysctl *list = arena_array(p->a, struct sysctl, from->n);

	for (uint32_t i = 0; i < from->n; i++) {
		int r = sysctl_make(from->list[i].key, from->list[i].value, p->a, &list[i], p->err);

		if (r == 0)
			r = sysctl_check(&list[i], (uint32_t)oci_own_namespaces(p), p->err);
		if (r < 0)
			return err_context(p->err, "linux.sysctl");
	}
	p->plan->container.sysctls = (struct sysctl_plan){from->n, list};
	return 0;
}

static void plan_protect(struct oci_planner *p)
{
	const struct spec_strings *masked = &p->spec->linux_.masked_paths,
				  *readonly = &p->spec->linux_.readonly_paths;
	struct mount_op *ops =
		arena_array(p->a, struct mount_op, masked->n + readonly->n + p->n_late);
	uint32_t n = 0;

	for (uint32_t i = 0; i < readonly->n; i++)
		ops[n++] = (struct mount_op){.kind = MOUNT_READONLY,
					     .target = arena_strdup(p->a, readonly->list[i])};
	for (uint32_t i = 0; i < masked->n; i++)
		ops[n++] = (struct mount_op){.kind = MOUNT_MASK,
					     .target = arena_strdup(p->a, masked->list[i])};
	if (p->n_late)
		memcpy(ops + n, p->late, p->n_late * sizeof(*ops));
	p->plan->container.protect = (struct mounts_plan){ops, n + p->n_late};
}

int oci_plan_linux(struct oci_planner *p)
{
	int r = plan_devices(p);

	if (r == 0)
		r = plan_sysctls(p);
	if (r == 0)
		plan_protect(p);
	return r;
}
