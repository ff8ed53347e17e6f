// SPDX-License-Identifier: Apache-2.0
/*
 * The rows that only an OCI runtime has: hooks inside, and the wait between create and start.
 *
 * The waiting process holds 0-2, the descriptors meant for the program, its terminal and one
 * listening socket, and nothing else.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "init.h"

int inside_hooks_container(struct run *run)
{
	return hooks_run(&run->plan->container.hooks_container, getpid(), run->root, run->err);
}

int inside_hooks_start(struct run *run)
{
	return hooks_run(&run->plan->container.hooks_start, getpid(), -1, run->err);
}

int inside_program(struct run *run)
{
	return program_find(&run->plan->program, run->err);
}

static void close_between(int from, int to)
{
	if (from < to)
		syscall(SYS_close_range, from, to - 1, 0);
}

void keep_descriptors(const struct container_plan *c, int *keep, size_t n)
{
	int first = 3 + (int)c->preserve_fds;

	for (size_t i = 1; i < n; i++) {
		for (size_t k = i; k > 0 && keep[k - 1] > keep[k]; k--) {
			int t = keep[k];

			keep[k] = keep[k - 1];
			keep[k - 1] = t;
		}
	}
	for (size_t i = 0; i < n; i++) {
		close_between(first, keep[i]);
		first = MAX(first, keep[i] + 1);
	}
	syscall(SYS_close_range, first, ~0U, 0);
}

static int peer_uid(int sock)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t len = sizeof(peer);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? -1 : (int)peer.uid;
}

/* What comes over a new connection, by the one user who may: whoever made the container. */
static bool is_start(int sock, int uid)
{
	struct start_hello hello;
	CLOSE_FD int page = -1;

	if (peer_uid(sock) != uid || message_receive(sock, &hello, sizeof(hello), &page, 1) < 0 ||
	    page < 0)
		return false;
	if (hello.build == PLAN_BUILD && hello.rows == ROWS && result_replace(page) == 0)
		RESULT->row = ROW_wait_start;
	return true;
}

/* The connection of a `start`. */
static int await_start(int listener, int uid)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0 && is_start(fd, uid))
			return fd;
		if (fd >= 0)
			close(fd);
		else if (errno != EINTR && errno != ECONNABORTED)
			return -errno;
	}
}

int inside_wait_start(struct run *run)
{
	const struct container_plan *c = &run->plan->container;
	int listener, uid, r;

	if (c->record_pid)
		result_await(RESULT_RECORDED);
	if (prctl(PR_SET_PDEATHSIG, 0) < 0)
		return err_errno(run->err, "cannot let go of the host side");
	if (!c->wait)
		return 0;
	/* Who made the container may wait until nobody holds what was its output. */
	r = run->terminal >= 0 ? terminal_adopt(TAKE_FD(run->terminal), run->err) : 0;
	if (r < 0)
		return r;
	listener = run->handles[c->listener];
	/* As this user namespace sees the maker; so it will see the starter. */
	uid = peer_uid(run->sock);
	keep_descriptors(c, (int[]){listener, run->sock, run->label}, 3);
	r = walk_report(run, ROW_wait_start, 0, NULL, 0);
	if (r < 0)
		return r;
	close(TAKE_FD(run->sock));
	r = await_start(listener, uid);
	close(listener);
	if (r < 0)
		return err_set(run->err, -r, "cannot wait to be started");
	run->sock = r;
	return WALK_REPORTED;
}
