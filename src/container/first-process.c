// SPDX-License-Identifier: Apache-2.0
#include "first-process.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/close_range.h>
#include "file.h"
#include "init-image.h"
#include "message.h"
#include "process.h"
#include "sealed.h"
#include "start.h"
#include "uapi.h"

int first_process_init(struct err *err)
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

int first_process_hello(int sock, const struct plan *plan, int arena, pid_t outside, const int *fds,
			uint32_t n)
{
	struct hello hello = {.build = plan->build, .outside = outside, .n_handles = n};
	int r = message_send(sock, &hello, sizeof(hello), &arena, 1);

	return r < 0 || n == 0 ? r : message_send(sock, &hello, sizeof(hello), fds, n);
}

int first_process_keep(int sock)
{
	return fcntl(sock, F_SETFD, 0);
}

struct beginning {
	int init, sock;
	uint32_t preserve;
	const sigset_t *mask;
	struct result *page; /* this process and the new one share it */
};

/*
 * Stage 1, still this program, in the memory of the host side that waits. Should: run the sealed
 * init at once, with 0-2, the descriptors meant for the program, and one socket.
 * Mustn't: allocate, print, or leave any other descriptor open.
 */
static void become_init(void *context)
{
	const struct beginning *b = context;
	char number[12], *argv[] = {"kokon-init", number, NULL}, *envp[] = {NULL};

	result_tell(b->page, RESULT_BEGUN);
	sigprocmask(SIG_SETMASK, b->mask, NULL);
	syscall(SYS_close_range, 3 + b->preserve, ~0U, CLOSE_RANGE_CLOEXEC);
	first_process_keep(b->sock);
	snprintf(number, sizeof(number), "%d", b->sock);
	process_exec_fd(b->init, argv, envp);
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

/* It waits for `gate` to be closed by this process, which puts it into its group meanwhile. */
static pid_t begin_outside(struct beginning *b, int cgroup)
{
	int gate[2], r;
	char number[12];
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	pid = process_clone(0, 0, -1, NULL);
	if (pid == 0) {
		close(gate[1]);
		if (read(gate[0], number, 1) != 1)
			_exit(125);
		become_init(b);
		_exit(125);
	}
	close(gate[0]);
	snprintf(number, sizeof(number), "%d", pid);
	r = pid < 0 ? pid : write_file_at(cgroup, "cgroup.procs", number);
	if (r == 0 && write(gate[1], "", 1) != 1)
		r = -EPIPE;
	close(gate[1]);
	if (pid > 0 && r < 0)
		waitpid(pid, NULL, __WALL);
	return r < 0 ? r : pid;
}

/*
 * Linux 6.14 to 6.18, at least, kill a process that is cloned into a group if cgroup.kill was used
 * there more often than in the caller's own group, or less (cgroup_post_fork() compares the counts
 * of the two). Such a process ends without having run: it is put there by hand.
 */
static pid_t begin(struct beginning *b, int cgroup)
{
	pid_t pid = process_spawn(cgroup, become_init, b);

	if (pid < 0 || cgroup < 0 || b->page->host & RESULT_BEGUN)
		return pid;
	waitpid(pid, NULL, __WALL);
	return begin_outside(b, cgroup);
}

static int cannot_begin(struct run *run, int cgroup, const char *group)
{
	err_set(run->err, -run->pid, "cannot start a process of the container");
	if (run->pid == -EACCES && cgroup >= 0)
		err_remedy(run->err,
			   "its control group '%s' is in a part of the tree that is "
			   "not ours; where that is delegated: systemd-run --user "
			   "--scope -p Delegate=yes kokon exec ...",
			   group ? group : "");
	else if (run->pid == -EAGAIN)
		err_remedy(run->err, "the limit of processes is reached: ulimit -u, or "
				     "pids.max of a control group");
	return run->pid;
}

int first_process_begin(struct run *run, int cgroup, const char *group, uint32_t preserve)
{
	CLOSE_FD int init = first_process_init(run->err), theirs = -1;
	int pair[2], r;

	if (init < 0)
		return init;
	r = message_pair(pair);
	if (r < 0)
		return err_set(run->err, -r, "cannot make a socket pair");
	run->sock = pair[0];
	theirs = pair[1];
	run->pid = begin(&(struct beginning){init, theirs, preserve, &run->live->mask, run->result},
			 cgroup);
	return run->pid < 0 ? cannot_begin(run, cgroup, group) : 0;
}

void first_process_abandon(struct run *run)
{
	int status;

	if (run->pid <= 0)
		return;
	kill(run->pid, SIGKILL);
	process_wait(run->pid, &status);
	close(TAKE_FD(run->sock));
	run->pid = 0;
}

int first_process_start(struct run *run, int cgroup)
{
	const struct container_plan *c = &run->plan->container;
	int fds[MESSAGE_FDS_MAX], r = 0;
	uint32_t n = 0;
	cpu_set_t own;

	if (run->pid == 0) {
		r = use_processors(c, &own);
		if (r < 0)
			return err_set(run->err, -r, "cannot start a process of the container");
		r = first_process_begin(run, cgroup, c->group, c->preserve_fds);
		if (c->first_cpus_size)
			sched_setaffinity(0, sizeof(own), &own);
	}
	for (uint32_t i = 0; r == 0 && i < run->plan->n_handles; i++)
		if (!run->plan->handles[i].inside)
			fds[n++] = run->handles[i];
	if (r == 0) {
		r = first_process_hello(run->sock, run->plan, run->live->arena, 0, fds, n);
		if (r < 0)
			err_set(run->err, -r, "cannot hand the plan over");
	}
	for (uint32_t i = 0; r == 0 && i < n; i++)
		close(fds[i]);
	return r;
}
