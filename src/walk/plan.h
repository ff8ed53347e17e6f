// SPDX-License-Identifier: Apache-2.0
/*
 * The plan: everything that is going to be done, decided.
 *
 * It is the first object in a shared arena, plain data that both programs map at the same
 * address: every pointer in it points into the arena, every integer has a fixed width, and
 * nothing in it is a table pointer or a libc structure. It is const once it is made.
 */
#ifndef KOKON_PLAN_H
#define KOKON_PLAN_H

#include "identity.h"
#include "idmap.h"
#include "mounts.h"
#include "namespaces.h"
#include "program.h"
#include "root.h"

enum spawn {
	SPAWN_IN_PLACE, /* the caller's own process is the container side: no fork */
	SPAWN_CHILD,    /* the container side is a child of the host side */
};

/* A descriptor that the host side opens before anything else happens. */
struct handle_plan {
	uint32_t kind;    /* enum handle_kind */
	uint32_t flags;   /* for HANDLE_OPEN: O_*; for HANDLE_TREE: MOUNT_RECURSIVE */
	const char *path; /* for messages, and for those opened by path */
	int32_t fd;       /* HANDLE_GIVEN: opened by the survey */
};
enum handle_kind { HANDLE_GIVEN, HANDLE_OPEN, HANDLE_TREE };

/* Existing control groups that the process joins. */
struct join_cgroups_plan {
	uint32_t n;
	const struct join_cgroup {
		int32_t handle;   /* its cgroup.procs */
		const char *path; /* for messages */
	} * groups;
};

struct plan {
	uint64_t build;       /* both programs are of one build */
	const char *tool;     /* "unshare", "run": in front of messages */
	uint32_t spawn;       /* enum spawn */
	uint32_t outside;     /* in place: a second process walks the host's rows */
	uint32_t trace;       /* print each row's duration */
	uint32_t fail_status; /* exit status when a step fails */

	uint32_t n_handles;
	const struct handle_plan *handles;

	const char *label; /* of the program, for the security module; NULL: unchanged */
	struct namespaces_plan namespaces;
	struct join_cgroups_plan join_cgroups;
	struct idmap_plan ids;
	struct mounts_plan before_root; /* in the old root */
	struct root_plan root;
	struct mounts_plan mounts; /* in the new root */
	struct binfmt_plan binfmt_before_root, binfmt;
	struct identity_plan identity;
	struct program_plan program;
};

/* Both programs must agree on the layout; a newer build changes the version or the size. */
#define PLAN_BUILD ((uint64_t)0x6b6f6b6f6eULL << 24 | sizeof(struct plan))

#define PLAN ((const struct plan *)ARENA_ADDRESS)

#endif
