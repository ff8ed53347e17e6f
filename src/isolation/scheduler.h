// SPDX-License-Identifier: Apache-2.0
/*
 * How the payload is scheduled: policy and nice value (sched(7), sched_setattr(2)), input and
 * output (ioprio_set(2)) and processors (sched_setaffinity(2)). In the OCI config:
 * process.scheduler, process.ioPriority, process.execCPUAffinity.
 */
#ifndef KOKON_SCHEDULER_H
#define KOKON_SCHEDULER_H

#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "kernel-names.h"

/* Part of a plan. All zero: everything as it is inherited. */
struct scheduler_plan {
	uint32_t set_policy;
	uint32_t policy;                    /* SCHED_* */
	uint64_t flags;                     /* SCHED_FLAG_* */
	int32_t nice;                       /* -20 … 19, for OTHER and BATCH */
	uint32_t priority;                  /* 1 … 99, for FIFO and RR; else 0 */
	uint64_t runtime, deadline, period; /* ns, for DEADLINE */
	uint32_t set_io;
	uint32_t io_class;    /* IOPRIO_CLASS_*: 1 realtime, 2 best effort, 3 idle */
	uint32_t io_priority; /* 0 (highest) … 7 */
	uint32_t cpus_size;   /* bytes of `cpus`; 0: all as inherited */
	const uint64_t *cpus; /* bit n: processor n */
};

/* "0-3,7" (the kernel's list format, up to 8191) into cpus and cpus_size. 0 or -errno. */
int scheduler_parse_cpus(const char *list, struct arena *a, struct scheduler_plan *plan,
			 struct err *err);
/* What the kernel would refuse without saying why: priorities out of range, a nice value for a
 * realtime policy, DEADLINE without its times. Returns 0 or -EINVAL. */
int scheduler_check(const struct scheduler_plan *plan, struct err *err);

/* Inside: for the calling process. Returns 0 or -errno. */
int scheduler_apply(const struct scheduler_plan *plan, struct err *err);

#endif
