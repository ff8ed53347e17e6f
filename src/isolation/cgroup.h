// SPDX-License-Identifier: Apache-2.0
/*
 * Control groups: putting processes into groups, and limits on the groups (cgroups(7); the
 * kernel's admin-guide/cgroup-v1 and admin-guide/cgroup-v2.rst).
 *
 * One name is made in every hierarchy that has a controller asked for, and in the v2 hierarchy
 * where there is one, since that alone gives a directory to be cloned into, cgroup.kill and
 * cgroup.freeze. A "hybrid" machine is no case of its own: each controller is used wherever
 * /proc/self/mountinfo says it is mounted.
 *
 *   cgroup_layout_probe()   what is mounted, where we are, what is ours to use (reads only)
 *   cgroup_make_plan()      which directories, which values, why: pure
 *   cgroup_explain()        the plan as shell commands
 *   cgroup_create()         do it; on failure everything made is removed again
 *   cgroup_fd_v2(), cgroup_join()            put a process in
 *   cgroup_kill(), cgroup_remove(), …        by plan, or by recorded paths alone
 */
#ifndef KOKON_CGROUP_H
#define KOKON_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "arena.h"
#include "devices.h"
#include "err.h"
#include "names.h"
#include "out.h"

enum cgroup_controller {
	CGROUP_CPU,
	CGROUP_CPUACCT, /* v1 only */
	CGROUP_CPUSET,
	CGROUP_MEMORY,
	CGROUP_IO, /* "blkio" on v1 */
	CGROUP_PIDS,
	CGROUP_DEVICES, /* v1 only; on v2 an eBPF program does it (device-filter.h) */
	CGROUP_FREEZER, /* v1 only; on v2 part of every group */
	CGROUP_HUGETLB,
	CGROUP_RDMA,
	CGROUP_MISC,
	CGROUP_NET_CLS,
	CGROUP_NET_PRIO,
	CGROUP_PERF_EVENT,
	CGROUP_N_CONTROLLERS,
};
#define CGROUP_BIT(controller) (1U << (controller))

/* v1 names ("blkio") and v2 names ("io"); cgroup_controller_name() picks. */
const char *cgroup_controller_name(enum cgroup_controller c, uint32_t version);
/* The bits of a list of names separated by `sep`; unknown names are left out. */
uint32_t cgroup_controllers_parse(const char *list, char sep);

/* ---- facts ------------------------------------------------------------------------------ */

#define CGROUP_MAX_HIERARCHIES 20

struct cgroup_hierarchy {
	uint32_t version;     /* 1 or 2 */
	uint32_t controllers; /* v1: attached; v2: what `base` may give to its children */
	uint32_t present;     /* v2: in the root group that is mounted; v1: as controllers */
	uint32_t readonly;    /* the mount is read-only */
	const char *label;    /* for messages: "memory", "name=systemd", "v2" */
	const char *mount;    /* mount point */
	const char *own;      /* our group below `mount`, "" its root; NULL: outside of it */
	const char *base; /* names are relative to this group below `mount`; NULL: none is ours */
};

enum cgroup_mode { CGROUP_MODE_NONE, CGROUP_MODE_V1, CGROUP_MODE_V2, CGROUP_MODE_HYBRID };

struct cgroup_layout {
	uint32_t mode;
	uint32_t known;    /* controllers that /proc/cgroups lists */
	uint32_t disabled; /* of these, switched off on the kernel's command line */
	uint32_t euid;
	uint32_t parents; /* cgroup_parent_places() of the group in question, if it was asked */
	uint32_t n;
	struct cgroup_hierarchy h[CGROUP_MAX_HIERARCHIES];
};

/* The kernel's files as text, for probing and for tests. */
struct cgroup_texts {
	const char *mountinfo, *self_cgroup, *proc_cgroups;
};

/* From texts alone: every `base` is the mounted root, v2 `controllers` are empty. Pure. */
int cgroup_layout_parse(struct arena *a, const struct cgroup_texts *texts,
			struct cgroup_layout **ret, struct err *err);
/* From /proc/self, with the base of each hierarchy found by what we may write to: the topmost
 * group above our own, or the nearest unit of systemd (service, scope). Reads only. */
int cgroup_layout_probe(struct arena *a, struct cgroup_layout **ret, struct err *err);
/* Index of the v2 hierarchy, or -1. */
int cgroup_layout_v2(const struct cgroup_layout *l);
/* Index of the hierarchy that has a controller (delegated or not), or -1. */
int cgroup_layout_find(const struct cgroup_layout *l, enum cgroup_controller c);

/* ---- request ---------------------------------------------------------------------------- */

/* Limits with one number. The table in cgroup-limits.c says controller, files and units. */
enum cgroup_limit {
	CGROUP_LIMIT_MEMORY,      /* bytes */
	CGROUP_LIMIT_MEMORY_SWAP, /* bytes of memory and swap together, as Docker counts */
	CGROUP_LIMIT_MEMORY_LOW,  /* bytes kept from reclaim when possible (v1: soft limit) */
	CGROUP_LIMIT_MEMORY_MIN,  /* v2 */
	CGROUP_LIMIT_MEMORY_HIGH, /* v2: throttled above */
	CGROUP_LIMIT_CPU_PERIOD,  /* microseconds */
	CGROUP_LIMIT_CPU_QUOTA,   /* microseconds of CPU time per period */
	CGROUP_LIMIT_CPU_BURST,   /* microseconds */
	CGROUP_LIMIT_CPU_SHARES,  /* 2 … 262144; becomes a weight on v2 */
	CGROUP_LIMIT_CPU_WEIGHT,  /* 1 … 10000; becomes shares on v1 */
	CGROUP_LIMIT_CPU_IDLE,    /* 0 or 1 */
	CGROUP_LIMIT_CPU_RT_PERIOD,
	CGROUP_LIMIT_CPU_RT_RUNTIME,
	CGROUP_LIMIT_PIDS,
	CGROUP_LIMIT_IO_WEIGHT,        /* 1 … 10000 as v2 counts */
	CGROUP_LIMIT_SWAPPINESS,       /* v1 */
	CGROUP_LIMIT_OOM_KILL_DISABLE, /* v1 */
	CGROUP_N_LIMITS,
};
#define CGROUP_MAX UINT64_MAX /* "max": no limit */

/* One line of io.max or of the blkio.throttle files; CGROUP_MAX: no limit; 0: not asked. */
struct cgroup_io_max {
	uint32_t major, minor;
	uint64_t rbps, wbps, riops, wiops;
};

/* A value written as it is. */
struct cgroup_raw {
	const char *file, *value;
	uint32_t unified; /* version 2 only, and whatever the file is (linux.resources.unified) */
};

/* A value that has no place in the table of limits: files of one device, page size or interface. */
struct cgroup_setting {
	uint32_t controller;         /* enum cgroup_controller */
	uint32_t optional;           /* a version or kernel without the file passes it over */
	uint32_t otherwise;          /* only if the setting before it found no file */
	const char *v1, *v2;         /* file; NULL: that version has none */
	const char *value1, *value2; /* what is written */
	const char *why;
};

struct cgroup_limits {
	uint64_t set; /* bit 1 << enum cgroup_limit: value[] holds a limit */
	uint64_t value[CGROUP_N_LIMITS];
	const char *cpuset_cpus, *cpuset_mems; /* lists such as "0-2,4"; NULL: not asked */
	uint32_t n_io, n_raw, n_settings;
	const struct cgroup_setting *settings; /* in order */
	const struct cgroup_io_max *io;
	const struct cgroup_raw *raw; /* controller taken from the file's prefix */
};
void cgroup_limit_set(struct cgroup_limits *limits, enum cgroup_limit limit, uint64_t value);
bool cgroup_limits_any(const struct cgroup_limits *limits);
/* Is there so little memory that what a start has just freed matters? */
bool cgroup_limits_tight(const struct cgroup_limits *limits);

/* Values as people write them: "64M", "max", "-1". Each refuses with what is accepted. */
int cgroup_limit_parse(struct cgroup_limits *limits, enum cgroup_limit limit, const char *text,
		       struct err *err);
/* CPUs, "1.5" or "max": quota in a period of 100 ms. */
int cgroup_cpus_parse(struct cgroup_limits *limits, const char *text, struct err *err);
/* A list such as "0-2,4". */
int cgroup_list_check(const char *text, struct err *err);

/* "254:0:rbps=1M,wiops=max" or "/dev/vda:rbps=1M"; a device file is looked up by stat(2). */
int cgroup_io_max_parse(const char *text, struct cgroup_io_max *ret, struct err *err);

/* A rule of a device filter; the last that matches decides. */
struct device_rule {
	uint32_t allow;
	char type;            /* 'a' all, 'b', 'c' */
	int64_t major, minor; /* -1: any */
	uint32_t access;      /* DEVICE_READ … */
};

enum cgroup_request_flag {
	CGROUP_NEW = 1,       /* the last group must not exist yet */
	CGROUP_OPTIONAL = 2,  /* where no hierarchy is ours and nothing is limited: an empty plan */
	CGROUP_ADOPT = 4,     /* set: a hierarchy the group gets only now takes its processes too */
	CGROUP_MAKE_ROOM = 8, /* v2: processes of our own delegated group move aside to a leaf */
	CGROUP_EMPTY = 16,    /* the last group may exist if nobody is in it and it is not frozen */
	CGROUP_UNCHECKED = 32, /* a limit may be below present use */
	CGROUP_START = 64,     /* for a start: what would hinder it is done by cgroup_finish() */
	CGROUP_ENTERED = 128,  /* EMPTY, but the container's process is in it by then */
	CGROUP_OWN = 256,      /* v2: the group is given to `owner` (cgroups(7), delegation) */
	CGROUP_EXISTING = 512, /* what is not there is not made: somebody else may remove it now */
};

struct cgroup_request {
	const char *path;                   /* "parent/name", below each hierarchy's base */
	const struct cgroup_limits *limits; /* NULL: none */
	uint32_t controllers;               /* wanted besides those that the limits need */
	uint32_t wished;                    /* taken where they are to be had */
	uint32_t owner;                     /* CGROUP_OWN: user id */
	uint32_t flags;
	uint32_t also;      /* bits of hierarchies that take part whatever is limited; if any is
			     * given, v2 takes part only where needed or in these bits */
	uint32_t n_devices; /* 0: no device filter */
	const struct device_rule *devices;
};

/* "a/b", "/a/b" -> "a/b". Refuses "..", ".", empty parts, control characters, names of kernel
 * files ("memory.max") and paths that leave the tree. Pure. */
int cgroup_path_check(struct arena *a, const struct cgroup_layout *l, const char *path,
		      const char **ret, struct err *err);

/* ---- plan ------------------------------------------------------------------------------- */

enum cgroup_op_kind {
	CGROUP_OP_CHECK,   /* refuse when the number in `file` is above `value`; changes nothing */
	CGROUP_OP_MKDIR,   /* an existing one is fine, unless it is `last` and CGROUP_NEW */
	CGROUP_OP_ENABLE,  /* "+name …" into cgroup.subtree_control */
	CGROUP_OP_INHERIT, /* v1 cpuset: fill from the parent's file if empty */
	CGROUP_OP_WRITE,
	CGROUP_OP_ROOM,  /* move the group's processes to `value` below it, made if need be */
	CGROUP_OP_ADOPT, /* take the processes of the same group in hierarchy `from` */
};

struct cgroup_op {
	uint32_t kind;
	uint32_t in;        /* index into cgroup_plan.in */
	uint32_t last;      /* MKDIR: the group itself, not one of its parents */
	uint32_t optional;  /* WRITE: a missing file is no error; ENABLE: nothing is */
	uint32_t otherwise; /* WRITE: only if the optional one before it found no file */
	uint32_t late;      /* done by cgroup_finish() */
	uint32_t from;      /* ADOPT: index into cgroup_plan.in */
	uint32_t retry;     /* WRITE: refused as long as the next value stands; then after it */
	const char *dir;    /* below the mount; "" the mounted root */
	const char *file, *value;
	const char *why;     /* one line */
	const char *accepts; /* WRITE: what the kernel takes, for the message; may be NULL */
};

/* A hierarchy that takes part. */
struct cgroup_place {
	uint32_t version;
	uint32_t controllers; /* the ones used here */
	const char *label, *mount;
	const char *dir; /* the group, below the mount */
	const char *base;
};

struct cgroup_plan {
	uint32_t n_in, n_ops, flags;
	uint32_t n_late;               /* operations left for cgroup_finish() */
	uint32_t owner;                /* CGROUP_OWN */
	uint32_t n_devices;            /* the v2 group is to get this device filter */
	const char *path;              /* as asked, checked */
	const struct cgroup_place *in; /* v2 first when it takes part */
	const struct cgroup_op *ops;
	const struct device_rule *devices;
};

/* Pure. Refuses what the layout cannot give, with the remedy. */
int cgroup_make_plan(struct arena *a, const struct cgroup_layout *l,
		     const struct cgroup_request *request, struct cgroup_plan **ret,
		     struct err *err);
void cgroup_explain(const struct cgroup_plan *plan, struct out *o);
void cgroup_explain_finish(const struct cgroup_plan *plan, struct out *o);
enum cgroup_join_which { CGROUP_JOIN_ALL, CGROUP_JOIN_V1 /* the v2 part came by clone3 */ };
/* "echo PID > …/cgroup.procs" for what cgroup_join() does; `pid` is text, such as "$$". */
void cgroup_explain_join(const struct cgroup_plan *plan, const char *pid,
			 enum cgroup_join_which which, struct out *o);
/* "rmdir …" lines, deepest first, for what cgroup_remove() does. */
void cgroup_explain_remove(const struct cgroup_plan *plan, struct out *o);
/* The group's absolute directory in place i, in the arena: what an intent record lists. */
const char *cgroup_plan_path(struct arena *a, const struct cgroup_plan *plan, uint32_t i);

/* A plan without operations for a group that exists: the places where `path` is found now (v2
 * first), for cgroup_join() and the functions below. -ENOENT when it is nowhere. Reads only. */
int cgroup_find(struct arena *a, const struct cgroup_layout *l, const char *path,
		struct cgroup_plan **ret, struct err *err);
/* Bits of the hierarchies where a group above `path` exists, and v2's. A new group that takes
 * part in all of them (cgroup_request.also) cannot escape a limit of a group above it: on v1
 * a process is below that limit only by being in that hierarchy's group or below. */
uint32_t cgroup_parent_places(struct arena *a, const struct cgroup_layout *l, const char *path);
/* Bits of the hierarchies where a group exists, for cgroup_request.also. */
uint32_t cgroup_found_in(const struct cgroup_layout *l, const struct cgroup_plan *found);

/* ---- doing ------------------------------------------------------------------------------ */

/* All operations in order; on failure what was made is removed again. 0 or -errno. */
int cgroup_create(const struct cgroup_plan *plan, struct err *err);
/* The same; the descriptors of the mounts stay open for what is done in the groups next. */
struct cgroup_mounts {
	uint32_t n; /* 0: none is open */
	int fd[CGROUP_MAX_HIERARCHIES];
};
int cgroup_create_keeping(const struct cgroup_plan *plan, struct cgroup_mounts *ret,
			  struct err *err);
void cgroup_mounts_close(struct cgroup_mounts *mounts);
/* Is the group free for a start (CGROUP_EMPTY), as far as it exists? Reads only. 0 or -errno. */
int cgroup_check_free(const struct cgroup_plan *plan, struct err *err);
/* What was left until the processes of a start have come down to one. 0 or -errno. */
int cgroup_finish(const struct cgroup_plan *plan, struct err *err);
/* A directory descriptor of the v2 group for CLONE_INTO_CGROUP; -ENOENT: no v2 part. */
int cgroup_fd_v2(const struct cgroup_plan *plan, struct err *err);
int cgroup_fd_v2_in(const struct cgroup_plan *plan, const struct cgroup_mounts *mounts,
		    struct err *err);
/* A directory descriptor of the group in place i. */
int cgroup_open_place(const struct cgroup_plan *plan, uint32_t i, struct err *err);
/* Its file "tasks" (v1), for writing: a descriptor or -errno. */
int cgroup_open_tasks(const struct cgroup_plan *plan, uint32_t i,
		      const struct cgroup_mounts *mounts);

/*
 * Move a process in; 0: the caller, which must be single-threaded on v1.
 * The caller moving itself is the fast way on v1: a thread that writes 0 to `tasks` needs no
 * lock, while any other write (a number, or cgroup.procs) takes cgroup_threadgroup_rwsem, which,
 * when it was not used for a while, waits 7 ms for RCU (bench/costs -g 100 cgroups).
 */
int cgroup_join(const struct cgroup_plan *plan, pid_t pid, enum cgroup_join_which which,
		struct err *err);

/* Why a process could not enter place i; fills err with the remedy. Returns -code. */
int cgroup_refuse_join(const struct cgroup_plan *plan, uint32_t i, pid_t pid, int code,
		       struct err *err);

enum cgroup_remove_flag {
	CGROUP_REMOVE_KILL = 1,      /* kill every process below first */
	CGROUP_REMOVE_RECURSIVE = 2, /* groups below too */
	CGROUP_REMOVE_PATIENT = 4,   /* processes are dying: wait for them up to two seconds */
};
/* Remove the group (not its parents). Absent is fine. */
int cgroup_remove(const struct cgroup_plan *plan, uint32_t flags, struct err *err);
/* The same from recorded absolute directories. Each must lie below a mounted cgroup file
 * system, else it is refused. */
int cgroup_remove_paths(const char *const *dirs, size_t n, uint32_t flags, struct err *err);

/* The same on an open group directory, whatever its version. */
int cgroup_kill_fd(int dir, struct err *err); /* everything below; waits for nothing */
int cgroup_freeze_fd(int dir, bool freeze, struct err *err); /* returns when it is so */
int cgroup_is_frozen_fd(int dir);                            /* 1, 0 or -errno */
/* Among directories of groups, which end with NULL: the first that freezes by the means of this
 * version, opened; its place goes to *ret_place unless NULL. -ENOENT: none. */
int cgroup_open_freezer(const char *const *dirs, int version, size_t *ret_place);
int cgroup_kill(const struct cgroup_plan *plan, struct err *err);
int cgroup_freeze(const struct cgroup_plan *plan, bool freeze, struct err *err);
/* PIDs of the group itself, or with `below` of all groups below too. *ret is malloc()ed. */
int cgroup_pids_fd(int dir, bool below, pid_t **ret, size_t *ret_n, struct err *err);
/* How often the memory limit killed a process here (v2: or below). 0 or -errno. */
int cgroup_oom_kills(const struct cgroup_plan *plan, uint64_t *ret);

#endif
