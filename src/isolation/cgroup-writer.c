// SPDX-License-Identifier: Apache-2.0
/* The list of operations that planner and drivers of both versions write. */
#include "cgroup-limits.h"

#include <string.h>

struct cgroup_op *cgroup_add_op(struct cgroup_writer *w, enum cgroup_op_kind kind, const char *dir,
				const char *file, const char *value, const char *why)
{
	struct cgroup_op *op;

	if (w->n == w->size) {
		struct cgroup_op *more = arena_array(w->arena, struct cgroup_op, w->size * 2 + 32);

		if (w->n)
			memcpy(more, w->ops, w->n * sizeof(*more));
		w->ops = more;
		w->size = w->size * 2 + 32;
	}
	op = &w->ops[w->n++];
	*op = (struct cgroup_op){
		.kind = kind,
		.in = w->in,
		.dir = dir,
		.file = arena_strdup(w->arena, file),
		.value = arena_strdup(w->arena, value),
		.why = arena_strdup(w->arena, why),
	};
	return op;
}

struct cgroup_op *cgroup_add_limit(struct cgroup_writer *w, enum cgroup_limit limit,
				   const char *file, const char *value)
{
	const struct cgroup_limit_info *info = &cgroup_limit_table[limit];
	struct cgroup_op *op = cgroup_add_op(w, CGROUP_OP_WRITE, w->dir, file, value, info->why);

	op->accepts = arena_strdup(w->arena, info->accepts);
	return op;
}

void cgroup_add_check(struct cgroup_writer *w, enum cgroup_limit limit, const char *file,
		      uint64_t value)
{
	if (w->fresh || w->unchecked || !file || value == CGROUP_MAX ||
	    limit == CGROUP_LIMIT_MEMORY_LOW)
		return;
	cgroup_add_op(w, CGROUP_OP_CHECK, w->dir, file,
		      arena_printf(w->arena, "%llu", (unsigned long long)value),
		      "a limit below present use would kill processes or fail: refused instead");
}
