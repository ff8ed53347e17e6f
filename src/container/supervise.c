// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * Signals, the terminal and the container's end are watched by the relay (relay.h), which
 * restores the terminal on its one way out. Nothing here undoes anything: that is
 * state_remove(), which works from the record alone and is what any later command does when this
 * process was killed.
 */
#include "supervise.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "fate.h"
#include "first-process.h"
#include "process.h"
#include "relay.h"
#include "uapi.h"

enum { HANGUP_MS = 2000 }; /* after the terminal is gone, the container has this long */

static struct relay relay;               /* 50 KB */
static struct live_network live_network; /* 25 KB */

static bool is_pid1(const struct plan *plan)
{
	return (plan->namespaces.create & CLONE_NEWPID) && !plan->container.reap;
}

/* The exit status of the container's first process. */
int supervise_wait(struct run *run, int signals, uint32_t timeout)
{
	struct terminal terminal;
	int status = 0, r, waited;

	terminal_find(&terminal, STDIN_FILENO, STDOUT_FILENO);
	/* It is zero, and stays so where no channel is used: a literal would touch all of it. */
	relay.pidfd = run->pidfd;
	relay.signals = signals;
	relay.master = run->terminal;
	relay.terminal = run->terminal >= 0 ? &terminal : NULL;
	relay.timeout_ms = timeout ? (int64_t)timeout * 1000 : -1;
	relay.hangup_ms = HANGUP_MS;
	relay.pid1 = is_pid1(run->plan) ? run->pid : 0;
	if (run->live->network && run->live->network->resolver) {
		relay.extra = resolver_fd(run->live->network->resolver);
		relay.on_extra = resolver_serve;
		relay.extra_context = run->live->network->resolver;
	}
	if (run->terminal >= 0)
		relay_add_terminal(&relay, run->plan->container.null_stdin ? -1 : STDIN_FILENO,
				   STDOUT_FILENO, run->terminal);
	r = relay_run(&relay, run->err);
	if (r < 0)
		process_signal(run->pidfd, SIGKILL);
	else if (!relay.killed_by && !relay.timed_out)
		r = fate_of_program(run);
	waited = process_wait(run->pid, &status);
	if (waited < 0) {
		err_set(run->err, -waited, "cannot learn how the program has ended");
		return err_exit(run->err, 125);
	}
	start_unguard(run);
	return r < 0 ? r : relay.killed_by ? 128 + relay.killed_by : process_exit_status(status);
}

static void trace(const struct run *run, int row, uint64_t nanoseconds)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s: %-18s %8llu us\n", run->plan->tool,
			 steps[row].name, (unsigned long long)(nanoseconds / 1000));

	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static int run_to_end(struct run *run, const struct supervise_options *options)
{
	struct live *live = run->live;
	CLOSE_FD int signals = -1;
	int r = relay_signals(&live->mask, &signals, run->err);

	if (r == 0)
		r = start_container(run);

	if (r < 0)
		return r;
	if (live->network &&
	    network_resolve(&run->plan->container.network, run->plan->container.name, live->network,
			    run->err) < 0)
		process_signal(run->pidfd, SIGKILL);
	live->state.status = STATE_RUNNING;
	live->state.pid = run->pid;
	live->state.pid_start = state_process_start(run->pid);
	if (state_write(&live->state_handle, &live->state, run->err) < 0)
		process_signal(run->pidfd, SIGKILL);
	r = supervise_wait(run, signals, options->timeout);
	close(TAKE_FD(run->pidfd));
	return r;
}

struct run supervise_new_run(const struct plan *plan, struct live *live, struct err *err)
{
	return (struct run){
		.plan = plan,
		.side = HOST,
		.sock = -1,
		.pidfd = -1,
		.root = -1,
		.gate = -1,
		.terminal = -1,
		.take = take_handed,
		.trace = plan->trace ? trace : NULL,
		.err = err,
		.live = live,
		.result = RESULT,
	};
}

int supervise_begin(struct begun *b, const struct begin_request *q, struct err *err)
{
	int r = 0;

	b->signals = -1;
	b->live = (struct live){.state_handle = {-1, -1}, .arena = q->arena, .group = q->group};
	b->run = (struct run){.sock = -1, .err = err, .live = &b->live, .result = RESULT};
	if (q->outlives)
		sigprocmask(SIG_SETMASK, NULL, &b->live.mask);
	else
		r = relay_signals(&b->live.mask, &b->signals, err);
	if (r < 0 || q->later)
		return r;
	return first_process_begin(&b->run, q->group, q->group_path, q->preserve_fds);
}

struct run supervise_begun(struct begun *b, const struct plan *plan, struct err *err)
{
	struct run run = supervise_new_run(plan, &b->live, err);

	run.pid = b->run.pid;
	run.sock = b->run.sock;
	return run;
}

int supervise_exec(const struct plan *plan, struct begun *b, struct err *err)
{
	struct run run = supervise_begun(b, plan, err);
	int r = start_container(&run);

	if (r == 0) {
		r = supervise_wait(&run, b->signals, 0);
		close(TAKE_FD(run.pidfd));
	}
	close_fd_cleanup(&b->signals);
	start_reap_guardian(&run);
	return r;
}

int supervise(const struct plan *plan, int arena, const struct state *state,
	      const struct supervise_options *options, struct supervise_result *ret,
	      struct err *err)
{
	struct live live = {.state = *state, .arena = arena, .group = -1, .network = &live_network};
	struct run run = supervise_new_run(plan, &live, err);
	struct err undo = {0};
	uint64_t kills = 0;
	int r = state_create(state->name, &live.state_handle, err);

	if (r < 0)
		return r;
	live_network_init(&live_network);
	live_network.router = options->router;
	live.state.owner = getpid();
	live.state.owner_start = state_process_start(live.state.owner);
	live.state.created = (uint64_t)time(NULL);
	r = run_to_end(&run, options);
	live_network_close(&live_network);
	ret->timed_out = relay.timed_out;
	ret->out_of_memory = plan->container.cgroup &&
			     cgroup_oom_kills(plan->container.cgroup, &kills) == 0 && kills > 0;
	if (r < 0 && ret->out_of_memory) {
		fate_out_of_memory(&run);
		ret->out_of_memory = false;
	}
	if (state_remove(&live.state_handle, state->name, &undo) < 0)
		ret->left = undo;
	start_reap_guardian(&run);
	return r;
}
