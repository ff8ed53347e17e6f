// SPDX-License-Identifier: Apache-2.0
#include "cgroup-limits.h"

#include <math.h>
#include <string.h>

#define BYTES_ACCEPTED "bytes with a unit (512K, 64M, 1.5G), or max"

const struct cgroup_limit_info cgroup_limit_table[CGROUP_N_LIMITS] = {
	[CGROUP_LIMIT_MEMORY] = {"memory", CGROUP_MEMORY, CGROUP_UNIT_BYTES,
				 "memory.limit_in_bytes", "memory.max", 0, INT64_MAX, 1,
				 BYTES_ACCEPTED,
				 "memory above this is reclaimed; when none can be, a process of "
				 "the group is killed",
				 "memory.usage_in_bytes", "memory.current"},
	[CGROUP_LIMIT_MEMORY_SWAP] = {"memory-swap", CGROUP_MEMORY, CGROUP_UNIT_BYTES,
				      "memory.memsw.limit_in_bytes", "memory.swap.max", 0,
				      INT64_MAX, 1,
				      BYTES_ACCEPTED
				      "; memory and swap together, so not below --memory",
				      "memory and swap together", "memory.memsw.usage_in_bytes",
				      NULL},
	[CGROUP_LIMIT_MEMORY_LOW] =
		{"memory-low", CGROUP_MEMORY, CGROUP_UNIT_BYTES, "memory.soft_limit_in_bytes",
		 "memory.low", 0, INT64_MAX, 1, BYTES_ACCEPTED,
		 "memory below this is reclaimed only when nothing else is left", NULL, NULL},
	[CGROUP_LIMIT_MEMORY_MIN] = {"memory-min", CGROUP_MEMORY, CGROUP_UNIT_BYTES, NULL,
				     "memory.min", 0, INT64_MAX, 1, BYTES_ACCEPTED,
				     "memory below this is never reclaimed", NULL, NULL},
	[CGROUP_LIMIT_MEMORY_HIGH] =
		{"memory-high", CGROUP_MEMORY, CGROUP_UNIT_BYTES, NULL, "memory.high", 0, INT64_MAX,
		 1, BYTES_ACCEPTED,
		 "above this the group is slowed down and reclaimed, but not killed", NULL, NULL},
	[CGROUP_LIMIT_CPU_PERIOD] = {"cpu-period", CGROUP_CPU, CGROUP_UNIT_MICROSECONDS,
				     "cpu.cfs_period_us", "cpu.max", 1000, 1000000, 0,
				     "1000 to 1000000 microseconds",
				     "the period in which the quota is counted", NULL, NULL},
	[CGROUP_LIMIT_CPU_QUOTA] =
		{"cpu-quota", CGROUP_CPU, CGROUP_UNIT_MICROSECONDS, "cpu.cfs_quota_us", "cpu.max",
		 1000, INT64_MAX / 1000, 1,
		 "at least 1000 microseconds per period, at most what the parent has, or max",
		 "CPU time per period; when it is used up the group waits for the next period",
		 NULL, NULL},
	[CGROUP_LIMIT_CPU_BURST] = {"cpu-burst", CGROUP_CPU, CGROUP_UNIT_MICROSECONDS,
				    "cpu.cfs_burst_us", "cpu.max.burst", 0, INT64_MAX / 1000, 0,
				    "0 to the quota, in microseconds",
				    "unused quota that may be saved up", NULL, NULL},
	[CGROUP_LIMIT_CPU_SHARES] = {"cpu-shares", CGROUP_CPU, CGROUP_UNIT_NUMBER, "cpu.shares",
				     "cpu.weight", 2, 262144, 0, "2 to 262144; 1024 is usual",
				     "share of the CPUs when they are contended", NULL, NULL},
	[CGROUP_LIMIT_CPU_WEIGHT] = {"cpu-weight", CGROUP_CPU, CGROUP_UNIT_NUMBER, "cpu.shares",
				     "cpu.weight", 1, 10000, 0, "1 to 10000; 100 is usual",
				     "share of the CPUs when they are contended", NULL, NULL},
	[CGROUP_LIMIT_CPU_IDLE] = {"cpu-idle", CGROUP_CPU, CGROUP_UNIT_NUMBER, "cpu.idle",
				   "cpu.idle", 0, 1, 0, "0 or 1",
				   "1: only CPU time that nothing else wants", NULL, NULL},
	[CGROUP_LIMIT_CPU_RT_PERIOD] = {"cpu-rt-period", CGROUP_CPU, CGROUP_UNIT_MICROSECONDS,
					"cpu.rt_period_us", NULL, 1, INT64_MAX / 1000, 0,
					"microseconds, at least 1",
					"the period of real-time CPU time", NULL, NULL},
	[CGROUP_LIMIT_CPU_RT_RUNTIME] = {"cpu-rt-runtime", CGROUP_CPU, CGROUP_UNIT_MICROSECONDS,
					 "cpu.rt_runtime_us", NULL, 0, INT64_MAX / 1000, 1,
					 "microseconds, at most what the parent has",
					 "real-time CPU time per period", NULL, NULL},
	[CGROUP_LIMIT_PIDS] =
		{"pids-limit", CGROUP_PIDS, CGROUP_UNIT_COUNT, "pids.max", "pids.max", 0, 4194304,
		 1, "0 to 4194304, or max",
		 "no more processes and threads than this, in all groups below together",
		 "pids.current", "pids.current"},
	[CGROUP_LIMIT_IO_WEIGHT] = {"io-weight", CGROUP_IO, CGROUP_UNIT_NUMBER, "blkio.bfq.weight",
				    "io.weight", 1, 10000, 0, "1 to 10000; 100 is usual",
				    "share of the disks when they are contended", NULL, NULL},
	[CGROUP_LIMIT_SWAPPINESS] = {"memory-swappiness", CGROUP_MEMORY, CGROUP_UNIT_NUMBER,
				     "memory.swappiness", NULL, 0, 200, 0, "0 to 200",
				     "how readily anonymous memory is swapped", NULL, NULL},
	[CGROUP_LIMIT_OOM_KILL_DISABLE] = {"oom-kill-disable", CGROUP_MEMORY, CGROUP_UNIT_NUMBER,
					   "memory.oom_control", NULL, 0, 1, 0, "0 or 1",
					   "1: at the limit processes wait instead of being killed",
					   NULL, NULL},
};

static const char *const controller_names[CGROUP_N_CONTROLLERS] = {
	[CGROUP_CPU] = "cpu",
	[CGROUP_CPUACCT] = "cpuacct",
	[CGROUP_CPUSET] = "cpuset",
	[CGROUP_MEMORY] = "memory",
	[CGROUP_IO] = "io",
	[CGROUP_PIDS] = "pids",
	[CGROUP_DEVICES] = "devices",
	[CGROUP_FREEZER] = "freezer",
	[CGROUP_HUGETLB] = "hugetlb",
	[CGROUP_RDMA] = "rdma",
	[CGROUP_MISC] = "misc",
	[CGROUP_NET_CLS] = "net_cls",
	[CGROUP_NET_PRIO] = "net_prio",
	[CGROUP_PERF_EVENT] = "perf_event",
};

const char *cgroup_controller_name(enum cgroup_controller c, uint32_t version)
{
	return c == CGROUP_IO && version == 1 ? "blkio" : controller_names[c];
}

static int controller_of(const char *name, size_t len)
{
	if (len == 5 && strncmp(name, "blkio", 5) == 0)
		return CGROUP_IO;
	for (int c = 0; c < CGROUP_N_CONTROLLERS; c++)
		if (strncmp(controller_names[c], name, len) == 0 && !controller_names[c][len])
			return c;
	return -1;
}

uint32_t cgroup_controllers_parse(const char *list, char sep)
{
	uint32_t bits = 0;

	while (*list && *list != '\n') {
		size_t len = 0;
		int c;

		while (list[len] && list[len] != sep && list[len] != '\n')
			len++;
		c = controller_of(list, len);
		if (c >= 0)
			bits |= CGROUP_BIT(c);
		list += len + (list[len] == sep);
	}
	return bits;
}

int cgroup_controller_of_file(const char *file)
{
	const char *dot = strchr(file, '.');

	return dot ? controller_of(file, (size_t)(dot - file)) : -1;
}

void cgroup_limit_set(struct cgroup_limits *limits, enum cgroup_limit limit, uint64_t value)
{
	limits->set |= 1ULL << limit;
	limits->value[limit] = value;
}

bool cgroup_limits_any(const struct cgroup_limits *l)
{
	return l &&
	       (l->set || l->cpuset_cpus || l->cpuset_mems || l->n_io || l->n_raw || l->n_settings);
}

bool cgroup_limits_tight(const struct cgroup_limits *l)
{
	return (l->set & 1ULL << CGROUP_LIMIT_MEMORY) && l->value[CGROUP_LIMIT_MEMORY] < 1 << 20;
}

uint32_t cgroup_limits_controllers(const struct cgroup_limits *l)
{
	uint32_t bits = 0;

	if (!l)
		return 0;
	for (int i = 0; i < CGROUP_N_LIMITS; i++)
		if (l->set & (1ULL << i))
			bits |= CGROUP_BIT(cgroup_limit_table[i].controller);
	if (l->cpuset_cpus || l->cpuset_mems)
		bits |= CGROUP_BIT(CGROUP_CPUSET);
	if (l->n_io)
		bits |= CGROUP_BIT(CGROUP_IO);
	for (uint32_t i = 0; i < l->n_settings; i++)
		if (!l->settings[i].optional)
			bits |= CGROUP_BIT(l->settings[i].controller);
	for (uint32_t i = 0; i < l->n_raw; i++) {
		int c = cgroup_controller_of_file(l->raw[i].file);

		if (c >= 0)
			bits |= CGROUP_BIT(c);
	}
	return bits;
}

uint64_t cgroup_weight_of_shares(uint64_t shares)
{
	double l;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2((double)shares);
	return (uint64_t)ceil(pow(10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

uint64_t cgroup_shares_of_weight(uint64_t weight)
{
	uint64_t low = 2, high = 262144;

	while (low < high) { /* the least shares that give this weight */
		uint64_t middle = (low + high) / 2;

		if (cgroup_weight_of_shares(middle) >= weight)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint64_t cgroup_bfq_of_weight(uint64_t weight)
{
	return weight <= 100 ? MAX(weight, (uint64_t)1) : 100 + (weight - 100) * 900 / 9900;
}
