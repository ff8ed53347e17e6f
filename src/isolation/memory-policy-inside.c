// SPDX-License-Identifier: Apache-2.0
#include "memory-policy.h"

#include <sys/personality.h>
#include <sys/syscall.h>

int memory_policy_apply(const struct memory_policy_plan *p, struct err *err)
{
	/* The kernel reads one bit less than it is told. */
	if (p->set && syscall(SYS_set_mempolicy, p->mode, p->nodes,
			      p->nodes_bits ? p->nodes_bits + 1 : 0) < 0) {
		err_errno(err, "cannot set the memory policy");
		if (err->code == EINVAL)
			err_remedy(err, "the nodes must exist on this machine and be allowed by "
					"the cpuset, and the kernel must know the mode");
		return -err->code;
	}
	if (p->change_persona && personality((unsigned long)p->persona) < 0)
		return err_errno(err, "cannot set the personality");
	return 0;
}
