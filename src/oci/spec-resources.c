// SPDX-License-Identifier: Apache-2.0
/* config.json: linux.resources, which `update` reads too. */
#include <string.h>
#include "spec-tables.h"

enum { ACCESS_MKNOD = 1, ACCESS_READ = 2, ACCESS_WRITE = 4 }; /* BPF_DEVCG_ACC_* */

static int read_access(struct decoder *d, void *member)
{
	uint32_t *access = member;
	const char *text;
	int r = decode_string(d, &text);

	for (; r >= 0 && *text; text++) {
		if (*text == 'r')
			*access |= ACCESS_READ;
		else if (*text == 'w')
			*access |= ACCESS_WRITE;
		else if (*text == 'm')
			*access |= ACCESS_MKNOD;
		else
			r = decode_error(d, NULL, "expected letters of \"rwm\", found '%c'", *text);
	}
	return r;
}

static int read_rule_type(struct decoder *d, void *member)
{
	const char *text;
	int r = decode_string(d, &text);

	if (r < 0)
		return r;
	if (!*text)
		return 0;
	/* "u" is "c", as mknod(1) has it */
	if (text[1] || !strchr("abcu", *text))
		return decode_error(d, NULL,
				    "'%.20s' is unknown: \"a\" all, \"b\" block or \"c\" "
				    "character devices",
				    text);
	*(char *)member = *text == 'u' ? 'c' : *text;
	return 0;
}

/* As it is read: numbers that are not given mean all. */
struct rule {
	struct spec_device_rule rule;
	struct opt_i64 major, minor;
};

static const struct decode_field rule_fields[] = {
	{"allow", DECODE_BOOL, offsetof(struct rule, rule.allow), .required = true},
	{"type", DECODE_CUSTOM, offsetof(struct rule, rule.type), .custom = read_rule_type},
	{"major", DECODE_OPT_I64, offsetof(struct rule, major)},
	{"minor", DECODE_OPT_I64, offsetof(struct rule, minor)},
	{"access", DECODE_CUSTOM, offsetof(struct rule, rule.access), .custom = read_access},
};
static const struct decode_table rule_read_table = DECODE_TABLE(struct rule, rule_fields);

static int read_rule(struct decoder *d, void *object)
{
	struct rule r = {0};
	int result = decode_object(d, &rule_read_table, &r);

	r.rule.type = r.rule.type ? r.rule.type : 'a';
	r.rule.major = r.major.given ? r.major.value : -1;
	r.rule.minor = r.minor.given ? r.minor.value : -1;
	if (result >= 0 && (r.rule.major < -1 || r.rule.minor < -1))
		result = decode_error(d, NULL, "a device number is below 0 (-1 means all)");
	memcpy(object, &r.rule, sizeof(r.rule));
	return result;
}

static const struct decode_table rule_table = {.size = sizeof(struct spec_device_rule),
					       .custom = read_rule};

static const struct decode_field memory_fields[] = {
	{"limit", DECODE_OPT_I64, offsetof(struct spec_memory, limit)},
	{"reservation", DECODE_OPT_I64, offsetof(struct spec_memory, reservation)},
	{"swap", DECODE_OPT_I64, offsetof(struct spec_memory, swap)},
	{"kernel", DECODE_OPT_I64, offsetof(struct spec_memory, kernel)},
	{"kernelTCP", DECODE_OPT_I64, offsetof(struct spec_memory, kernel_tcp)},
	{"swappiness", DECODE_OPT_U64, offsetof(struct spec_memory, swappiness)},
	{"disableOOMKiller", DECODE_OPT_BOOL, offsetof(struct spec_memory, disable_oom_killer)},
	{"useHierarchy", DECODE_OPT_BOOL, offsetof(struct spec_memory, use_hierarchy)},
	{"checkBeforeUpdate", DECODE_OPT_BOOL, offsetof(struct spec_memory, check_before_update)},
};
static const struct decode_table memory_table = DECODE_TABLE(struct spec_memory, memory_fields);

static const struct decode_field cpu_fields[] = {
	{"shares", DECODE_OPT_U64, offsetof(struct spec_cpu, shares)},
	{"quota", DECODE_OPT_I64, offsetof(struct spec_cpu, quota)},
	{"burst", DECODE_OPT_U64, offsetof(struct spec_cpu, burst)},
	{"period", DECODE_OPT_U64, offsetof(struct spec_cpu, period)},
	{"realtimeRuntime", DECODE_OPT_I64, offsetof(struct spec_cpu, realtime_runtime)},
	{"realtimePeriod", DECODE_OPT_U64, offsetof(struct spec_cpu, realtime_period)},
	{"cpus", DECODE_STRING, offsetof(struct spec_cpu, cpus)},
	{"mems", DECODE_STRING, offsetof(struct spec_cpu, mems)},
	{"idle", DECODE_OPT_I64, offsetof(struct spec_cpu, idle)},
};
static const struct decode_table cpu_table = DECODE_TABLE(struct spec_cpu, cpu_fields);

struct pids {
	struct opt_i64 limit;
};

static const struct decode_field pids_fields[] = {
	{"limit", DECODE_OPT_I64, offsetof(struct pids, limit)},
};
static const struct decode_table pids_table = DECODE_TABLE(struct pids, pids_fields);

static const struct decode_field weight_fields[] = {
	{"major", DECODE_I64, offsetof(struct spec_weight_device, major), .required = true},
	{"minor", DECODE_I64, offsetof(struct spec_weight_device, minor), .required = true},
	{"weight", DECODE_OPT_U16, offsetof(struct spec_weight_device, weight)},
	{"leafWeight", DECODE_OPT_U16, offsetof(struct spec_weight_device, leaf_weight)},
};
static const struct decode_table weight_table =
	DECODE_TABLE(struct spec_weight_device, weight_fields);

static const struct decode_field throttle_fields[] = {
	{"major", DECODE_I64, offsetof(struct spec_throttle_device, major), .required = true},
	{"minor", DECODE_I64, offsetof(struct spec_throttle_device, minor), .required = true},
	{"rate", DECODE_U64, offsetof(struct spec_throttle_device, rate), .required = true},
};
static const struct decode_table throttle_table =
	DECODE_TABLE(struct spec_throttle_device, throttle_fields);

#define THROTTLE(name, member)                                                                     \
	{                                                                                          \
		name, DECODE_LIST, offsetof(struct spec_block_io, member.list),                    \
			.count = offsetof(struct spec_block_io, member.n),                         \
			.table = &throttle_table                                                   \
	}

static const struct decode_field block_io_fields[] = {
	{"weight", DECODE_OPT_U16, offsetof(struct spec_block_io, weight)},
	{"leafWeight", DECODE_OPT_U16, offsetof(struct spec_block_io, leaf_weight)},
	{"weightDevice", DECODE_LIST, offsetof(struct spec_block_io, weight_devices),
	 .count = offsetof(struct spec_block_io, n_weight_devices), .table = &weight_table},
	THROTTLE("throttleReadBpsDevice", read_bps),
	THROTTLE("throttleWriteBpsDevice", write_bps),
	THROTTLE("throttleReadIOPSDevice", read_iops),
	THROTTLE("throttleWriteIOPSDevice", write_iops),
};
static const struct decode_table block_io_table =
	DECODE_TABLE(struct spec_block_io, block_io_fields);

static const struct decode_field hugepage_fields[] = {
	{"pageSize", DECODE_STRING, offsetof(struct spec_hugepage_limit, page_size),
	 .required = true},
	{"limit", DECODE_U64, offsetof(struct spec_hugepage_limit, limit), .required = true},
};
static const struct decode_table hugepage_table =
	DECODE_TABLE(struct spec_hugepage_limit, hugepage_fields);

static const struct decode_field priority_fields[] = {
	{"name", DECODE_STRING, offsetof(struct spec_net_priority, name), .required = true},
	{"priority", DECODE_U32, offsetof(struct spec_net_priority, priority), .required = true},
};
static const struct decode_table priority_table =
	DECODE_TABLE(struct spec_net_priority, priority_fields);

static const struct decode_field network_fields[] = {
	{"classID", DECODE_OPT_U32, offsetof(struct spec_network, class_id)},
	{"priorities", DECODE_LIST, offsetof(struct spec_network, priorities),
	 .count = offsetof(struct spec_network, n_priorities), .table = &priority_table},
};
static const struct decode_table network_table = DECODE_TABLE(struct spec_network, network_fields);

static const struct decode_field rdma_fields[] = {
	{"hcaHandles", DECODE_OPT_U32, offsetof(struct spec_rdma, hca_handles)},
	{"hcaObjects", DECODE_OPT_U32, offsetof(struct spec_rdma, hca_objects)},
};
static const struct decode_table rdma_table = DECODE_TABLE(struct spec_rdma, rdma_fields);

_Static_assert(sizeof(struct pids) == sizeof(struct opt_i64), "pids is decoded into pids_limit");

static const struct decode_field resources_fields[] = {
	{"devices", DECODE_LIST, offsetof(struct spec_resources, devices),
	 .count = offsetof(struct spec_resources, n_devices), .table = &rule_table},
	{"memory", DECODE_POINTER, offsetof(struct spec_resources, memory), .table = &memory_table},
	{"cpu", DECODE_POINTER, offsetof(struct spec_resources, cpu), .table = &cpu_table},
	{"pids", DECODE_OBJECT, offsetof(struct spec_resources, pids_limit), .table = &pids_table},
	{"blockIO", DECODE_POINTER, offsetof(struct spec_resources, block_io),
	 .table = &block_io_table},
	{"hugepageLimits", DECODE_LIST, offsetof(struct spec_resources, hugepage_limits),
	 .count = offsetof(struct spec_resources, n_hugepage_limits), .table = &hugepage_table},
	{"network", DECODE_POINTER, offsetof(struct spec_resources, network),
	 .table = &network_table},
	{"rdma", DECODE_MAP, offsetof(struct spec_resources, rdma),
	 .count = offsetof(struct spec_resources, n_rdma), .table = &rdma_table},
	{"unified", DECODE_PAIRS, offsetof(struct spec_resources, unified)},
};
const struct decode_table spec_resources_table =
	DECODE_TABLE(struct spec_resources, resources_fields);

int spec_decode_resources(struct arena *a, const char *json, size_t n, struct spec_resources **ret,
			  struct err *err)
{
	struct spec_resources *p = arena_new(a, struct spec_resources);
	int r = decode_text(a, json, n, &spec_resources_table, p, err);

	if (r >= 0)
		*ret = p;
	return r;
}
