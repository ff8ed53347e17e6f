// SPDX-License-Identifier: Apache-2.0
/*
 * The planner of kokon-oci: from a bundle's config to the same plan that `kokon run` makes. A pure
 * function of config, request, facts and control group layout.
 *
 * This is the only place that knows both the OCI specification's structures and the plain ones of
 * the isolation modules.
 */
#ifndef KOKON_PLAN_OCI_H
#define KOKON_PLAN_OCI_H

#include "facts.h"
#include "oci-state.h"
#include "plan-parts.h"
#include "spec.h"
#include "start.h"
#include "state.h"

struct oci_request {
	const struct spec *spec;
	const char *id;
	const char *bundle; /* absolute */
	const char *rootfs; /* absolute, links resolved */

	/* by oci_survey(): namespaces to join, as the config names them */
	uint32_t n_joins;
	struct namespace_given joins[NAMESPACE_TYPES];
	bool joined_deny_groups; /* setgroups(2) is denied in the joined user namespace */

	int listener; /* the socket to wait on; -1: the program runs at once */
	const char *listener_path;
	bool outlives; /* the container does not end with this process */
	uint32_t preserve_fds;
	bool no_pivot, keep_keyring;
	bool no_cgroups;
	bool systemd; /* groups are scopes of systemd */
	const char *
		*nodes; /* by oci_survey(): of linux.devices, those found elsewhere on the host */
	const char *resctrl; /* by oci_survey(): where it is mounted, if the config needs it */
	bool trace;
};

/* Where the scopes of this user's systemd are, when it is not the machine's: `layout` gets it as
 * the base of version 2. 0 or -errno. */
int oci_survey_systemd(struct arena *a, const struct facts *facts, struct cgroup_layout *layout,
		       struct err *err);
/* Open what the config refers to, read-only. 0 or -errno. */
int oci_survey(struct arena *a, struct oci_request *request, struct err *err);

/*
 * The plan is the first object of `a`; *ret_state is the record it begins with. `layout` may be
 * NULL where there are no control groups. Notes for the user go to `notes`, one per line.
 */
int plan_oci(struct arena *a, const struct oci_request *request, const struct facts *facts,
	     const struct cgroup_layout *layout, struct plan **ret, struct state *ret_state,
	     struct out *notes, struct err *err);

/* Hooks of one kind, in the arena. */
struct hooks_plan oci_hooks(struct arena *a, const struct spec *spec, enum spec_hook_kind kind,
			    enum oci_status status, const char *id, const char *bundle);
/* Who gets the listener of the config's seccomp filter; left as it is when nobody does. */
void oci_find_agent(const struct spec *spec, const char *id, const char *bundle,
		    struct seccomp_agent *ret);
/* Limits of resources, for create and update. 0 or -errno. */
int oci_limits(struct arena *a, const struct spec_resources *r, struct cgroup_limits *ret,
	       struct err *err);

/* --- the parts, each in a file of its own; they extend the plan --- */

struct oci_planner {
	struct arena *a;
	const struct oci_request *q;
	const struct spec *spec;
	const struct facts *facts;
	const struct cgroup_layout *layout;
	struct plan *plan;
	struct handle_plan *handles; /* room for MESSAGE_FDS_MAX */
	struct state *state;
	struct out *notes;
	struct err *err;
	struct mount_op *late; /* what is mounted gets its last form: OCI_LATE_MAX */
	uint32_t n_late;
};
enum { OCI_LATE_MAX = 128 };

/* Is the container's user namespace another one than ours? */
bool oci_has_user_namespace(const struct oci_planner *p);
/* Is it below the machine's first one, with what the kernel forbids there? */
bool oci_is_nested(const struct oci_planner *p);
/* CLONE_NEW* of namespaces that are made or joined. */
uint64_t oci_own_namespaces(const struct oci_planner *p);
/* Index of a new handle, or -E2BIG. */
int oci_add_handle(struct oci_planner *p, struct handle_plan handle);
/* The configuration's mappings as a plan has them. */
struct idmap oci_ranges(struct arena *a, const struct spec_idmap *map);
int oci_plan_mounts(struct oci_planner *p); /* plan-oci-mounts.c */
/* plan-oci-process.c; `process` is the config's or that of an exec. */
int oci_plan_process(struct oci_planner *p, const struct spec_process *process);
int oci_plan_linux(struct oci_planner *p);  /* plan-oci-linux.c: devices, sysctl, paths */
int oci_plan_cgroup(struct oci_planner *p); /* plan-oci-cgroup.c */
/* plan-oci-share.c: what a process shares of processors, disks, memory, labels, devices. */
int oci_plan_shares(struct oci_planner *p, const struct spec_process *process);
/* The same for a process of exec: processors before and in its groups. */
int oci_plan_affinity(struct oci_planner *p, const struct spec_process *process);
/* plan-oci-cgroup.c: what a mount of type cgroup becomes; how many of `room`, or -errno. */
int oci_plan_group_mounts(struct oci_planner *p, const struct spec_mount *m, struct mount_op *ops,
			  uint32_t room);

#endif
