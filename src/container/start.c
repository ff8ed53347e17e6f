// SPDX-License-Identifier: Apache-2.0
#include "start.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <linux/close_range.h>
#include "fate.h"
#include "guardian.h"
#include "init-image.h"
#include "process.h"
#include "sealed.h"
#include "uapi.h"

static int sealed_init(struct err *err)
{
	int fd = sealed_program("kokon-init", init_image, (size_t)(init_image_end - init_image));

	if (fd >= 0)
		return fd;
	err_set(err, -fd, "cannot make the sealed init");
	if (fd == -EACCES)
		err_remedy(err,
			   "executable memory files are forbidden here: sysctl vm.memfd_noexec=1");
	return fd;
}

/* The plan, then the handles that are open on this side, in the plan's order. */
static int send_hello(int sock, const struct plan *plan, int arena, pid_t outside, const int *fds,
		      uint32_t n)
{
	struct hello hello = {.build = plan->build, .outside = outside, .n_handles = n};
	int r = message_send(sock, &hello, sizeof(hello), &arena, 1);

	return r < 0 || n == 0 ? r : message_send(sock, &hello, sizeof(hello), fds, n);
}

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

/* A number above 2 that survives the exec; the init marks it close-on-exec at once. */
static int keep_across_exec(int sock, uint32_t preserve)
{
	return fcntl(sock, F_DUPFD, 3 + (int)preserve);
}

int start_in_place(const struct plan *plan, int arena, struct err *err)
{
	int fds[MESSAGE_FDS_MAX];
	CLOSE_FD int init = sealed_init(err);
	CLOSE_FD int kept = -1;
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
	kept = keep_across_exec(pair[1], 0);
	if (kept < 0)
		return err_errno(err, "cannot keep a descriptor");
	for (uint32_t i = 0; i < plan->n_handles; i++)
		fds[i] = plan->handles[i].fd;
	r = send_hello(pair[0], plan, arena, outside, fds, plan->n_handles);
	if (r < 0)
		return err_set(err, -r, "cannot hand the plan over");
	snprintf(number, sizeof(number), "%d", kept);
	r = process_exec_fd(init, argv, envp);
	return err_set(err, -r, "cannot run the sealed init");
}

/* --- a child --- */

/*
 * Stage 1, still this program. Should: run the sealed init at once, with 0-2, the descriptors
 * meant for the program, and one socket.
 * Mustn't: allocate, print, or leave any other descriptor open.
 */
NORETURN static void become_init(int init, int sock, uint32_t preserve, const sigset_t *mask)
{
	char number[12], *argv[] = {"kokon-init", number, NULL}, *envp[] = {NULL};

	sigprocmask(SIG_SETMASK, mask, NULL);
	syscall(SYS_close_range, 3 + preserve, ~0U, CLOSE_RANGE_CLOEXEC);
	sock = keep_across_exec(sock, preserve);
	snprintf(number, sizeof(number), "%d", sock);
	process_exec_fd(init, argv, envp);
	_exit(125);
}

/* The first processors of a process that joins a container are those of its parent at clone3(2),
 * before it enters its control groups (process.execCPUAffinity.initial). */
static int use_processors(const struct container_plan *c, cpu_set_t *ret_own)
{
	if (!c->first_cpus_size)
		return 0;
	if (sched_getaffinity(0, sizeof(*ret_own), ret_own) < 0 ||
	    syscall(SYS_sched_setaffinity, 0, c->first_cpus_size, c->first_cpus) < 0)
		return -errno;
	return 0;
}

int start_child(struct run *run, int cgroup)
{
	cpu_set_t own;
	CLOSE_FD int init = sealed_init(run->err);
	CLOSE_FD int theirs = -1;
	int fds[MESSAGE_FDS_MAX], pair[2], r;
	uint32_t n = 0;

	if (init < 0)
		return init;
	r = message_pair(pair);
	if (r < 0)
		return err_set(run->err, -r, "cannot make a socket pair");
	run->sock = pair[0];
	theirs = pair[1];
	for (uint32_t i = 0; i < run->plan->n_handles; i++)
		if (!run->plan->handles[i].inside)
			fds[n++] = run->handles[i];
	r = send_hello(run->sock, run->plan, run->live->arena, 0, fds, n);
	if (r < 0)
		return err_set(run->err, -r, "cannot hand the plan over");
	r = use_processors(&run->plan->container, &own);
	run->pid = r < 0 ? r : process_clone(0, 0, cgroup, NULL);
	if (run->pid == 0)
		become_init(init, theirs, run->plan->container.preserve_fds, &run->live->mask);
	if (run->plan->container.first_cpus_size)
		sched_setaffinity(0, sizeof(own), &own);
	if (run->pid < 0) {
		err_set(run->err, -run->pid, "cannot start a process of the container");
		if (run->pid == -EACCES && cgroup >= 0)
			err_remedy(run->err,
				   "its control group '%s' is in a part of the tree that is "
				   "not ours; where that is delegated: systemd-run --user "
				   "--scope -p Delegate=yes kokon exec ...",
				   run->plan->container.group ? run->plan->container.group : "");
		else if (run->pid == -EAGAIN)
			err_remedy(run->err, "the limit of processes is reached: ulimit -u, or "
					     "pids.max of a control group");
		return run->pid;
	}
	for (uint32_t i = 0; i < n; i++)
		close(fds[i]);
	return 0;
}

/* After the last row: EOF means that the program runs, a record that it could not, a record with a
 * descriptor that its filter has a listener. */
int start_await(struct run *run)
{
	struct record record;
	int fd = -1, r;

	for (;;) {
		r = message_receive(run->sock, &record, sizeof(record), &fd, 1);
		if (r == -ECONNRESET)
			return walk_last_row(run);
		if (r < 0)
			return err_set(run->err, -r,
				       "cannot hear from the container's first process");
		if (fd < 0)
			break;
		take_handed(run, record.row, record.pid, &fd);
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
	run->live->guardian = 0;
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
