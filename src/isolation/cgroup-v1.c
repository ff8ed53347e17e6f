// SPDX-License-Identifier: Apache-2.0
/*
 * The v1 driver: which files take a request's values. A hierarchy may hold several controllers
 * ("cpu,cpuacct"), so each is asked for by its bit, and a hierarchy gets its own writes only.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup-limits.h"

static bool has(const struct cgroup_limits *l, enum cgroup_limit limit)
{
	return l->set & (1ULL << limit);
}

/* -1 is v1's word for no limit. */
static const char *number(struct cgroup_writer *w, uint64_t value)
{
	return value == CGROUP_MAX ? "-1" : arena_printf(w->arena, "%" PRIu64, value);
}

static void memory(struct cgroup_writer *w, const struct cgroup_limits *l)
{
	static const enum cgroup_limit order[] = {CGROUP_LIMIT_MEMORY, CGROUP_LIMIT_MEMORY_SWAP,
						  CGROUP_LIMIT_MEMORY_LOW, CGROUP_LIMIT_SWAPPINESS,
						  CGROUP_LIMIT_OOM_KILL_DISABLE};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		const struct cgroup_limit_info *info = &cgroup_limit_table[order[i]];
		uint64_t value = l->value[order[i]];
		struct cgroup_op *op;

		if (!has(l, order[i]))
			continue;
		cgroup_add_check(w, order[i], info->use_v1, value);
		op = cgroup_add_limit(w, order[i], info->v1, number(w, value));
		/* The kernel keeps limit <= memsw.limit at every moment, so raising both needs
		 * the second first. */
		op->retry = order[i] == CGROUP_LIMIT_MEMORY && has(l, CGROUP_LIMIT_MEMORY_SWAP);
	}
}

static void cpu(struct cgroup_writer *w, const struct cgroup_limits *l)
{
	static const enum cgroup_limit order[] = {
		CGROUP_LIMIT_CPU_PERIOD,    CGROUP_LIMIT_CPU_QUOTA,     CGROUP_LIMIT_CPU_BURST,
		CGROUP_LIMIT_CPU_SHARES,    CGROUP_LIMIT_CPU_WEIGHT,    CGROUP_LIMIT_CPU_IDLE,
		CGROUP_LIMIT_CPU_RT_PERIOD, CGROUP_LIMIT_CPU_RT_RUNTIME};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		uint64_t value = l->value[order[i]];
		struct cgroup_op *op;

		if (!has(l, order[i]))
			continue;
		if (order[i] == CGROUP_LIMIT_CPU_WEIGHT)
			value = cgroup_shares_of_weight(value);
		op = cgroup_add_limit(w, order[i], cgroup_limit_table[order[i]].v1,
				      number(w, value));
		op->retry =
			(order[i] == CGROUP_LIMIT_CPU_PERIOD && has(l, CGROUP_LIMIT_CPU_QUOTA)) ||
			(order[i] == CGROUP_LIMIT_CPU_RT_PERIOD &&
			 has(l, CGROUP_LIMIT_CPU_RT_RUNTIME));
	}
}

static void throttle(struct cgroup_writer *w, const struct cgroup_io_max *io, const char *file,
		     uint64_t value)
{
	struct cgroup_op *op;

	if (!value)
		return;
	op = cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, file,
			   arena_printf(w->arena, "%u:%u %" PRIu64, io->major, io->minor,
					value == CGROUP_MAX ? 0 : value),
			   value == CGROUP_MAX ? "0 lifts the limit of this device"
					       : "no more than this per second, for this device");
	op->accepts = "a block device that is a whole disk, and a number per second";
}

static void io(struct cgroup_writer *w, const struct cgroup_limits *l)
{
	for (uint32_t i = 0; i < l->n_io; i++) {
		throttle(w, &l->io[i], "blkio.throttle.read_bps_device", l->io[i].rbps);
		throttle(w, &l->io[i], "blkio.throttle.write_bps_device", l->io[i].wbps);
		throttle(w, &l->io[i], "blkio.throttle.read_iops_device", l->io[i].riops);
		throttle(w, &l->io[i], "blkio.throttle.write_iops_device", l->io[i].wiops);
	}
	if (has(l, CGROUP_LIMIT_IO_WEIGHT))
		cgroup_add_limit(w, CGROUP_LIMIT_IO_WEIGHT, "blkio.bfq.weight",
				 number(w, cgroup_bfq_of_weight(l->value[CGROUP_LIMIT_IO_WEIGHT])));
}

static const char *device_text(struct arena *a, const struct device_rule *d)
{
	char major[24] = "*", minor[24] = "*";

	if (d->type == 'a')
		return "a";
	if (d->major >= 0)
		snprintf(major, sizeof(major), "%" PRId64, d->major);
	if (d->minor >= 0)
		snprintf(minor, sizeof(minor), "%" PRId64, d->minor);
	return arena_printf(a, "%c %s:%s %s%s%s", d->type, major, minor,
			    d->access & DEVICE_READ ? "r" : "", d->access & DEVICE_WRITE ? "w" : "",
			    d->access & DEVICE_MKNOD ? "m" : "");
}

static void devices(struct cgroup_writer *w, const struct cgroup_request *r)
{
	for (uint32_t i = 0; i < r->n_devices; i++)
		cgroup_add_op(w, CGROUP_OP_WRITE, w->dir,
			      r->devices[i].allow ? "devices.allow" : "devices.deny",
			      device_text(w->arena, &r->devices[i]),
			      r->devices[i].allow ? "devices that may be used"
						  : "devices that may not be used");
}

static void cpuset(struct cgroup_writer *w, const struct cgroup_limits *l)
{
	struct cgroup_op *op;

	if (l->cpuset_cpus) {
		op = cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, "cpuset.cpus", l->cpuset_cpus,
				   "run on these CPUs only");
		op->accepts = "CPUs that the parent group has, as a list such as 0-2,4";
	}
	if (l->cpuset_mems) {
		op = cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, "cpuset.mems", l->cpuset_mems,
				   "take memory from these nodes only");
		op->accepts = "memory nodes that the parent group has, as a list such as 0-1";
	}
}

static int refuse_v2_only(const struct cgroup_limits *l, struct err *err)
{
	for (int i = 0; i < CGROUP_N_LIMITS; i++) {
		if (!has(l, (enum cgroup_limit)i) || cgroup_limit_table[i].v1)
			continue;
		err_set(err, ENOTSUP,
			"cannot limit '%s': the controller '%s' is mounted as version 1, which has "
			"no such limit",
			cgroup_limit_table[i].name,
			cgroup_controller_name(cgroup_limit_table[i].controller, 1));
		return err_remedy(err, "use --memory or --memory-low, or boot with "
				       "systemd.unified_cgroup_hierarchy=1 for version 2");
	}
	return 0;
}

int cgroup_v1_writes(struct cgroup_writer *w, const struct cgroup_request *r, struct err *err)
{
	static const struct cgroup_limits none;
	const struct cgroup_limits *l = r->limits ? r->limits : &none;
	int e;

	if (w->controllers & CGROUP_BIT(CGROUP_MEMORY)) {
		e = refuse_v2_only(l, err);
		if (e < 0)
			return e;
		memory(w, l);
	}
	if (w->controllers & CGROUP_BIT(CGROUP_CPU))
		cpu(w, l);
	if (w->controllers & CGROUP_BIT(CGROUP_CPUSET))
		cpuset(w, l);
	if ((w->controllers & CGROUP_BIT(CGROUP_PIDS)) && has(l, CGROUP_LIMIT_PIDS)) {
		uint64_t value = l->value[CGROUP_LIMIT_PIDS];

		cgroup_add_check(w, CGROUP_LIMIT_PIDS, "pids.current", value);
		cgroup_add_limit(w, CGROUP_LIMIT_PIDS, "pids.max",
				 value == CGROUP_MAX ? "max" : number(w, value));
	}
	if (w->controllers & CGROUP_BIT(CGROUP_IO))
		io(w, l);
	if (w->controllers & CGROUP_BIT(CGROUP_DEVICES))
		devices(w, r);
	return 0;
}
