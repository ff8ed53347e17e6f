// SPDX-License-Identifier: Apache-2.0
/*
 * Resource limits of a process and its descendants (getrlimit(2), prlimit(2)), and how eager the
 * kernel is to end them when memory runs out (proc(5), oom_score_adj).
 */
#ifndef KOKON_RLIMITS_H
#define KOKON_RLIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "kernel-names.h"
#include "out.h"

#define RLIMIT_UNLIMITED UINT64_MAX

struct rlimit_op {
	uint32_t resource; /* RLIMIT_* */
	uint32_t unused;
	uint64_t soft; /* in the resource's own unit: bytes, seconds, or a count */
	uint64_t hard;
};

/* Part of a plan; `ops` holds each resource once. */
struct rlimits_plan {
	uint32_t count;
	const struct rlimit_op *ops;
};

/* "nofile", "RLIMIT_NOFILE" … in any case. Returns 0 or -EINVAL. */
int rlimit_from_name(const char *name, uint32_t *ret_resource, struct err *err);
/* "nofile=1024:2048", "nofile=1024" (both), "core=-1", "core=unlimited:unlimited". The soft
 * limit may not be above the hard one. Returns 0 or -errno. */
int rlimit_parse(const char *text, struct rlimit_op *ret, struct err *err);
/* Put `op` into a list of RLIMITS_COUNT places; a later one of the same resource replaces. */
void rlimits_put(struct rlimit_op *ops, uint32_t *count, const struct rlimit_op *op);
/* The limits of this process, for `--ulimit host`. Returns 0 or -errno. */
int rlimits_of_self(struct rlimit_op *ops, uint32_t *ret_count, struct err *err);
/* "nofile=1024:2048" */
void rlimit_print(const struct rlimit_op *op, struct out *o);

/* Inside: set them for the calling process. Raising a hard limit needs CAP_SYS_RESOURCE in the
 * initial user namespace. Returns 0 or -errno. */
int rlimits_apply(const struct rlimits_plan *plan, struct err *err);

/* -1000 … 1000. Returns 0 or -errno. */
int oom_score_parse(const char *text, int32_t *ret, struct err *err);
/* Write it; `proc` is a descriptor of /proc/PID. A process that has changed its user is no
 * longer dumpable and cannot write its own; going below what was inherited needs
 * CAP_SYS_RESOURCE. Returns 0 or -errno. */
int oom_score_apply(int proc, int32_t score, struct err *err);

#endif
