// SPDX-License-Identifier: Apache-2.0
/*
 * Intel Resource Director Technology: shares of caches and of memory bandwidth, through a mounted
 * resctrl file system (the kernel's filesystems/resctrl.rst). In the OCI config: linux.intelRdt.
 * Host half only.
 */
#ifndef KOKON_RDT_H
#define KOKON_RDT_H

#include <stdint.h>
#include <sys/types.h>
#include "arena.h"
#include "err.h"

/* What is asked for. */
struct rdt_request {
	const char *root;           /* where resctrl is mounted; NULL: nowhere */
	const char *id;             /* of the container */
	const char *clos;           /* class of service; NULL: one of the container's own */
	const char *l3, *bandwidth; /* "L3:…", "MB:…"; NULL: not given */
	const char *const *lines;   /* schemata; ends with NULL; NULL: not given */
	uint32_t monitoring;        /* a monitoring group of its own */
};

/* Part of a plan. */
struct rdt_plan {
	const char *directory; /* of the class; NULL: nothing to do */
	const char *schemata;  /* lines to be written, or to be compared; NULL: none */
	uint32_t own;          /* made for this container: must be new, removed with it */
	uint32_t must_exist;   /* a class that is given without values */
	const char *monitor;   /* directory of the monitoring group; NULL: none */
};

/* Pure. 0, or -errno with the cause. */
int rdt_make_plan(const struct rdt_request *request, struct arena *a, struct rdt_plan *ret,
		  struct err *err);
/* Make the class if need be, set it, put the process in. On failure what was made is removed. */
int rdt_apply(const struct rdt_plan *plan, pid_t pid, struct err *err);
/* A class of the container's own does not exist yet: what is recorded for removal is not another's.
 * Reads only. 0 or -errno. */
int rdt_check_free(const struct rdt_plan *plan, struct err *err);
/* Other values for a class: `l3` "L3:…" and `bandwidth` "MB:…", NULL: as it is. */
int rdt_change(const char *directory, const char *l3, const char *bandwidth, struct err *err);
/* What was made for one container: `directory` of a plan that is its own, and `monitor`. NULL and
 * missing ones are fine. 0 or -errno. */
int rdt_remove(const char *directory, const char *monitor, struct err *err);
/* Where resctrl is mounted by /proc/self/mountinfo, in the arena; NULL: nowhere. */
const char *rdt_mounted(struct arena *a);

#endif
