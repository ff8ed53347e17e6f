// SPDX-License-Identifier: Apache-2.0
/*
 * Looking at control groups: which exist, their processes, their limits as the kernel holds
 * them and whose limit really binds, and what they use. Reads only.
 */
#ifndef KOKON_GROUPS_H
#define KOKON_GROUPS_H

#include "cgroup.h"

/* One group: its name and the places where it exists (a plan without operations). */
struct group {
	const char *path; /* "" is the top */
	uint32_t depth;   /* below the first of the list */
	const struct cgroup_plan *found;
};

/* A group and all below it, parents before children, siblings by name. */
int groups_collect(struct arena *a, const struct cgroup_layout *l, const char *path,
		   struct group **ret, size_t *ret_n, struct err *err);

/* The groups of a process: one place per hierarchy, whose names may differ. `path` of *ret is
 * its name in the first. */
int group_of_process(struct arena *a, const struct cgroup_layout *l, pid_t pid, struct group *ret,
		     struct err *err);

/* PIDs in any place of the group (with `below`: and of groups below), ascending, once each. */
int group_processes(struct arena *a, const struct cgroup_plan *found, bool below, pid_t **ret,
		    size_t *ret_n, struct err *err);
/* "1234 sleep 100", at most 60 bytes of command line. */
const char *group_process_text(struct arena *a, pid_t pid);

enum group_unit { GROUP_BYTES, GROUP_COUNT, GROUP_CPUS, GROUP_WORD };

struct group_limit {
	const char *name;   /* as the option is called, without dashes */
	const char *file;   /* with its directory */
	const char *kernel; /* as the kernel holds it */
	const char *text;   /* for people: "64M", "1.5", "max" */
	uint32_t unit;
	uint64_t value; /* GROUP_CPUS: thousandths of a CPU; CGROUP_MAX: no limit */
	bool has_use;
	uint64_t use;
	const char *bound_by; /* the group above whose limit is lower and so binds; or NULL */
	uint64_t bound;
	const char *bound_text;
};
/* Every limit that the kernel shows for the group. */
int group_limits(struct arena *a, const struct cgroup_plan *found, struct group_limit **ret,
		 size_t *ret_n);
/* One by name, or NULL. */
const struct group_limit *group_limit_named(const struct group_limit *v, size_t n,
					    const char *name);

const char *group_bytes_text(struct arena *a, uint64_t bytes); /* "64M", "1.2G" */

struct group_stats {
	uint32_t has; /* bits of enum group_stat */
	uint64_t cpu_us, user_us, system_us, periods, throttled, throttled_us;
	uint64_t memory, memory_peak, swap, oom_kills;
	uint64_t pids;
	uint64_t read_bytes, written_bytes, reads, writes;
	uint64_t pressure_cpu, pressure_memory, pressure_io; /* hundredths of a percent, 10 s */
};
enum group_stat {
	STAT_CPU = 1,
	STAT_CPU_SPLIT = 2,
	STAT_THROTTLE = 4,
	STAT_MEMORY = 8,
	STAT_PEAK = 16,
	STAT_SWAP = 32,
	STAT_PIDS = 64,
	STAT_IO = 128,
	STAT_PRESSURE = 256,
	STAT_OOM = 512,
};
void group_read_stats(const struct cgroup_plan *found, struct group_stats *ret);
/* 1 frozen, 0 not, -ENOENT unknown. */
int group_is_frozen(const struct cgroup_plan *found);
/* The v2 type when it is not "domain" ("threaded", …), else NULL. */
const char *group_type(struct arena *a, const struct cgroup_plan *found);

/* What the commands print. */
int groups_print_list(const struct group *v, size_t n, bool json, struct out *o, struct err *err);
int groups_print_tree(struct arena *a, const struct group *v, size_t n, bool json, struct out *o,
		      struct err *err);
int group_print_show(struct arena *a, const struct group *g, bool json, struct out *o,
		     struct err *err);
void group_print_stats(struct arena *a, const struct group *g, const struct group_stats *s,
		       bool json, struct out *o);
/* One line of --watch: what changed from `before`, `us` microseconds ago. */
void group_print_watch(struct arena *a, const struct group_stats *before,
		       const struct group_stats *now, uint64_t us, struct out *o);
void group_print_watch_heading(struct out *o);

#endif
