// SPDX-License-Identifier: Apache-2.0
/*
 * The namespaces of one process: which it is in, whether they are the machine's own, who owns
 * them, and what number the process has in each PID namespace (namespaces(7),
 * pid_namespaces(7)).
 */
#ifndef KOKON_MEMBERSHIP_H
#define KOKON_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "nsgraph.h"

enum ns_place {
	PLACE_UNKNOWN, /* the kernel has no fixed number for it, and /proc does not tell */
	PLACE_INITIAL, /* the one that the kernel started with */
	PLACE_OWN,     /* made later */
};

struct ns_member {
	bool present;
	uint64_t inode;
	enum ns_place place;
	uint64_t owner, parent; /* 0: none, or not told */
	uint32_t owner_uid;     /* who made the owning user namespace */
};

enum { DEEPEST_PID_NAMESPACE = 32 }; /* MAX_PID_NS_LEVEL of the kernel */

struct membership {
	int32_t pid; /* as this /proc numbers it; 0: no process, one namespace alone */
	struct ns_member ns[NAMESPACE_TYPES];
	/* The process's number in each PID namespace, the outermost that /proc shows first. */
	int32_t pids[DEEPEST_PID_NAMESPACE];
	uint64_t pid_ns[DEEPEST_PID_NAMESPACE]; /* 0: not told */
	size_t n_pids;
};

struct membership_source {
	int proc;                   /* a proc file system */
	ns_relate_function *relate; /* NULL: ask the kernel */
	const char *release;        /* of the kernel; NULL: uname(2) */
};

/* Of process `pid`, 0: of the caller. */
int membership_read(const struct membership_source *source, int32_t pid, struct membership *ret,
		    struct err *err);
/* Of the one namespace that fd refers to; the process that stands for it is not read. */
int membership_of_file(const struct membership_source *source, int fd, enum namespace_type type,
		       struct membership *ret, struct err *err);

/* Is the namespace with that inode above the process's own of a kind that nests (user, pid)? */
bool membership_is_below(const struct membership_source *source, const struct membership *m,
			 enum namespace_type type, uint64_t above);

/* Open a file that is a namespace: of /proc/PID/ns, or one that a namespace is bound on.
 * Returns a descriptor or -errno with the message. */
int ns_open_file(const char *path, enum namespace_type *ret_type, struct err *err);

#endif
