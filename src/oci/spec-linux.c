// SPDX-License-Identifier: Apache-2.0
/* config.json: linux, but for resources and seccomp. */
#include <string.h>
#include "kernel-names.h"
#include "spec-names.h"
#include "spec-tables.h"

/* ---- namespaces --------------------------------------------------------------------------- */

static int read_namespace_type(struct decoder *d, void *member)
{
	const char *names[NAMESPACE_TYPES + 1] = {NULL}, *word, *near;
	int r = decode_string(d, &word);

	for (int i = 0; r >= 0 && i < NAMESPACE_TYPES; i++) {
		names[i] = namespace_infos[i].oci;
		if (strcmp(word, names[i]) == 0) {
			*(uint64_t *)member = namespace_infos[i].flag;
			return 0;
		}
	}
	if (r < 0)
		return r;
	r = decode_error(d, NULL, "'%.60s' is unknown", word);
	near = strcmp(word, "mnt") == 0 ? "mount" : nearest_name(word, names);
	return near ? err_remedy(d->err, "did you mean '%s'?", near) : r;
}

static const struct decode_field namespace_fields[] = {
	{"type", DECODE_CUSTOM, offsetof(struct spec_namespace, flag), .required = true,
	 .custom = read_namespace_type},
	{"path", DECODE_STRING, offsetof(struct spec_namespace, path)},
};

static int namespace_done(struct decoder *d UNUSED, void *object)
{
	struct spec_namespace *n = object;

	if (n->path && !*n->path) /* as engines write "make one" */
		n->path = NULL;
	return 0;
}

static const struct decode_table namespace_table =
	DECODE_TABLE(struct spec_namespace, namespace_fields, .done = namespace_done);

static const struct decode_field idmap_fields[] = {
	{"containerID", DECODE_U32, offsetof(struct spec_idmap_range, container_id),
	 .required = true},
	{"hostID", DECODE_U32, offsetof(struct spec_idmap_range, host_id), .required = true},
	{"size", DECODE_U32, offsetof(struct spec_idmap_range, size), .required = true},
};
const struct decode_table spec_idmap_table = DECODE_TABLE(struct spec_idmap_range, idmap_fields);

static const struct decode_field offset_fields[] = {
	{"secs", DECODE_I64, offsetof(struct spec_time_offset, secs)},
	{"nanosecs", DECODE_U32, offsetof(struct spec_time_offset, nanosecs)},
};

static int offset_done(struct decoder *d UNUSED, void *object)
{
	((struct spec_time_offset *)object)->given = true;
	return 0;
}

static const struct decode_table offset_table =
	DECODE_TABLE(struct spec_time_offset, offset_fields, .done = offset_done);

/* Both lie in struct spec_linux, one behind the other. */
struct offsets {
	struct spec_time_offset monotonic, boottime;
};

_Static_assert(offsetof(struct spec_linux, boottime) ==
		       offsetof(struct spec_linux, monotonic) + sizeof(struct spec_time_offset),
	       "timeOffsets is decoded into both");

static const struct decode_field clock_fields[] = {
	{"monotonic", DECODE_OBJECT, offsetof(struct offsets, monotonic), .table = &offset_table},
	{"boottime", DECODE_OBJECT, offsetof(struct offsets, boottime), .table = &offset_table},
};
/* A clock is a value, not a property: one that no time namespace has is wrong. */
static const struct decode_table clock_table =
	DECODE_TABLE(struct offsets, clock_fields, .closed = true);

/* ---- devices ------------------------------------------------------------------------------ */

static int read_device_type(struct decoder *d, void *member)
{
	const char *text;
	int r = decode_string(d, &text);

	if (r < 0)
		return r;
	if (!*text || text[1] || !strchr("bcup", *text))
		return decode_error(d, NULL,
				    "'%.20s' is unknown: \"c\" or \"u\" character, \"b\" "
				    "block device, \"p\" FIFO",
				    text);
	*(char *)member = *text;
	return 0;
}

static const struct decode_field device_fields[] = {
	{"type", DECODE_CUSTOM, offsetof(struct spec_device, type), .required = true,
	 .custom = read_device_type},
	{"path", DECODE_STRING, offsetof(struct spec_device, path), .required = true},
	{"major", DECODE_OPT_I64, offsetof(struct spec_device, major)},
	{"minor", DECODE_OPT_I64, offsetof(struct spec_device, minor)},
	{"fileMode", DECODE_OPT_U32, offsetof(struct spec_device, file_mode)},
	{"uid", DECODE_OPT_U32, offsetof(struct spec_device, uid)},
	{"gid", DECODE_OPT_U32, offsetof(struct spec_device, gid)},
};
static const struct decode_table device_table = DECODE_TABLE(struct spec_device, device_fields);

static const struct decode_field net_device_fields[] = {
	{"name", DECODE_STRING, offsetof(struct spec_net_device, name)},
};
static const struct decode_table net_device_table =
	DECODE_TABLE(struct spec_net_device, net_device_fields);

/* ---- others ------------------------------------------------------------------------------- */

static int read_propagation(struct decoder *d, void *member)
{
	const char *word;
	int64_t value;
	int r = decode_string(d, &word);

	if (r < 0 || !*word)
		return r;
	if (!name_to_value(spec_propagations, word, &value)) {
		decode_error(d, NULL, "'%.60s' is unknown", word);
		return err_remedy(d->err, "it is one of: private, shared, slave, unbindable");
	}
	*(uint64_t *)member = (uint64_t)value;
	return 0;
}

/* A list of lines; a single text until 1.2. */
static int read_schemata(struct decoder *d, void *member)
{
	struct spec_strings *ret = member;
	const char **list;
	int r;

	if (json_peek(&d->json) != JSON_STRING)
		return decode_strings(d, ret);
	list = decode_memory(d, 2, sizeof(*list));
	r = list ? decode_string(d, &list[0]) : -E2BIG;
	if (r >= 0)
		*ret = (struct spec_strings){.n = 1, .list = list};
	return r;
}

static const struct decode_field rdt_fields[] = {
	{"closID", DECODE_STRING, offsetof(struct spec_intel_rdt, clos_id)},
	{"schemata", DECODE_CUSTOM, offsetof(struct spec_intel_rdt, schemata),
	 .custom = read_schemata},
	{"l3CacheSchema", DECODE_STRING, offsetof(struct spec_intel_rdt, l3_cache_schema)},
	{"memBwSchema", DECODE_STRING, offsetof(struct spec_intel_rdt, mem_bw_schema)},
	{"enableMonitoring", DECODE_BOOL, offsetof(struct spec_intel_rdt, enable_monitoring)},
	{"enableCMT", DECODE_BOOL, offsetof(struct spec_intel_rdt, enable_cmt)},
	{"enableMBM", DECODE_BOOL, offsetof(struct spec_intel_rdt, enable_mbm)},
};
static const struct decode_table rdt_table = DECODE_TABLE(struct spec_intel_rdt, rdt_fields);

/* The specification names no flag yet. */
static int read_personality_flags(struct decoder *d, void *member UNUSED)
{
	struct spec_strings flags = {0};
	int r = decode_strings(d, &flags);

	return r >= 0 && flags.n ? decode_error(d, NULL, "'%.60s' is unknown: there are no flags",
						flags.list[0])
				 : r;
}

static const struct decode_field personality_fields[] = {
	{"domain", DECODE_NAME, offsetof(struct spec_personality, domain), .required = true,
	 .names = spec_personalities},
	{"flags", DECODE_CUSTOM, 0, .custom = read_personality_flags},
};
static const struct decode_table personality_table =
	DECODE_TABLE(struct spec_personality, personality_fields);

static const struct decode_field policy_fields[] = {
	{"mode", DECODE_NAME, offsetof(struct spec_memory_policy, mode), .required = true,
	 .names = spec_memory_modes},
	{"nodes", DECODE_STRING, offsetof(struct spec_memory_policy, nodes)},
	{"flags", DECODE_FLAGS, offsetof(struct spec_memory_policy, flags),
	 .names = spec_memory_flags},
};
static const struct decode_table policy_table =
	DECODE_TABLE(struct spec_memory_policy, policy_fields);

#define LIST(name, member, counted, of, ...)                                                       \
	{                                                                                          \
		name, DECODE_LIST, offsetof(struct spec_linux, member),                            \
			.count = offsetof(struct spec_linux, counted), .table = (of), __VA_ARGS__  \
	}

static const struct decode_field linux_fields[] = {
	LIST("namespaces", namespaces, n_namespaces, &namespace_table),
	LIST("uidMappings", uid_map.list, uid_map.n, &spec_idmap_table, .making = true),
	LIST("gidMappings", gid_map.list, gid_map.n, &spec_idmap_table, .making = true),
	{"timeOffsets", DECODE_OBJECT, offsetof(struct spec_linux, monotonic),
	 .table = &clock_table, .making = true},
	LIST("devices", devices, n_devices, &device_table, .making = true),
	{"netDevices", DECODE_MAP, offsetof(struct spec_linux, net_devices),
	 .count = offsetof(struct spec_linux, n_net_devices), .table = &net_device_table,
	 .making = true},
	{"cgroupsPath", DECODE_STRING, offsetof(struct spec_linux, cgroups_path), .making = true},
	{"resources", DECODE_POINTER, offsetof(struct spec_linux, resources),
	 .table = &spec_resources_table, .making = true},
	{"rootfsPropagation", DECODE_CUSTOM, offsetof(struct spec_linux, rootfs_propagation),
	 .custom = read_propagation, .making = true},
	{"seccomp", DECODE_CUSTOM, offsetof(struct spec_linux, seccomp),
	 .custom = spec_read_seccomp},
	{"sysctl", DECODE_PAIRS, offsetof(struct spec_linux, sysctl), .making = true},
	{"maskedPaths", DECODE_STRINGS, offsetof(struct spec_linux, masked_paths), .making = true},
	{"readonlyPaths", DECODE_STRINGS, offsetof(struct spec_linux, readonly_paths),
	 .making = true},
	{"mountLabel", DECODE_STRING, offsetof(struct spec_linux, mount_label), .making = true},
	{"intelRdt", DECODE_POINTER, offsetof(struct spec_linux, intel_rdt), .table = &rdt_table},
	{"personality", DECODE_POINTER, offsetof(struct spec_linux, personality),
	 .table = &personality_table},
	{"memoryPolicy", DECODE_POINTER, offsetof(struct spec_linux, memory_policy),
	 .table = &policy_table},
};
const struct decode_table spec_linux_table = DECODE_TABLE(struct spec_linux, linux_fields);
