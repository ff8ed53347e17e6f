// SPDX-License-Identifier: Apache-2.0
/* spec_check(): linux, but for resources and seccomp. */
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <string.h>
#include "checker.h"
#include "kernel-names.h"

enum { MAP_RANGES_MAX = 340 /* Linux 4.15 */, LINK_NAME_MAX = 15, SECOND = 1000000000 };

/* ---- namespaces and ids ------------------------------------------------------------------- */

static const struct rule namespace_twice = {SPEC_ERROR, "linux.namespaces[%u].type",
					    "'%s' is there twice", NULL};
static const struct rule namespace_path = {SPEC_ERROR, "linux.namespaces[%u].path",
					   "'%s' is not absolute", NULL};
static const struct rule no_maps = {SPEC_ERROR, "linux.%s",
				    "a new user namespace needs it, and it is missing", NULL};
static const struct rule maps_alone = {SPEC_ERROR, "linux.%s",
				       "it is for a user namespace, and there is none",
				       "Add {\"type\": \"user\"} to linux.namespaces."};
static const struct rule map_empty = {SPEC_ERROR, "linux.%s[%u].size", "it is zero", NULL};
static const struct rule map_beyond = {SPEC_ERROR, "linux.%s[%u]",
				       "it reaches beyond the last id, 4294967294", NULL};
static const struct rule map_overlap = {SPEC_ERROR, "linux.%s[%u]", "it overlaps an earlier entry",
					NULL};
static const struct rule map_many = {SPEC_ERROR, "linux.%s",
				     "there are more than 340 entries, which is the kernel's limit",
				     NULL};
static const struct rule offsets_alone = {SPEC_ERROR, "linux.timeOffsets",
					  "offsets are for a new time namespace, and none is made",
					  "Add {\"type\": \"time\"} to linux.namespaces."};
static const struct rule offset_nanosecs = {SPEC_ERROR, "linux.timeOffsets.%s.nanosecs",
					    "it is a second or more", NULL};

static const struct rule rights_in_sight = {
	SPEC_WARNING, "linux.seccomp",
	"until the container is started it keeps CAP_SYS_ADMIN for this, which whoever may trace "
	"processes in the PID namespace '%s' can take",
	"Set process.noNewPrivileges, or give the container a PID namespace of its own."};

/* Where a filter is loaded last although it takes rights; another one is loaded before the
 * container can be seen in the namespace, unless it refuses what comes then (plan_fork_last()). */
static void check_rights_in_sight(struct checker *c)
{
	const struct spec_namespace *pid = spec_namespace_of(c->spec, CLONE_NEWPID);
	const struct spec_seccomp *filter = c->spec->linux_.seccomp;

	if (pid && pid->path && !spec_namespace_of(c->spec, CLONE_NEWUSER) && filter &&
	    filter->text && c->spec->process && !c->spec->process->no_new_privileges &&
	    (filter->notify || c->spec->hooks[SPEC_HOOK_START_CONTAINER].n))
		broken(c, &rights_in_sight, at_of(0, pid->path));
}

static void check_namespaces(struct checker *c)
{
	const struct spec_linux *l = &c->spec->linux_;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < l->n_namespaces; i++) {
		const struct spec_namespace *n = &l->namespaces[i];
		const char *name = "";

		for (size_t k = 0; k < NAMESPACE_TYPES; k++)
			if (namespace_infos[k].flag == n->flag)
				name = namespace_infos[k].oci;
		if (seen & n->flag)
			broken(c, &namespace_twice, at_of(i, name));
		seen |= n->flag;
		if (n->path && n->path[0] != '/')
			broken(c, &namespace_path, at_of(i, n->path));
	}
	check_rights_in_sight(c);
}

static bool overlap(uint32_t a, uint32_t b, uint32_t size_a, uint32_t size_b)
{
	return a < (uint64_t)b + size_b && b < (uint64_t)a + size_a;
}

static void check_map(struct checker *c, const char *name, const struct spec_idmap *map)
{
	if (map->n > MAP_RANGES_MAX) {
		broken(c, &map_many, at_of(0, name));
		return;
	}
	for (uint32_t i = 0; i < map->n; i++) {
		const struct spec_idmap_range *r = &map->list[i];

		if (!r->size)
			broken(c, &map_empty, at_of(i, name));
		else if ((uint64_t)r->container_id + r->size > UINT32_MAX ||
			 (uint64_t)r->host_id + r->size > UINT32_MAX)
			broken(c, &map_beyond, at_of(i, name));
		for (uint32_t k = 0; k < i; k++) {
			const struct spec_idmap_range *e = &map->list[k];

			if (overlap(r->container_id, e->container_id, r->size, e->size) ||
			    overlap(r->host_id, e->host_id, r->size, e->size)) {
				broken(c, &map_overlap, at_of(i, name));
				break;
			}
		}
	}
}

static void check_maps(struct checker *c)
{
	const struct spec_namespace *user = spec_namespace_of(c->spec, CLONE_NEWUSER);
	const struct spec_idmap *maps[] = {&c->spec->linux_.uid_map, &c->spec->linux_.gid_map};
	static const char *const names[] = {"uidMappings", "gidMappings"};

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		if (user && !user->path && !maps[i]->n)
			broken(c, &no_maps, at_of(0, names[i]));
		if (!user && maps[i]->n)
			broken(c, &maps_alone, at_of(0, names[i]));
		check_map(c, names[i], maps[i]);
	}
}

static void check_time(struct checker *c)
{
	const struct spec_namespace *time = spec_namespace_of(c->spec, CLONE_NEWTIME);
	const struct spec_linux *l = &c->spec->linux_;

	if ((l->monotonic.given || l->boottime.given) && (!time || time->path))
		broken(c, &offsets_alone, NOWHERE);
	if (l->monotonic.nanosecs >= SECOND)
		broken(c, &offset_nanosecs, at_of(0, "monotonic"));
	if (l->boottime.nanosecs >= SECOND)
		broken(c, &offset_nanosecs, at_of(0, "boottime"));
}

/* ---- devices ------------------------------------------------------------------------------ */

static const struct rule device_path = {SPEC_ERROR, "linux.devices[%u].path",
					"'%s' is not absolute", NULL};
static const struct rule device_numbers = {SPEC_ERROR, "linux.devices[%u]",
					   "major and minor are required for '%s'", NULL};
static const struct rule device_range = {
	SPEC_ERROR, "linux.devices[%u]",
	"the numbers of '%s' are outside what the kernel has: major 0 to 4095, minor 0 to 1048575",
	NULL};
static const struct rule device_mode = {SPEC_ERROR, "linux.devices[%u].fileMode",
					"it has more than permission bits and a type",
					"JSON has no octal numbers: octal 666 is 438."};
static const struct rule device_twice = {SPEC_WARNING, "linux.devices[%u]",
					 "the same device is there twice", NULL};
static const struct rule net_device_namespace = {
	SPEC_ERROR, "linux.netDevices",
	"without a network namespace of its own the container cannot take a device",
	"Add {\"type\": \"network\"} to linux.namespaces."};
static const struct rule net_device_name = {
	SPEC_ERROR, "linux.netDevices",
	"'%s' cannot be the name of a network device: 1 to 15 bytes without blanks, '/' and ':'",
	NULL};
static const struct rule net_device_twice = {SPEC_ERROR, "linux.netDevices",
					     "two devices would be called '%s'", NULL};

static bool in_range(const struct opt_i64 *v, int64_t max)
{
	return !v->given || (v->value >= 0 && v->value <= max);
}

static void check_device(struct checker *c, uint32_t i)
{
	const struct spec_device *list = c->spec->linux_.devices, *d = &list[i];
	bool numbers = d->major.given && d->minor.given;

	if (d->path[0] != '/')
		broken(c, &device_path, at_of(i, d->path));
	if (d->type != 'p' && !numbers)
		broken(c, &device_numbers, at_of(i, d->path));
	if (!in_range(&d->major, 4095) || !in_range(&d->minor, 1048575))
		broken(c, &device_range, at_of(i, d->path));
	if (d->file_mode.value & ~(uint32_t)0177777)
		broken(c, &device_mode, at(i));
	for (uint32_t k = 0; k < i && i < COMPARED_MAX && d->type != 'p' && numbers; k++) {
		if (list[k].type == d->type && list[k].major.value == d->major.value &&
		    list[k].minor.value == d->minor.value) {
			broken(c, &device_twice, at(i));
			break;
		}
	}
}

static bool is_link_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= LINK_NAME_MAX && strcmp(s, ".") != 0 && strcmp(s, "..") != 0 &&
	       strcspn(s, "/: \t\n\r\f\v") == n;
}

static void check_net_devices(struct checker *c)
{
	const struct spec_linux *l = &c->spec->linux_;

	if (l->n_net_devices && !has_namespace(c, CLONE_NEWNET))
		broken(c, &net_device_namespace, NOWHERE);
	for (uint32_t i = 0; i < l->n_net_devices; i++) {
		const struct spec_net_device *d = &l->net_devices[i];
		const char *name = d->name && *d->name ? d->name : d->host_name;

		if (!is_link_name(d->host_name))
			broken(c, &net_device_name, at_of(0, d->host_name));
		if (name != d->host_name && !is_link_name(name))
			broken(c, &net_device_name, at_of(0, name));
		for (uint32_t k = 0; k < i && i < COMPARED_MAX; k++) {
			const struct spec_net_device *e = &l->net_devices[k];

			if (strcmp(name, e->name && *e->name ? e->name : e->host_name) == 0)
				broken(c, &net_device_twice, at_of(0, name));
		}
	}
}

/* ---- paths, resctrl, memory policy -------------------------------------------------------- */

static const struct rule masked_relative = {SPEC_ERROR, "linux.maskedPaths[%u]",
					    "'%s' is not absolute", NULL};
static const struct rule readonly_relative = {SPEC_ERROR, "linux.readonlyPaths[%u]",
					      "'%s' is not absolute", NULL};
static const struct rule masked_namespace = {SPEC_ERROR, "linux.maskedPaths",
					     "without a mount namespace the host's would be masked",
					     NULL};
static const struct rule readonly_namespace = {
	SPEC_ERROR, "linux.readonlyPaths",
	"without a mount namespace the host's would be made read-only", NULL};
static const struct rule sysctl_empty = {SPEC_ERROR, "linux.sysctl", "a key is empty", NULL};
static const struct rule rdt_name = {SPEC_ERROR, "linux.intelRdt.closID",
				     "'%s' cannot be the name of a directory", NULL};
static const struct rule rdt_mb = {SPEC_ERROR, "linux.intelRdt.memBwSchema",
				   "it must begin with \"MB:\" and be one line", NULL};
static const struct rule rdt_l3 = {SPEC_WARNING, "linux.intelRdt.l3CacheSchema",
				   "it should begin with \"L3:\" and be one line", NULL};
static const struct rule rdt_schemata = {SPEC_ERROR, "linux.intelRdt.schemata[%u]",
					 "it must be one line that is not empty", NULL};
static const struct rule policy_nodes = {SPEC_ERROR, "linux.memoryPolicy.nodes",
					 "this mode needs a list of nodes such as \"0-1\"", NULL};
static const struct rule policy_no_nodes = {SPEC_ERROR, "linux.memoryPolicy.nodes",
					    "this mode has no nodes", NULL};
static const struct rule policy_flags = {
	SPEC_ERROR, "linux.memoryPolicy.flags",
	"MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other", NULL};
static const struct rule policy_no_flags = {SPEC_ERROR, "linux.memoryPolicy.flags",
					    "this mode has no flags", NULL};

static void check_paths(struct checker *c)
{
	const struct spec_linux *l = &c->spec->linux_;
	bool own = has_namespace(c, CLONE_NEWNS);

	if (l->masked_paths.n && !own)
		broken(c, &masked_namespace, NOWHERE);
	for (uint32_t i = 0; i < l->masked_paths.n; i++)
		if (l->masked_paths.list[i][0] != '/')
			broken(c, &masked_relative, at_of(i, l->masked_paths.list[i]));
	if (l->readonly_paths.n && !own)
		broken(c, &readonly_namespace, NOWHERE);
	for (uint32_t i = 0; i < l->readonly_paths.n; i++)
		if (l->readonly_paths.list[i][0] != '/')
			broken(c, &readonly_relative, at_of(i, l->readonly_paths.list[i]));
	for (uint32_t i = 0; i < l->sysctl.n; i++)
		if (!*l->sysctl.list[i].key)
			broken(c, &sysctl_empty, NOWHERE);
}

static void check_rdt(struct checker *c, const struct spec_intel_rdt *r)
{
	const char *id = r->clos_id, *mb = r->mem_bw_schema, *l3 = r->l3_cache_schema;

	if (id && *id && (strchr(id, '/') || strcmp(id, ".") == 0 || strcmp(id, "..") == 0))
		broken(c, &rdt_name, at_of(0, id));
	if (mb && *mb && (strncmp(mb, "MB:", 3) != 0 || strchr(mb, '\n')))
		broken(c, &rdt_mb, NOWHERE);
	if (l3 && *l3 && (strncmp(l3, "L3:", 3) != 0 || strchr(l3, '\n')))
		broken(c, &rdt_l3, NOWHERE);
	for (uint32_t i = 0; i < r->schemata.n; i++)
		if (!r->schemata.list[i][0] ||
		    (strchr(r->schemata.list[i], '\n') && r->schemata.n > 1))
			broken(c, &rdt_schemata, at(i));
}

static void check_memory_policy(struct checker *c, const struct spec_memory_policy *p)
{
	bool given = p->nodes && *p->nodes;

	if (p->mode == MPOL_DEFAULT || p->mode == MPOL_LOCAL) {
		if (given)
			broken(c, &policy_no_nodes, NOWHERE);
		if (p->flags)
			broken(c, &policy_no_flags, NOWHERE);
		return;
	}
	if (given ? !spec_is_list(p->nodes) : p->mode != MPOL_PREFERRED)
		broken(c, &policy_nodes, NOWHERE);
	if ((p->flags & MPOL_F_STATIC_NODES) && (p->flags & MPOL_F_RELATIVE_NODES))
		broken(c, &policy_flags, NOWHERE);
}

void check_linux(struct checker *c)
{
	const struct spec_linux *l = &c->spec->linux_;

	check_namespaces(c);
	check_maps(c);
	check_time(c);
	for (uint32_t i = 0; i < l->n_devices; i++)
		check_device(c, i);
	check_net_devices(c);
	check_paths(c);
	if (l->intel_rdt)
		check_rdt(c, l->intel_rdt);
	if (l->memory_policy)
		check_memory_policy(c, l->memory_policy);
}
