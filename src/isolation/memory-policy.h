// SPDX-License-Identifier: Apache-2.0
/*
 * From which nodes a process takes its memory (set_mempolicy(2), numa(7)), and as which kind of
 * machine it sees this one (personality(2)). In the OCI config: linux.memoryPolicy,
 * linux.personality.
 */
#ifndef KOKON_MEMORY_POLICY_H
#define KOKON_MEMORY_POLICY_H

#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "names.h"

/* Part of a plan. All zero: as it is inherited. */
struct memory_policy_plan {
	uint32_t set;
	uint32_t mode;           /* MPOL_* with MPOL_F_* */
	uint32_t nodes_bits;     /* bits in `nodes`; 0: none */
	uint32_t change_persona; /* `persona` is to be set */
	uint64_t persona;        /* PER_LINUX, PER_LINUX32 */
	const uint64_t *nodes;   /* bit n: node n */
};

/* "MPOL_BIND" …, "MPOL_F_STATIC_NODES" … as the specification spells them. */
extern const struct name memory_policy_modes[];
extern const struct name memory_policy_flags[];

/* Host half: nodes as a list "0-1,3" (NULL: none), checked against what the mode needs. */
int memory_policy_make(uint32_t mode, uint32_t flags, const char *nodes, struct arena *a,
		       struct memory_policy_plan *plan, struct err *err);

/* Inside half: for the calling process; kept over execve(2). 0 or -errno. */
int memory_policy_apply(const struct memory_policy_plan *plan, struct err *err);

#endif
