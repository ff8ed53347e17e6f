// SPDX-License-Identifier: Apache-2.0
/* The rows of the host side. Each hands its part of the plan to the module that does it. */
#include "start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include "guardian.h"
#include "first-process.h"
#include "handles.h"
#include "net-devices.h"
#include "network-rows.h"
#include "message.h"
#include "process.h"
#include "state.h"
#include "top.h"
#include "uapi.h"

#define HOST_HOST(id)      host_##id
#define HOST_CONTAINER(id) NULL

static int host_record(struct run *run)
{
	return state_write(&run->live->state_handle, &run->live->state, run->err);
}

static int host_network(struct run *run)
{
	const struct container_plan *c = &run->plan->container;

	return network_claim(&c->network, c->name, run->live->state_handle.dir, run->live->network,
			     run->err);
}

static int host_wire(struct run *run)
{
	const struct container_plan *c = &run->plan->container;

	return network_connect_all(&c->network, c->name, run->live->state_handle.dir,
				   run->live->network, run->err);
}

/* Done by host_wire(); the record of this row tells the container side. */
static int host_wired(struct run *run UNUSED)
{
	return 0;
}

static int host_top(struct run *run)
{
	return top_make(run->plan->container.top, run->err);
}

static int host_cgroup(struct run *run)
{
	int r = cgroup_create_keeping(run->plan->container.cgroup, &run->live->group_mounts,
				      run->err);
	struct err none = {0};

	/* What it made is removed again; what is left is another's, who must not be cleaned up. */
	if (r < 0) {
		run->live->state.cgroups[0] = NULL;
		state_write(&run->live->state_handle, &run->live->state, &none);
	}
	if (r == -EEXIST)
		err_remedy(run->err,
			   "if a container that is gone has left it: kokon cgroup remove %s",
			   run->plan->container.cgroup->path);
	return r;
}

static int host_enter_late(struct run *run)
{
	return cgroup_join(run->plan->container.cgroup, run->pid, CGROUP_JOIN_ALL, run->err);
}

static int host_finish_cgroup(struct run *run)
{
	return cgroup_finish(run->plan->container.cgroup, run->err);
}

static int host_finish_cgroup_last(struct run *run)
{
	return host_finish_cgroup(run);
}

static int open_tasks(const struct run *run, const struct handle_plan *h)
{
	int fd = cgroup_open_tasks(run->plan->container.cgroup, h->index, &run->live->group_mounts);

	return fd < 0 ? err_set(run->err, -fd, "cannot open '%s'", h->path) : fd;
}

static int open_handle(const struct run *run, const struct handle_plan *h)
{
	switch ((enum handle_kind)h->kind) {
	case HANDLE_GIVEN: return h->fd;
	case HANDLE_TASKS: return open_tasks(run, h);
	default: return handle_open(h, run->handles, run->err);
	}
}

static int host_handles(struct run *run)
{
	for (uint32_t i = 0; i < run->plan->n_handles; i++) {
		const struct handle_plan *h = &run->plan->handles[i];

		run->handles[i] = h->inside ? -1 : open_handle(run, h);
		if (!h->inside && run->handles[i] < 0)
			return run->handles[i];
	}
	return 0;
}

static int host_spawn(struct run *run)
{
	const struct cgroup_plan *cgroup = run->plan->container.cgroup;
	bool exists = cgroup && !run->plan->container.scope.user && !plan_enters_late(run->plan);
	CLOSE_FD int group =
		exists ? cgroup_fd_v2_in(cgroup, &run->live->group_mounts, run->err) : -ENOENT;

	cgroup_mounts_close(&run->live->group_mounts);
	if (group < 0 && group != -ENOENT)
		return group;
	return first_process_start(run, exists ? group : run->live->group);
}

/* A user's manager makes the group itself, since only it may move the process there. */
static int host_scope(struct run *run)
{
	const struct container_plan *c = &run->plan->container;
	int r = scope_start(&c->scope, run->pid, run->err);

	return r < 0 || !c->scope.user ? r : cgroup_create(c->cgroup, run->err);
}

static int host_rdt(struct run *run)
{
	return rdt_apply(&run->plan->container.rdt, run->pid, run->err);
}

static int host_map_outside(struct run *run)
{
	return idmap_write_host(run->pid, &run->plan->ids, run->err);
}

static int host_net_devices(struct run *run)
{
	const struct container_plan *c = &run->plan->container;
	CLOSE_FD int netns = process_namespace(run->pid, "net");

	if (netns < 0)
		return err_errno(run->err, "cannot open the container's network namespace");
	return net_devices_give(c->net_devices_return ? run->live->state_handle.dir : -1, netns,
				c->net_devices, c->n_net_devices, run->err);
}

static int host_guardian(struct run *run)
{
	pid_t pid = guardian_start(&run->plan->container, run->pid, run->pidfd, run->err);

	if (pid < 0)
		return pid;
	run->live->guardian = pid;
	result_tell(run->result, RESULT_GUARDED);
	return 0;
}

static int host_guardian_last(struct run *run)
{
	return host_guardian(run);
}

static int host_persist(struct run *run)
{
	const struct namespaces_plan *plan = &run->plan->namespaces;

	for (uint32_t i = 0; i < plan->n_persist; i++) {
		int r = namespace_persist(run->pid, &plan->persist[i], run->err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int host_hooks_runtime(struct run *run)
{
	const struct container_plan *c = &run->plan->container;
	CLOSE_FD int dir = open(c->hooks_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = hooks_run(&c->hooks_prestart, run->pid, dir, run->err);

	return r < 0 ? r : hooks_run(&c->hooks_runtime, run->pid, dir, run->err);
}

static int host_record_pid(struct run *run)
{
	int r;

	run->live->state.pid = run->pid;
	run->live->state.pid_start = state_process_start(run->pid);
	r = host_record(run);
	/* Nobody waits for it in what criu restores. */
	if (r == 0 && run->result)
		result_tell(run->result, RESULT_RECORDED);
	return r;
}

static int host_record_pid_last(struct run *run)
{
	return host_record_pid(run);
}

const step_function host_functions[ROWS] = {
#define STEP(id, name, side, ...) HOST_##side(id),
#include "steps.def"
#undef STEP
};

static int hand_to_agent(struct run *run, int listener)
{
	const struct seccomp_agent *agent = &run->live->agent;
	OUT_CLEANUP struct out text = {0};
	struct oci_state state;

	if (!agent->path || !run->live->send_fd)
		return err_set(run->err, ENOENT, "the seccomp filter has no agent to ask");
	state = agent->state;
	state.pid = run->pid;
	oci_process_state_put(&state, agent->metadata, &text);
	if (run->live->send_fd(agent->path, listener, text.text, run->err) < 0)
		return err_context(run->err, "seccomp agent");
	return 0;
}

/* Who may trace processes in a PID namespace that is joined may be quicker than stage 1, and say in
 * the name of stage 2 that it is another process: ours are our children. */
static bool is_child(pid_t pid, int pidfd)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
	       waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

/* The row "fork" hands over the process that goes on; stage 1 has ended by then. */
void take_handed(struct run *run, int row, int32_t pid, int *fds)
{
	int status;

	if (row == ROW_fork || row == ROW_fork_last) {
		process_wait(run->pid, &status);
		run->pid = pid;
		run->pidfd = fds[0];
		if (row == ROW_fork_last && !is_child(pid, fds[0])) {
			run->pid = 0;
			close(TAKE_FD(run->pidfd));
			err_set(run->err, EPROTO, "the step 'fork' handed a foreign process over");
		}
	} else if (row == ROW_netns) {
		run->live->network->netns = fds[0];
		if (run->plan->container.network.resolver) {
			run->live->network->udp = fds[1];
			run->live->network->tcp = fds[2];
		}
	} else if (row == ROW_terminal) {
		run->terminal = fds[0];
	} else if (row == ROW_confine) {
		if (hand_to_agent(run, fds[0]) == 0)
			/* The container side waits for it: nothing runs that nobody answers for. */
			message_send(run->sock, "", 1, NULL, 0);
		close(fds[0]);
	}
}
