// SPDX-License-Identifier: Apache-2.0
/*
 * Namespaces: making, joining and keeping them (namespaces(7), clone(2), setns(2), unshare(2)).
 */
#ifndef KOKON_NAMESPACES_H
#define KOKON_NAMESPACES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"
#include "kernel-names.h"

struct namespace_join {
	uint32_t type;      /* enum namespace_type */
	int32_t handle;     /* index of its descriptor among the handles */
	const char *shown;  /* what the user called it */
	const char *option; /* what nsenter(1) calls it; NULL: --TYPE=shown */
};

struct namespace_persist {
	uint32_t type;
	const char *path; /* an existing file that the namespace is bound on */
};

/* What the parent of a program that runs in a child does while it waits. */
enum waiting {
	WAIT_DEAF,    /* SIGINT and SIGTERM are blocked (unshare) */
	WAIT_FORWARD, /* they go to the child (unshare --forward-signals) */
	WAIT_FOLLOW,  /* it stops and goes on with the child (nsenter) */
};

struct namespaces_plan {
	uint64_t create; /* CLONE_NEW* of what is made, the user namespace included */
	uint32_t n_joins;
	uint32_t n_persist;
	const struct namespace_join *joins; /* in the order in which they are entered */
	const struct namespace_persist *persist;
	int64_t monotonic_ns, boottime_ns; /* offsets of a new time namespace */
	uint32_t set_monotonic, set_boottime;
	uint32_t join_user_last; /* the joined user namespace comes after the others
				  * (its rights would not suffice to enter them) */
	uint32_t fork;           /* in place: the program runs in a child that is waited for */
	uint32_t kill_child;     /* signal to the child when its parent ends; 0: none */
	uint32_t waiting;        /* enum waiting: how the parent behaves meanwhile */
	const char *hostname;    /* NULL: unchanged */
	const char *domainname;
	uint32_t loopback; /* bring lo up in a new network namespace */
};

/* --- host half --- */

/* "mnt", "mount", "pid" … -> type; the names of any column. False: unknown. */
bool namespace_by_name(const char *name, enum namespace_type *ret);
/* Bind /proc/PID/ns/X on its file. 0 or -errno. */
int namespace_persist(pid_t pid, const struct namespace_persist *p, struct err *err);

/* --- inside half --- */

/* setns(2) into the joins whose type is in `types` (CLONE_NEW* mask), in order. */
int namespaces_join(const struct namespaces_plan *plan, uint64_t types, const int *handles,
		    struct err *err);
/* unshare(CLONE_NEWUSER). */
int namespaces_make_user(struct err *err);
/* A new time namespace for children, with its offsets. */
int namespaces_make_time(const struct namespaces_plan *plan, struct err *err);
/* unshare(2) of everything but user, time and those of `later` (CLONE_NEW*). */
int namespaces_make_in_place(const struct namespaces_plan *plan, uint64_t later, struct err *err);
int namespaces_set_names(const struct namespaces_plan *plan, struct err *err);
int namespaces_loopback_up(struct err *err);

#endif
