// SPDX-License-Identifier: Apache-2.0
#include "start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include "fate.h"
#include "first-process.h"
#include "message.h"
#include "guardian.h"
#include "process.h"
#include "uapi.h"

/*
 * The process that stays outside and walks the host's rows of a tool that must not fork.
 * Should: act on its parent's namespaces and files in /proc. Mustn't: print; its parent does.
 */
NORETURN static void walk_outside(const struct plan *plan, int sock, pid_t parent)
{
	struct err err = {0};
	struct run run = {
		.plan = plan, .side = HOST, .sock = sock, .pid = parent, .pidfd = -1, .err = &err};

	/* The terminal's signals are for the program. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	_exit(walk(&run, host_functions) < 0 ? 1 : 0);
}

static pid_t fork_outside(const struct plan *plan, int sock, int other)
{
	pid_t self = getpid(), pid = fork();

	if (pid == 0) {
		close(other);
		walk_outside(plan, sock, self);
	}
	return pid < 0 ? -errno : pid;
}

int start_in_place(const struct plan *plan, int arena, struct err *err)
{
	int fds[MESSAGE_FDS_MAX];
	CLOSE_FD int init = first_process_init(err);
	char number[12];
	char *argv[] = {"kokon-init", number, NULL}, *envp[] = {NULL};
	pid_t outside = 0;
	int pair[2], r;

	if (init < 0)
		return init;
	r = message_pair(pair);
	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	if (plan->outside) {
		outside = fork_outside(plan, pair[0], pair[1]);
		if (outside < 0)
			return err_set(err, -outside, "cannot fork");
	}
	if (first_process_keep(pair[1]) < 0)
		return err_errno(err, "cannot keep a descriptor");
	for (uint32_t i = 0; i < plan->n_handles; i++)
		fds[i] = plan->handles[i].fd;
	r = first_process_hello(pair[0], plan, arena, outside, fds, plan->n_handles);
	if (r < 0)
		return err_set(err, -r, "cannot hand the plan over");
	snprintf(number, sizeof(number), "%d", pair[1]);
	r = process_exec_fd(init, argv, envp);
	return err_set(err, -r, "cannot run the sealed init");
}

/* After the last row: EOF means that the program runs, a record that it could not, a record with a
 * descriptor that its filter has a listener. */
int start_await(struct run *run)
{
	struct record record;
	int fd = -1, r;

	for (;;) {
		r = walk_receive(run->sock, &record, &fd, 1);
		if (r == -ECONNRESET)
			return walk_last_row(run);
		if (r < 0)
			return err_set(run->err, -r,
				       "cannot hear from the container's first process");
		if (fd < 0)
			break;
		/* Nothing else is handed over at this end of the table, however its rows are
		 * numbered by an init of another build. */
		take_handed(run, ROW_confine, 0, &fd);
		if (run->err->text[0])
			return run->err->code ? -run->err->code : -EINVAL;
	}
	*run->err = record.err;
	run->failed_row = record.row;
	return record.err.code ? -record.err.code : -EINVAL;
}

void start_unguard(struct run *run)
{
	guardian_end((enum guardian)run->plan->container.guardian, run->live->guardian);
}

void start_reap_guardian(struct run *run)
{
	int status;

	if (run->live->guardian > 0)
		process_wait(run->live->guardian, &status);
}

int start_container(struct run *run)
{
	int status, r = walk(run, host_functions);

	if (r == 0 && !run->last_row)
		r = start_await(run);
	if (run->sock >= 0)
		close(TAKE_FD(run->sock));
	if (r < 0 && run->pid > 0) {
		kill(run->pid, SIGKILL);
		if (process_wait(run->pid, &status) == 0 && run->peer_ended)
			fate_of_start(run, status);
		run->pid = 0;
		start_unguard(run);
	}
	return r;
}
