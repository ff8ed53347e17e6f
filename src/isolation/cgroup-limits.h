// SPDX-License-Identifier: Apache-2.0
/*
 * The table of limits: which controller, which files on v1 and v2, units, bounds, and why.
 * Planning, reading back, messages and options all look here.
 */
#ifndef KOKON_CGROUP_LIMITS_H
#define KOKON_CGROUP_LIMITS_H

#include "cgroup.h"

enum cgroup_unit {
	CGROUP_UNIT_BYTES,
	CGROUP_UNIT_MICROSECONDS,
	CGROUP_UNIT_COUNT,
	CGROUP_UNIT_NUMBER,
};

struct cgroup_limit_info {
	const char *name; /* of the option and in JSON */
	uint32_t controller, unit;
	const char *v1, *v2;         /* file; NULL: that version has none */
	uint64_t min, max;           /* what the kernel takes besides "max" */
	uint32_t max_word;           /* CGROUP_MAX is a value ("max", or -1 on v1) */
	const char *accepts;         /* for messages */
	const char *why;             /* for explain */
	const char *use_v1, *use_v2; /* file with the present use that the limit is held against */
};
extern const struct cgroup_limit_info cgroup_limit_table[CGROUP_N_LIMITS];

/* CPU shares (2 … 262144) to weight (1 … 10000) and back. 1024 is 100 and the ends meet:
 * the curve that container runtimes agreed on in 2025; the old straight line gave 39. */
uint64_t cgroup_weight_of_shares(uint64_t shares);
uint64_t cgroup_shares_of_weight(uint64_t weight);
/* I/O weight 1 … 10000 to the 1 … 1000 of the v1 BFQ scheduler, 100 staying 100. */
uint64_t cgroup_bfq_of_weight(uint64_t weight);

/* The controller that a file such as "memory.max" belongs to, or -1 ("cgroup.…", unknown). */
int cgroup_controller_of_file(const char *file);

/* Every controller that these limits need. */
uint32_t cgroup_limits_controllers(const struct cgroup_limits *limits);

/* Internal to planning: the drivers add WRITE operations through this. */
struct cgroup_writer {
	struct arena *arena;
	struct cgroup_op *ops;
	uint32_t n, size;
	uint32_t in;          /* place written to */
	uint32_t fresh;       /* the group is new: no limit can be below its use */
	const char *dir;      /* of the group */
	const char *base;     /* of the place */
	uint32_t controllers; /* that this place has */
	uint32_t wished;      /* of these, those that may fail */
	uint32_t unchecked;   /* limits may be below present use */
};
struct cgroup_op *cgroup_add_op(struct cgroup_writer *w, enum cgroup_op_kind kind, const char *dir,
				const char *file, const char *value, const char *why);
/* A WRITE with the table's explanation and bounds. */
struct cgroup_op *cgroup_add_limit(struct cgroup_writer *w, enum cgroup_limit limit,
				   const char *file, const char *value);
/* Checks that must hold before anything is written. */
void cgroup_add_check(struct cgroup_writer *w, enum cgroup_limit limit, const char *file,
		      uint64_t value);
int cgroup_v1_writes(struct cgroup_writer *w, const struct cgroup_request *request,
		     struct err *err);
int cgroup_v2_writes(struct cgroup_writer *w, const struct cgroup_request *request,
		     struct err *err);

#endif
