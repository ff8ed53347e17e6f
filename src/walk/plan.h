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

#include "capabilities.h"
#include "cgroup.h"
#include "credentials.h"
#include "devices.h"
#include "hooks.h"
#include "identity.h"
#include "idmap.h"
#include "labels.h"
#include "memory-policy.h"
#include "mounts.h"
#include "namespaces.h"
#include "network-plan.h"
#include "program.h"
#include "rdt.h"
#include "rlimits.h"
#include "root.h"
#include "scheduler.h"
#include "scope.h"
#include "seccomp-filter.h"
#include "sysctl.h"
#include "terminal.h"

#include <linux/capability.h>

enum spawn {
	SPAWN_IN_PLACE, /* the caller's own process is the container side: no fork */
	SPAWN_CHILD,    /* the container side is a child of the host side */
};

/* A descriptor that is opened before anything untrusted runs. */
enum handle_kind {
	HANDLE_GIVEN,   /* opened by the survey: `fd` */
	HANDLE_TREE,    /* a detached copy of what is mounted at `path` (open_tree(2)) */
	HANDLE_OVERLAY, /* a detached overlay with `options` */
	HANDLE_USERNS,  /* a user namespace with the ids of `map`, for id-mapped mounts */
	HANDLE_TASKS,   /* for writing: the file "tasks" of the group's place `index` (cgroup v1) */
};

struct handle_plan {
	uint32_t kind;              /* enum handle_kind */
	uint32_t recursive;         /* HANDLE_TREE: with the mounts below */
	const char *path;           /* also for messages */
	const char *const *options; /* HANDLE_OVERLAY: as mount_op.options */
	uint64_t set, clear;        /* MOUNT_ATTR_* on the detached mount */
	uint64_t propagation;       /* MS_*; 0: unchanged */
	int32_t fd;
	uint32_t index;
	const struct mount_change *change; /* HANDLE_TREE: besides the above; NULL: nothing. Its
					    * user namespace is a handle in front of this one */
	const struct idmap_plan *map;      /* HANDLE_USERNS: what is mapped */
	uint32_t inside; /* the container side opens it: the caller may not, outside of its user
			  * namespace */
};

/* A network interface of the machine that becomes the container's. */
struct net_device_plan {
	const char *host; /* its name here */
	const char *name; /* there; NULL: the same */
};

/* Who ends the container when the host side is killed. */
enum guardian {
	GUARDIAN_NONE,
	GUARDIAN_FIRST,  /* a process that kills the first one; the kernel kills the others */
	GUARDIAN_MOUNTS, /* and whoever else is in the mount namespace: nothing else holds them */
};

/* What only a container has. */
struct container_plan {
	const char *name;
	const char *top; /* directory of the writable layer, to be made; NULL: none */
	int32_t root;    /* handle of the root's mount */
	uint32_t readonly_root;
	uint32_t null_stdin;  /* standard input is /dev/null */
	uint32_t become_root; /* take uid and gid 0 of the new user namespace */
	uint32_t deny_groups; /* setgroups(2) is denied there */
	uint32_t n_tasks;     /* handles first_task … are cgroup v1 task files to enter */
	int32_t first_task;
	uint32_t parent_death; /* signal when the host side ends; 0: none */
	uint32_t guardian;     /* enum guardian */
	uint32_t set_oom_score;
	int32_t oom_score;
	const char *cwd;
	uint32_t reap;                    /* a small init stays PID 1 */
	const struct cgroup_plan *cgroup; /* NULL: no group of its own */
	struct scope_plan scope;          /* systemd keeps the group */
	uint32_t
		tight; /* there is little memory: give back what is freed before the program runs */
	const char *group;          /* exec: the existing v2 group; NULL: none */
	struct mounts_plan protect; /* masks and read-only paths, after the root changed */
	struct credentials_plan credentials;
	struct capabilities_plan capabilities;
	uint32_t no_new_privileges;
	uint32_t fork_last;    /* rights go before it is in the PID namespace that it joins */
	uint32_t filter_first; /* so does the filter: it lets that fork through */
	struct seccomp_program seccomp;
	struct rlimits_plan rlimits;
	struct scheduler_plan scheduler;
	struct memory_policy_plan memory;
	struct labels_plan labels;
	struct rdt_plan rdt;
	uint32_t net_devices_return; /* they come back when the container ends */
	uint32_t n_net_devices;
	const struct net_device_plan *net_devices;
	uint32_t first_cpus_size;   /* exec: bytes of `first_cpus`; 0: all as inherited */
	const uint64_t *first_cpus; /* exec: processors until it is in its control groups */
	struct sysctl_plan sysctls;
	struct devices_plan devices;
	struct terminal_plan terminal;
	struct network_plan network;

	/* of an OCI runtime: create and start are two commands */
	uint32_t record_pid; /* the record gets the first process before it goes on */
	uint32_t outlives;   /* it does not end with the host side */
	uint32_t wait;       /* it waits on the listening socket of handle `listener` */
	int32_t listener;
	uint32_t preserve_fds;       /* descriptors from 3 on that the program gets */
	uint32_t no_pivot;           /* chroot(2) instead: for a root that cannot be pivoted */
	uint32_t keep_keyring;       /* the caller's session keyring stays */
	const char *hooks_directory; /* where the hooks outside start */
	struct hooks_plan hooks_prestart, hooks_runtime, hooks_container, hooks_start;
};

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
	struct container_plan container;
};

/* Does the container's process enter its groups only when its namespaces are there? What the kernel
 * takes for those is more than most small programs need. */
static inline bool plan_enters_late(const struct plan *plan)
{
	return plan->container.tight && !plan->container.scope.unit;
}

/* The capabilities that a process needs after it has entered a PID namespace that it joins: for a
 * filter that cannot be loaded before, and for the scheduler's policies, which may not pass to a
 * child. */
static inline uint64_t plan_late_rights(const struct container_plan *c)
{
	uint64_t rights = 0;

	if (c->seccomp.count && !c->no_new_privileges && !c->filter_first)
		rights |= CAPABILITY_BIT(CAP_SYS_ADMIN);
	if (c->scheduler.set_policy || c->scheduler.set_io)
		rights |= CAPABILITY_BIT(CAP_SYS_NICE);
	return rights;
}

/* Both programs must agree on the layout; a newer build changes the version or the size. */
#define PLAN_BUILD ((uint64_t)0x6b6f6b6f6eULL << 24 | sizeof(struct plan))

#define PLAN ((const struct plan *)ARENA_ADDRESS)

#endif
