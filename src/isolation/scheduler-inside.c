// SPDX-License-Identifier: Apache-2.0
#include "scheduler.h"

#include <sys/syscall.h>

/* sched_setattr(2), the first version of the structure (3.14); no libc has it. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

_Static_assert(sizeof(struct attributes) == 48, "SCHED_ATTR_SIZE_VER0");

enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_CLASS_SHIFT = 13 };

int scheduler_apply(const struct scheduler_plan *p, struct err *err)
{
	struct attributes a = {
		.size = sizeof(a),
		.policy = p->policy,
		.flags = p->flags,
		.nice = p->nice,
		.priority = p->priority,
		.runtime = p->runtime,
		.deadline = p->deadline,
		.period = p->period,
	};

	if (p->cpus_size && syscall(SYS_sched_setaffinity, 0, p->cpus_size, p->cpus) < 0)
		return err_errno(err, "cannot bind to the processors asked for");
	if (p->set_policy && syscall(SYS_sched_setattr, 0, &a, 0) < 0) {
		err_errno(err, "cannot set scheduling policy %u", p->policy);
		if (err->code == EPERM)
			err_remedy(err, "this takes CAP_SYS_NICE and, with groups of version 1, a "
					"share of real time: linux.resources.cpu.realtimeRuntime");
		return -err->code;
	}
	if (p->set_io && syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
				 p->io_class << IOPRIO_CLASS_SHIFT | p->io_priority) < 0)
		return err_errno(err, "cannot set the priority of input and output");
	return 0;
}
