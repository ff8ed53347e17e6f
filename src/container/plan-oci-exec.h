// SPDX-License-Identifier: Apache-2.0
/* The planner of `kokon-oci exec`: another process in a container, as an OCI config describes it.
 */
#ifndef KOKON_PLAN_OCI_EXEC_H
#define KOKON_PLAN_OCI_EXEC_H

#include "plan-exec.h"
#include "plan-oci.h"

struct oci_exec_request {
	const struct spec *spec;            /* what the container was made with */
	const struct spec_process *process; /* what is to run */
	const struct exec_request *survey;  /* its namespaces and groups, by exec_survey() */
	bool outlives;
	uint32_t preserve_fds;
	bool trace;
};

/* As plan_oci(). */
int plan_oci_exec(struct arena *a, const struct oci_exec_request *request,
		  const struct facts *facts, struct plan **ret, struct out *notes, struct err *err);

#endif
