// SPDX-License-Identifier: Apache-2.0
/* The volumes of a container: -v, --mount and --tmpfs as mount operations. */
#include "plan-run.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>

static int bind(struct run_planner *p, const struct volume *v, struct mount_op *op)
{
	struct handle_plan handle = {
		.kind = HANDLE_TREE,
		.recursive = v->recursive,
		.path = v->source,
		.set = v->attributes,
		.propagation = v->propagation,
		.inside = !p->facts->administrator,
	};
	int r;

	if (v->idmap && *v->idmap) {
		err_set(p->err, 0, "volume '%s': a map of its own is not there yet", v->target);
		return err_remedy(
			p->err,
			"use idmap alone: ids on the volume are then those in the container");
	}
	if (v->idmap && handle.inside) {
		err_set(p->err, EPERM,
			"volume '%s': an id-mapped mount of the host's file system takes root",
			v->target);
		return err_remedy(
			p->err,
			"leave out idmap; with --userns=keep-id your own files keep their owner");
	}
	handle.idmap = v->idmap != NULL;
	r = run_add_handle(p, handle);
	if (r < 0)
		return r;
	*op = (struct mount_op){
		.kind = MOUNT_TREE,
		.flags = MOUNT_MAKE_LIKE,
		.handle = r,
		.source = arena_strdup(p->a, v->source),
	};
	return 0;
}

static void add_option(struct run_planner *p, const char **options, size_t *n, const char *key,
		       const char *value)
{
	options[(*n)++] = arena_strdup(p->a, key);
	options[(*n)++] = value;
}

static void tmpfs(struct run_planner *p, const struct volume *v, struct mount_op *op)
{
	const char **options = arena_array(p->a, const char *, 16);
	size_t n = 0;

	add_option(p, options, &n, "source", arena_strdup(p->a, "tmpfs"));
	if (v->size)
		add_option(p, options, &n, "size", arena_strdup(p->a, v->size));
	if (v->inodes)
		add_option(p, options, &n, "nr_inodes", arena_strdup(p->a, v->inodes));
	add_option(p, options, &n, "mode",
		   arena_printf(p->a, "%o", v->mode == VOLUME_MODE_UNSET ? 01777 : v->mode));
	if (v->uid)
		add_option(p, options, &n, "uid", arena_printf(p->a, "%u", v->uid));
	if (v->gid)
		add_option(p, options, &n, "gid", arena_printf(p->a, "%u", v->gid));
	*op = (struct mount_op){
		.kind = MOUNT_FILESYSTEM,
		.flags = MOUNT_MAKE_DIRECTORY,
		.type = arena_strdup(p->a, "tmpfs"),
		.options = options,
		.set = v->attributes,
	};
}

static void other(struct run_planner *p, const char *type, const struct volume *v,
		  struct mount_op *op)
{
	const char **options = arena_array(p->a, const char *, 4);
	size_t n = 0;

	add_option(p, options, &n, "source", arena_strdup(p->a, type));
	*op = (struct mount_op){
		.kind = MOUNT_FILESYSTEM,
		.flags = MOUNT_MAKE_DIRECTORY,
		.type = arena_strdup(p->a, type),
		.options = options,
		.set = v->attributes,
	};
}

/* Files of /proc that may be replaced: what lxcfs and the like provide. */
static const char *const proc_files[] = {
	"/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg",
	"/proc/meminfo", "/proc/slabinfo",  "/proc/stat",
	"/proc/swaps",   "/proc/uptime",    NULL,
};

static int check_target(struct run_planner *p, const char *target)
{
	if (strcmp(target, "/") == 0) {
		err_set(p->err, 0, "volume '/': nothing can be mounted over the root");
		return err_remedy(p->err, "to use a directory as root: --rootfs DIR");
	}
	if (strcmp(target, "/proc") != 0 && strncmp(target, "/proc/", 6) != 0)
		return 0;
	for (size_t i = 0; proc_files[i]; i++)
		if (strcmp(target, proc_files[i]) == 0)
			return 0;
	err_set(p->err, 0, "volume '%s': nothing can be mounted into /proc", target);
	return err_remedy(p->err, "programs trust what they read there");
}

static int not_yet(struct run_planner *p, const struct volume *v)
{
	if (v->kind == VOLUME_NAMED) {
		err_set(p->err, 0, "volume '%s': named volumes are not there yet",
			v->source ? v->source : v->target);
		return err_remedy(p->err,
				  "give a path that begins with '/' or './', or use --tmpfs %s",
				  v->target);
	}
	if (v->chown || v->overlay) {
		err_set(p->err, 0, "volume '%s': the option '%c' is not there yet", v->target,
			v->chown ? 'U' : 'O');
		return err_remedy(p->err, "leave it out");
	}
	return 0;
}

int run_plan_volume(struct run_planner *p, const struct volume *v, struct mount_op *ret)
{
	struct mount_op op = {0};
	int r = check_target(p, v->target);

	if (r == 0)
		r = not_yet(p, v);

	if (r == 0 && v->relabel)
		out_printf(p->notes, "volume '%s': the label options z and Z are ignored\n",
			   v->target);
	if (r == 0 && v->kind == VOLUME_BIND)
		r = bind(p, v, &op);
	else if (r == 0 && v->kind == VOLUME_TMPFS)
		tmpfs(p, v, &op);
	else if (r == 0)
		other(p, v->kind == VOLUME_DEVPTS ? "devpts" : "mqueue", v, &op);
	if (r < 0)
		return r;
	op.target = arena_strdup(p->a, v->target);
	op.why = arena_strdup(p->a, "a volume");
	*ret = op;
	return 0;
}
