// SPDX-License-Identifier: Apache-2.0
/* The volumes of a container: -v, --mount and --tmpfs as mount operations. */
#include "plan-run.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/mount.h>
#include "parse.h"

static int no_map(struct run_planner *p, const struct volume *v)
{
	err_set(p->err, 0, "volume '%s': '%s' is no map of ids", v->target, v->idmap);
	return err_remedy(p->err, "write idmap=uids=0-1000-1;gids=0-1000-1: an id on the volume, "
				  "the id outside, how many; more of them after '#'; with '@' in "
				  "front the second is an id in the container");
}

/* An id in the container, outside of it; all of `count` must be there. */
static bool is_outside(const struct idmap *map, uint32_t count, uint32_t *id)
{
	for (uint32_t i = 0; i < map->n; i++) {
		const struct idmap_range *r = &map->ranges[i];

		if (*id < r->inside || (uint64_t)*id + count > (uint64_t)r->inside + r->count)
			continue;
		*id = *id - r->inside + r->outside;
		return true;
	}
	return map->n == 0;
}

/* "FIRST-OUTSIDE-COUNT#…" */
static int parse_ranges(struct run_planner *p, const struct volume *v, const char *at, size_t len,
			const struct idmap *own, struct idmap *ret)
{
	struct idmap_range *ranges = arena_array(p->a, struct idmap_range, len / 6 + 2);
	const char *list = arena_strndup(p->a, at, len), *field;
	uint32_t n = 0;
	size_t size;

	while (next_field(&list, '#', &field, &size)) {
		bool relative = size > 0 && *field == '@';
		const char *text = arena_strndup(p->a, field + relative, size - relative), *part;
		uint32_t numbers[3];
		int i = 0;

		for (; i < 3 && next_field(&text, '-', &part, &size); i++)
			if (parse_id(arena_strndup(p->a, part, size), &numbers[i]) < 0)
				break;
		if (i < 3 || text || numbers[2] == 0)
			return no_map(p, v);
		if (relative && !is_outside(own, numbers[2], &numbers[1]))
			return err_set(p->err, 0,
				       "volume '%s': the ids from %u on are not in the "
				       "container",
				       v->target, numbers[1]);
		ranges[n++] = (struct idmap_range){numbers[0], numbers[1], numbers[2]};
	}
	*ret = (struct idmap){ranges, n};
	return 0;
}

static int parse_map(struct run_planner *p, const struct volume *v, struct idmap_plan *map)
{
	const struct idmap_plan *own = &p->plan->ids;
	const char *list = v->idmap, *field;
	size_t len;
	int r = 0;

	while (r == 0 && next_field(&list, ';', &field, &len)) {
		if (len > 5 && strncmp(field, "uids=", 5) == 0)
			r = parse_ranges(p, v, field + 5, len - 5, &own->uid, &map->uid);
		else if (len > 5 && strncmp(field, "gids=", 5) == 0)
			r = parse_ranges(p, v, field + 5, len - 5, &own->gid, &map->gid);
		else
			r = no_map(p, v);
	}
	return r == 0 && (!map->uid.n || !map->gid.n) ? no_map(p, v) : r;
}

static int map_ids(struct run_planner *p, const struct volume *v, struct handle_plan *handle)
{
	struct idmap_plan *map = arena_new(p->a, struct idmap_plan);
	struct mount_change *change = arena_new(p->a, struct mount_change);
	int r;

	if (handle->inside) {
		err_set(p->err, EPERM,
			"volume '%s': an id-mapped mount of the host's file system takes root",
			v->target);
		return err_remedy(
			p->err,
			"leave out idmap; with --userns=keep-id your own files keep their owner");
	}
	r = *v->idmap ? parse_map(p, v, map) : 0;
	if (r < 0)
		return r;
	if (!*v->idmap)
		*map = p->plan->ids;
	r = run_add_handle(p, (struct handle_plan){.kind = HANDLE_USERNS,
						   .path = v->target,
						   .map = map});
	if (r < 0)
		return r;
	change->idmap = handle->recursive ? MOUNT_IDMAP_RECURSIVE : MOUNT_IDMAP_TOP;
	change->userns = r;
	handle->change = change;
	return 0;
}

static int bind_volume(struct run_planner *p, const struct volume *v, struct mount_op *op)
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

	if (v->idmap) {
		r = map_ids(p, v, &handle);
		if (r < 0)
			return r;
	}
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
	if (v->overlay && v->kind != VOLUME_BIND)
		return err_set(p->err, 0,
			       "volume '%s': the option O is for directories of the "
			       "machine",
			       v->target);
	if (v->chown && !v->overlay && (v->attributes & MOUNT_ATTR_RDONLY)) {
		err_set(p->err, 0, "volume '%s': read-only, and yet to be given away (U)",
			v->target);
		return err_remedy(p->err, "leave out one of ro and U");
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
		r = bind_volume(p, v, &op);
	else if (r == 0 && v->kind == VOLUME_TMPFS)
		tmpfs(p, v, &op);
	else if (r == 0)
		other(p, v->kind == VOLUME_DEVPTS ? "devpts" : "mqueue", v, &op);
	if (r < 0)
		return r;
	if (v->chown)
		op.flags |= MOUNT_GIVE;
	if (v->overlay) {
		op.kind = MOUNT_OVERLAY;
		op.flags |= run_has_user_namespace(p) ? MOUNT_USERXATTR : 0;
		op.set = v->attributes;
	}
	op.target = arena_strdup(p->a, v->target);
	op.why = arena_strdup(p->a, "a volume");
	*ret = op;
	return 0;
}
