// SPDX-License-Identifier: Apache-2.0
/*
 * The planner of `kokon run`: a pure function of request, facts and control group layout.
 */
#ifndef KOKON_PLAN_RUN_H
#define KOKON_PLAN_RUN_H

#include "plan.h"
#include "run-request.h"
#include "state.h"

/*
 * The plan is the first object of `a`; *ret_state is the record it begins with. Notes for the
 * user (what was asked for and cannot be had) go to `notes`, one per line.
 */
int plan_run(struct arena *a, const struct run_request *request, const struct facts *facts,
	     const struct cgroup_layout *layout, struct plan **ret, struct state *ret_state,
	     struct out *notes, struct err *err);

/* The parts, each in a file of its own; they extend the plan. */
struct run_planner {
	struct arena *a;
	const struct run_request *q;
	const struct facts *facts;
	struct plan *plan;
	struct handle_plan *handles; /* room for MESSAGE_FDS_MAX */
	struct out *notes;
	struct err *err;
	struct idmap uid, gid; /* result: the maps as seen from here; n 0: those of the plan */
	uint64_t caps_added;   /* result: capabilities asked for by name */
};

bool run_has_user_namespace(const struct run_planner *p);
/* The group ids that exist in the container; NULL: all. */
const struct idmap *run_gid_map(const struct run_planner *p);
/* Index of a new handle, or -E2BIG. */
int run_add_handle(struct run_planner *p, struct handle_plan handle);
/* One volume as an operation; its handle is added. plan-run-volumes.c */
int run_plan_volume(struct run_planner *p, const struct volume *v, struct mount_op *ret);
int plan_run_mounts(struct run_planner *p); /* plan-run-mounts.c */
int plan_run_ids(struct run_planner *p);    /* plan-run-ids.c */
int plan_run_cgroup(struct run_planner *p, const struct cgroup_layout *layout, struct state *state);
/* plan-run-cgroup.c: what the container sees of its group; how many of `room` operations. */
uint32_t run_plan_group_mounts(struct run_planner *p, struct mount_op *ops, uint32_t room);

/* plan-run-network.c: the networks; and its files as operations, how many of `room` or -errno. */
int plan_run_network(struct run_planner *p);
int run_plan_network_mounts(struct run_planner *p, struct mount_op *ops, uint32_t room);

#endif
