// SPDX-License-Identifier: Apache-2.0
/* Why a container's program could not be run, from the container's own file system. */
#ifndef KOKON_PROGRAM_DIAGNOSIS_H
#define KOKON_PROGRAM_DIAGNOSIS_H

#include "exec-diagnosis.h"
#include "plan.h"

/*
 * `status` is what supervise() or supervise_exec() returned: execve(2) failed (then `err` has
 * it), the program ended with 127, as a dynamic loader does that misses a library, or execve(2)
 * killed it, which looks like a SIGSEGV of its own. Returns the status, after a message to
 * standard error if there is a cause to tell; or -errno with the cause in `err`.
 */
int program_diagnose(const struct plan *plan, struct exec_failure *failure, int status,
		     struct err *err);

#endif
