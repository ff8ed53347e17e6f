// SPDX-License-Identifier: Apache-2.0
#include "plan-parts.h"

#include <asm/ioctls.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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

	for (uint32_t i = 0; i < n; i++) {
		int handle = plan_add_handle(a, plan, handles,
					     (struct handle_plan){.kind = HANDLE_GIVEN,
								  .path = given[i].shown,
								  .fd = given[i].fd},
					     "namespaces and control groups", err);

		if (handle < 0)
			return handle;
		joins[p->n_joins++] =
			(struct namespace_join){given[i].type, handle, handles[handle].path, NULL};
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
static bool filter_lets_fork(const struct seccomp_program *filter, bool terminal)
{
	static const struct seccomp_call calls[] = {
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
	};
	static const struct seccomp_call on_terminal[] = {
		{SYS_setsid, {0}},
		{SYS_ioctl, {3, TIOCSCTTY}},
#ifdef SYS_dup2
		{SYS_dup2, {3}},
#else
		{SYS_dup3, {3}},
#endif
	};

	return !filter->notify && seccomp_allows(filter, calls, ARRAY_SIZE(calls)) &&
	       (!terminal || seccomp_allows(filter, on_terminal, ARRAY_SIZE(on_terminal)));
}

void plan_fork_last(struct plan *plan)
{
	struct container_plan *c = &plan->container;

	/* In a user namespace, its root has no rights over a program that was started outside
	 * of it (ptrace(2), PTRACE_MODE_ATTACH). Policies of the scheduler take rights and may not
	 * pass to a child. */
	if (!plan_joins_type(plan, NAMESPACE_PID) || plan_joins_type(plan, NAMESPACE_USER) ||
	    c->scheduler.set_policy || c->scheduler.set_io || c->seccomp.notify)
		return;
	c->fork_last = 1;
	c->filter_first = c->seccomp.count && !c->no_new_privileges && !c->scheduler.cpus_size &&
			  !c->memory.set && !c->memory.change_persona &&
			  filter_lets_fork(&c->seccomp, c->terminal.wanted);
}
