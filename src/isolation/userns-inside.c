// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * The helper shares the table of descriptors with its parent (CLONE_FILES), so what it opens is
 * there for the parent too: its directory in /proc, whatever its number is in the PID namespace
 * that /proc shows, and its user namespace. The maps are written by the parent, since the kernel
 * looks at who opened the file (user_namespaces(7)). The helper lives until its pipe is closed.
 */
#include "userns.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "file.h"
#include "process.h"

struct opened {
	int proc, userns;
};

/* Should: open both and wait. Mustn't: close what its parent uses. */
NORETURN static void hold(int ready, int end)
{
	struct opened o;
	char nothing;

	if (unshare(CLONE_NEWUSER) < 0)
		_exit(errno);
	/* Else the map files belong to the real root, and a container's cannot write them. */
	prctl(PR_SET_DUMPABLE, 1);
	o.proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	o.userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (o.proc < 0 || o.userns < 0 || write(ready, &o, sizeof(o)) != sizeof(o))
		_exit(errno);
	_exit(read(end, &nothing, 1) < 0);
}

/* The kernel takes less than a page in one write. */
static int write_map(int proc, const char *file, const struct idmap *map, struct err *err)
{
	char text[4096];
	size_t n = 0;
	int r;

	text[0] = '\0';
	for (uint32_t i = 0; i < map->n; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%u %u %u\n",
				      map->ranges[i].inside, map->ranges[i].outside,
				      map->ranges[i].count);
		if (n >= sizeof(text) - 1)
			return err_set(err, E2BIG, "cannot map %u ranges of ids", map->n);
	}
	r = write_file_at(proc, file, text);
	return r < 0 ? err_set(err, -r, "cannot write the %s of a mount's ids", file) : 0;
}

/* Nothing arrives when the helper ends early: its pipe is ours too, so the end has to be seen. */
static int await_opened(int ready, int pidfd, struct opened *ret)
{
	struct pollfd p[] = {{.fd = ready, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};

	while (poll(p, ARRAY_SIZE(p), -1) < 0 && errno == EINTR)
		;
	return p[0].revents && read(ready, ret, sizeof(*ret)) == sizeof(*ret) ? 0 : -ECHILD;
}

/* The pipes and the helper; what it opened is the caller's, also on failure. */
static int run_helper(const int ready[2], const int end[2], struct opened *ret, pid_t *ret_child,
		      struct err *err)
{
	CLOSE_FD int pidfd = -1;
	int status;

	*ret_child = process_clone(CLONE_FILES, SIGCHLD, -1, &pidfd);
	if (*ret_child == 0)
		hold(ready[1], end[0]);
	if (*ret_child < 0)
		return err_set(err, -*ret_child, "cannot start a helper process");
	if (await_opened(ready[0], pidfd, ret) == 0)
		return 0;
	status = 0;
	process_wait(*ret_child, &status);
	*ret_child = -1;
	return err_set(err, status >> 8 & 0xff, "cannot make a user namespace for a mount's ids");
}

static int open_pipes(int ready[2], int end[2], struct err *err)
{
	if (pipe2(ready, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	if (pipe2(end, O_CLOEXEC) == 0)
		return 0;
	err_errno(err, "cannot make a pipe");
	close(ready[0]);
	close(ready[1]);
	return -err->code;
}

int userns_open(const struct idmap *uid, const struct idmap *gid, struct err *err)
{
	struct opened o = {-1, -1};
	CLOSE_FD int userns = -1;
	int ready[2], end[2], status, r = open_pipes(ready, end, err);
	pid_t child = -1;

	if (r < 0)
		return r;
	r = run_helper(ready, end, &o, &child, err);
	if (r == 0)
		r = write_map(o.proc, "uid_map", uid, err);
	if (r == 0)
		r = write_map(o.proc, "gid_map", gid, err);
	/* One table of descriptors: this is the end of the pipe for both. */
	close(end[1]);
	if (child > 0)
		process_wait(child, &status);
	close(ready[0]);
	close(ready[1]);
	close(end[0]);
	if (o.proc >= 0)
		close(o.proc);
	userns = o.userns;
	return r < 0 ? r : TAKE_FD(userns);
}
