// SPDX-License-Identifier: Apache-2.0
/*
 * Guardian: a process that outlives the one it watches over, by a moment.
 *
 * PR_SET_PDEATHSIG (the row "leash") ends a container with the process that answers for it, but
 * the kernel takes the leash off when the program executes a set-user-ID file, and the program
 * may do so itself. The guardian stands outside: no namespace, no control group, no descriptor
 * of the container, only two pidfds. When the one process ends, it kills the other. Interfaces that
 * were given to the container (net-devices.h) it gives back then.
 */
#ifndef KOKON_GUARDIAN_H
#define KOKON_GUARDIAN_H

#include "err.h"
#include "plan.h"

/*
 * Fork a guardian between this process and the one of `pidfd` and `pid`. With GUARDIAN_MOUNTS it
 * also kills all other processes of the mount namespace of `pid`, when that one or this ends:
 * there is neither a PID namespace nor a control group that would hold them; as far as the
 * caller may look into that one. The guardian's pid, or -errno.
 */
pid_t guardian_start(const struct container_plan *plan, pid_t pid, int pidfd, struct err *err);
/* The container has ended: so does the guardian, its work done. 0: there is none. It is left for
 * the caller to reap, or the caller's parent. */
void guardian_end(enum guardian kind, pid_t guardian);

#endif
