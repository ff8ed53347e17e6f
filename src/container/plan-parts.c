// SPDX-License-Identifier: Apache-2.0
#include "plan-parts.h"

#include <asm/ioctls.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "message.h"
#include "uapi.h"

struct plan *plan_new(struct arena *a, const char *tool)
{
	struct plan *plan = arena_new(a, struct plan);

	plan->build = PLAN_BUILD;
	plan->tool = arena_strdup(a, tool);
	plan->root.handle = plan->root.cwd_handle = -1;
	return plan;
}

int plan_add_handle(struct arena *a, struct plan *plan, struct handle_plan *handles,
		    struct handle_plan handle, const char *what, struct err *err)
{
	if (plan->n_handles == MESSAGE_FDS_MAX)
		return err_set(err, E2BIG, "more than %d %s together", MESSAGE_FDS_MAX, what);
	handle.path = arena_strdup(a, handle.path);
	handles[plan->n_handles] = handle;
	return (int)plan->n_handles++;
}

int plan_join(struct arena *a, struct plan *plan, struct handle_plan *handles,
	      const struct namespace_given *given, uint32_t n, struct err *err)
{
	struct namespaces_plan *p = &plan->namespaces;
	struct namespace_join *joins = arena_array(a, struct namespace_join, NAMESPACE_TYPES);
	int handle = -1;

	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 || given[i].fd != given[i - 1].fd)
			handle = plan_add_handle(a, plan, handles,
						 (struct handle_plan){.kind = HANDLE_GIVEN,
								      .path = given[i].shown,
								      .fd = given[i].fd},
						 "namespaces and control groups", err);
		if (handle < 0)
			return handle;
		joins[p->n_joins++] =
			(struct namespace_join){given[i].type, handle,
						arena_strdup(a, given[i].shown), NULL};
	}
	p->joins = joins;
	return 0;
}

bool plan_joins_type(const struct plan *plan, uint32_t type)
{
	for (uint32_t i = 0; i < plan->namespaces.n_joins; i++)
		if (plan->namespaces.joins[i].type == type)
			return true;
	return false;
}

void plan_part_from_host(struct arena *a, struct plan *plan)
{
	struct mount_op *before = arena_array(a, struct mount_op, 1);

	before[0] = (struct mount_op){.kind = MOUNT_PROPAGATE,
				      .flags = MOUNT_RECURSIVE,
				      .target = arena_strdup(a, "/"),
				      .propagation = MS_SLAVE,
				      .why = arena_strdup(a, "no mount made here is seen outside")};
	plan->before_root = (struct mounts_plan){before, 1};
}

/* What is called between a filter that is loaded before the fork and the program (inside_fork_last,
 * inside_wait_start, inside_confine). */
static bool filter_lets_fork(const struct container_plan *c)
{
	static const struct seccomp_call always[] = {
		{SYS_clone, {CLONE_PARENT | CLONE_PIDFD}},
		{SYS_capget, {0}},
		{SYS_capset, {0}},
		{SYS_close, {0}},
		{SYS_exit_group, {0}},
		{SYS_futex, {0}},
		{SYS_pipe2, {0}},
		{SYS_ppoll, {0}},
#ifdef SYS_poll
		{SYS_poll, {0}},
#endif
		{SYS_prctl, {PR_SET_PDEATHSIG}},
		{SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL}},
		{SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE}},
		{SYS_read, {0}},
		{SYS_recvmsg, {0}},
		{SYS_sendmsg, {0}},
		{SYS_setsid, {0}},
	};
	static const struct seccomp_call on_terminal[] = {
		{SYS_ioctl, {3, TIOCSCTTY}},
#ifdef SYS_dup2
		{SYS_dup2, {3}},
#else
		{SYS_dup3, {3}},
#endif
	};
	static const struct seccomp_call waiting[] = {
		{SYS_accept4, {3}},
		{SYS_close_range, {3, ~0U}},
		{SYS_getsockopt, {3, SOL_SOCKET}},
		{SYS_mmap, {ARENA_ADDRESS + ARENA_SIZE, ARENA_RESULT}},
	};
	const struct seccomp_program *filter = &c->seccomp;

	return seccomp_allows(filter, always, ARRAY_SIZE(always)) &&
	       (!c->terminal.wanted ||
		seccomp_allows(filter, on_terminal, ARRAY_SIZE(on_terminal))) &&
	       (!c->wait || seccomp_allows(filter, waiting, ARRAY_SIZE(waiting)));
}

/* The filter is for the program: what is done for it in between, and more than is listed above,
 * comes before. */
static bool filters_first(const struct container_plan *c)
{
	return c->seccomp.count && !c->seccomp.notify && !c->no_new_privileges &&
	       !c->scheduler.set_policy && !c->scheduler.set_io && !c->scheduler.cpus_size &&
	       !c->memory.set && !c->memory.change_persona && !c->hooks_start.n && !c->tight &&
	       filter_lets_fork(c);
}

/* A procfs shows the PID namespace of its mounter, who is not there yet. */
static void plan_procs(struct arena *a, struct plan *plan)
{
	struct mount_op *ops = arena_array(a, struct mount_op, plan->mounts.n + 1);
	int32_t handle = -1;

	for (uint32_t i = 0; i < plan->namespaces.n_joins; i++)
		if (plan->namespaces.joins[i].type == NAMESPACE_PID)
			handle = plan->namespaces.joins[i].handle;
	for (uint32_t i = 0; i < plan->mounts.n; i++) {
		ops[i] = plan->mounts.ops[i];
		if (ops[i].kind != MOUNT_FILESYSTEM || strcmp(ops[i].type, "proc") != 0)
			continue;
		ops[i].flags |= MOUNT_OF_PID;
		ops[i].handle = handle;
	}
	plan->mounts.ops = ops;
}

void plan_fork_last(struct arena *a, struct plan *plan, struct out *notes)
{
	struct container_plan *c = &plan->container;

	/* In a user namespace, its root has no rights over a program that was started outside
	 * of it (ptrace(2), PTRACE_MODE_ATTACH). */
	if (!plan_joins_type(plan, NAMESPACE_PID) || plan_joins_type(plan, NAMESPACE_USER) ||
	    (plan->namespaces.create & CLONE_NEWUSER))
		return;
	c->fork_last = 1;
	c->filter_first = filters_first(c);
	plan_procs(a, plan);
	if (c->wait && (plan_late_rights(c) & CAPABILITY_BIT(CAP_SYS_ADMIN)))
		out_puts(
			notes,
			"until it is started, the container has CAP_SYS_ADMIN, which who may trace "
			"processes in its PID namespace can take: it is there for the seccomp "
			"filter; "
			"process.noNewPrivileges makes that needless\n");
}
