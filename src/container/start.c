// SPDX-License-Identifier: Apache-2.0
#include "start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

static int send_hello(int sock, const struct plan *plan, int arena, pid_t outside)
{
	struct hello hello = {.build = plan->build,
			      .outside = outside,
			      .n_handles = plan->n_handles};
	int fds[MESSAGE_FDS_MAX];
	int r = message_send(sock, &hello, sizeof(hello), &arena, 1);

	if (r < 0 || plan->n_handles == 0)
		return r;
	for (uint32_t i = 0; i < plan->n_handles; i++)
		fds[i] = plan->handles[i].fd;
	return message_send(sock, &hello, sizeof(hello), fds, plan->n_handles);
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
static int keep_across_exec(int sock)
{
	return fcntl(sock, F_DUPFD, 3);
}

int start_in_place(const struct plan *plan, int arena, struct err *err)
{
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
	kept = keep_across_exec(pair[1]);
	if (kept < 0)
		return err_errno(err, "cannot keep a descriptor");
	r = send_hello(pair[0], plan, arena, outside);
	if (r < 0)
		return err_set(err, -r, "cannot hand the plan over");
	snprintf(number, sizeof(number), "%d", kept);
	r = process_exec_fd(init, argv, envp);
	return err_set(err, -r, "cannot run the sealed init");
}
