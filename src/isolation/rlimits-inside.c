// SPDX-License-Identifier: Apache-2.0
#include "rlimits.h"

#include <stdio.h>
#include <sys/resource.h>
#include "file.h"

_Static_assert(sizeof(rlim_t) == 8, "limits have 64 bits");

static int refused(const struct rlimit_op *op, struct err *err)
{
	const char *name = value_to_name(rlimit_names, op->resource);
	int code = errno;
	struct rlimit now;

	err_set(err, code, "cannot set %s to %lld:%lld", name ? name : "a limit",
		(long long)op->soft, (long long)op->hard);
	if (code == EPERM && getrlimit((int)op->resource, &now) == 0)
		return err_remedy(err,
				  "the hard limit here is %lld, and raising it needs "
				  "CAP_SYS_RESOURCE",
				  (long long)now.rlim_max);
	return -code;
}

int rlimits_apply(const struct rlimits_plan *plan, struct err *err)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct rlimit_op *op = &plan->ops[i];
		struct rlimit l = {.rlim_cur = op->soft, .rlim_max = op->hard};

		if (setrlimit((int)op->resource, &l) < 0)
			return refused(op, err);
	}
	return 0;
}

int oom_score_apply(int proc, int32_t score, struct err *err)
{
	char text[16];
	int r;

	snprintf(text, sizeof(text), "%d", score);
	r = write_file_at(proc, "oom_score_adj", text);
	if (r >= 0)
		return 0;
	err_set(err, -r, "cannot set the score for running out of memory to %d", score);
	if (r == -EACCES)
		err_remedy(err, "a score below the inherited one needs CAP_SYS_RESOURCE");
	return r;
}
