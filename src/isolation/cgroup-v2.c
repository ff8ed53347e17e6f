// SPDX-License-Identifier: Apache-2.0
/*
 * The v2 driver: which files of the one hierarchy take a request's values. Values that v1
 * counts otherwise are converted: memory and swap together into swap alone, shares into a
 * weight.
 */
#include <inttypes.h>
#include <string.h>

#include "cgroup-limits.h"

static bool has(const struct cgroup_limits *l, enum cgroup_limit limit)
{
	return l->set & (1ULL << limit);
}

static const char *number(struct cgroup_writer *w, uint64_t value)
{
	return value == CGROUP_MAX ? "max" : arena_printf(w->arena, "%" PRIu64, value);
}

static int swap(struct cgroup_writer *w, const struct cgroup_limits *l, struct err *err)
{
	uint64_t total = l->value[CGROUP_LIMIT_MEMORY_SWAP];
	uint64_t ram = l->value[CGROUP_LIMIT_MEMORY];

	if (total != CGROUP_MAX && (!has(l, CGROUP_LIMIT_MEMORY) || ram == CGROUP_MAX)) {
		err_set(err, EINVAL,
			"cannot limit memory and swap together: version 2 counts swap alone, so "
			"the memory limit must be given too");
		return err_remedy(err, "add --memory; swap gets the difference");
	}
	if (total < ram) {
		err_set(err, EINVAL,
			"memory and swap together (%" PRIu64
			") are less than memory alone (%" PRIu64 ")",
			total, ram);
		return err_remedy(err,
				  "--memory-swap counts both; give at least the value of --memory");
	}
	cgroup_add_limit(w, CGROUP_LIMIT_MEMORY_SWAP, "memory.swap.max",
			 number(w, total == CGROUP_MAX ? CGROUP_MAX : total - ram))
		->why = "swap alone: --memory-swap less --memory";
	return 0;
}

static int memory(struct cgroup_writer *w, const struct cgroup_limits *l, struct err *err)
{
	static const enum cgroup_limit order[] = {CGROUP_LIMIT_MEMORY_MIN, CGROUP_LIMIT_MEMORY_LOW,
						  CGROUP_LIMIT_MEMORY_HIGH, CGROUP_LIMIT_MEMORY};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct cgroup_limit_info *info = &cgroup_limit_table[order[i]];
		uint64_t value = l->value[order[i]];

		if (!has(l, order[i]))
			continue;
		cgroup_add_check(w, order[i], info->use_v2, value);
		cgroup_add_limit(w, order[i], info->v2, number(w, value));
	}
	return has(l, CGROUP_LIMIT_MEMORY_SWAP) ? swap(w, l, err) : 0;
}

static void cpu(struct cgroup_writer *w, const struct cgroup_limits *l)
{
	/* The quota alone keeps the period; the period alone needs the quota of now, which
	 * "max" in a new group is. */
	if (has(l, CGROUP_LIMIT_CPU_QUOTA) || has(l, CGROUP_LIMIT_CPU_PERIOD)) {
		const char *quota = has(l, CGROUP_LIMIT_CPU_QUOTA)
					    ? number(w, l->value[CGROUP_LIMIT_CPU_QUOTA])
					    : "max";

		cgroup_add_limit(w, CGROUP_LIMIT_CPU_QUOTA, "cpu.max",
				 has(l, CGROUP_LIMIT_CPU_PERIOD)
					 ? arena_printf(w->arena, "%s %" PRIu64, quota,
							l->value[CGROUP_LIMIT_CPU_PERIOD])
					 : quota);
	}
	if (has(l, CGROUP_LIMIT_CPU_BURST))
		cgroup_add_limit(w, CGROUP_LIMIT_CPU_BURST, "cpu.max.burst",
				 number(w, l->value[CGROUP_LIMIT_CPU_BURST]));
	if (has(l, CGROUP_LIMIT_CPU_SHARES))
		cgroup_add_limit(w, CGROUP_LIMIT_CPU_SHARES, "cpu.weight",
				 number(w, cgroup_weight_of_shares(
						   l->value[CGROUP_LIMIT_CPU_SHARES])));
	if (has(l, CGROUP_LIMIT_CPU_WEIGHT))
		cgroup_add_limit(w, CGROUP_LIMIT_CPU_WEIGHT, "cpu.weight",
				 number(w, l->value[CGROUP_LIMIT_CPU_WEIGHT]));
	if (has(l, CGROUP_LIMIT_CPU_IDLE))
		cgroup_add_limit(w, CGROUP_LIMIT_CPU_IDLE, "cpu.idle",
				 number(w, l->value[CGROUP_LIMIT_CPU_IDLE]));
}

static const char *io_part(struct arena *a, const char *name, uint64_t value)
{
	if (!value)
		return "";
	return value == CGROUP_MAX ? arena_printf(a, " %s=max", name)
				   : arena_printf(a, " %s=%" PRIu64, name, value);
}

static void io(struct cgroup_writer *w, const struct cgroup_limits *l)
{
	for (uint32_t i = 0; i < l->n_io; i++) {
		const struct cgroup_io_max *m = &l->io[i];
		const char *value = arena_printf(w->arena, "%u:%u%s%s%s%s", m->major, m->minor,
						 io_part(w->arena, "rbps", m->rbps),
						 io_part(w->arena, "wbps", m->wbps),
						 io_part(w->arena, "riops", m->riops),
						 io_part(w->arena, "wiops", m->wiops));

		cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, "io.max", value,
			      "no more than this per second, for this device")
			->accepts = "a block device that is a whole disk, and rbps, wbps, riops, "
				    "wiops with a number per second or max";
	}
	if (has(l, CGROUP_LIMIT_IO_WEIGHT))
		cgroup_add_limit(w, CGROUP_LIMIT_IO_WEIGHT, "io.weight",
				 number(w, l->value[CGROUP_LIMIT_IO_WEIGHT]));
}

static int refuse_v1_only(const struct cgroup_limits *l, uint32_t controllers, struct err *err)
{
	for (int i = 0; i < CGROUP_N_LIMITS; i++) {
		const struct cgroup_limit_info *info = &cgroup_limit_table[i];

		if (has(l, (enum cgroup_limit)i) && !info->v2 &&
		    (controllers & CGROUP_BIT(info->controller)))
			return err_set(err, ENOTSUP,
				       "cannot set '%s': cgroup version 2 has no such limit",
				       info->name);
	}
	return 0;
}

int cgroup_v2_writes(struct cgroup_writer *w, const struct cgroup_request *r, struct err *err)
{
	static const struct cgroup_limits none;
	const struct cgroup_limits *l = r->limits ? r->limits : &none;
	int e = refuse_v1_only(l, w->controllers, err);

	if (e == 0 && (w->controllers & CGROUP_BIT(CGROUP_MEMORY)))
		e = memory(w, l, err);
	if (e < 0)
		return e;
	if (w->controllers & CGROUP_BIT(CGROUP_CPU))
		cpu(w, l);
	if (w->controllers & CGROUP_BIT(CGROUP_CPUSET)) {
		if (l->cpuset_cpus)
			cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, "cpuset.cpus", l->cpuset_cpus,
				      "run on these CPUs only")
				->accepts = "CPUs as a list such as 0-2,4";
		if (l->cpuset_mems)
			cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, "cpuset.mems", l->cpuset_mems,
				      "take memory from these nodes only")
				->accepts = "memory nodes as a list such as 0-1";
	}
	if ((w->controllers & CGROUP_BIT(CGROUP_PIDS)) && has(l, CGROUP_LIMIT_PIDS)) {
		cgroup_add_check(w, CGROUP_LIMIT_PIDS, "pids.current", l->value[CGROUP_LIMIT_PIDS]);
		cgroup_add_limit(w, CGROUP_LIMIT_PIDS, "pids.max",
				 number(w, l->value[CGROUP_LIMIT_PIDS]));
	}
	if (w->controllers & CGROUP_BIT(CGROUP_IO))
		io(w, l);
	return 0;
}
