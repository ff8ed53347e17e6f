// SPDX-License-Identifier: Apache-2.0
/*
 * What a container uses, in the JSON of runc's `events`: its keys, their order, which are left out
 * when they are zero. Numbers come from the files of control groups of either version, from resctrl
 * and from the container's network namespace; what the machine does not count is absent or 0.
 */
#ifndef KOKON_OCI_STATS_H
#define KOKON_OCI_STATS_H

#include "cgroup.h"
#include "json-write.h"

/* The group's directories in all hierarchies that it is in. */
struct oci_stats_group {
	uint32_t n;
	struct {
		uint32_t version;
		int dir;
	} in[CGROUP_MAX_HIERARCHIES];
};

struct oci_stats_from {
	const struct oci_stats_group *group;
	const char *rdt_root;  /* where resctrl is mounted; NULL: not asked for */
	const char *rdt_class; /* directory of the container's class */
	const char *net_dev;   /* /proc/PID/net/dev; NULL: no network of its own */
};

/* The value of "data". */
void oci_stats_put(const struct oci_stats_from *from, struct json_writer *w);
/* How many of its processes were killed for want of memory. */
uint64_t oci_stats_oom_kills(const struct oci_stats_group *group);

/* --- oci-stats-parts.c --- */

/* A whole file of the group in a hierarchy of that version; the caller frees. NULL: none. */
char *oci_stats_text(const struct oci_stats_group *group, uint32_t version, const char *file);
/* Its number; "max" is UINT64_MAX, what is not there 0. */
uint64_t oci_stats_number(const struct oci_stats_group *group, uint32_t version, const char *file);
/* The number behind `key` and `separator` in lines "key value". False: there is none. */
bool oci_stats_key(const char *text, const char *key, uint64_t *ret);
/* Left out when it is 0. */
void oci_stats_put_some(struct json_writer *w, const char *key, uint64_t value);
/* Pressure stall information of a version 2 file such as cpu.pressure, as "psi". */
void oci_stats_put_pressure(struct json_writer *w, const struct oci_stats_group *group,
			    const char *file);

/* --- oci-stats-more.c --- */

void oci_stats_put_blkio(struct json_writer *w, const struct oci_stats_group *group);
void oci_stats_put_hugetlb(struct json_writer *w, const struct oci_stats_group *group);
void oci_stats_put_rdt(struct json_writer *w, const char *root, const char *directory);
void oci_stats_put_network(struct json_writer *w, const char *net_dev);

#endif
