// SPDX-License-Identifier: Apache-2.0
#include "userns.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include "message.h"
#include "process.h"

/* The child lives until its parent has opened its namespace. */
NORETURN static void hold(int sock)
{
	char end;

	if (unshare(CLONE_NEWUSER) < 0 || write(sock, "", 1) != 1)
		_exit(1);
	_exit(read(sock, &end, 1) < 0);
}

static int open_of(pid_t child, const struct idmap_plan *ids, struct err *err)
{
	char path[32];
	int fd, r = idmap_write_host(child, ids, err);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_errno(err, "cannot open the user namespace of a helper process") : fd;
}

int userns_open(const struct idmap_plan *ids, struct err *err)
{
	CLOSE_FD int ours = -1, theirs = -1;
	int pair[2], status, r = message_pair(pair);
	pid_t child;
	char ready;

	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	child = process_clone(0, SIGCHLD, -1, NULL);
	if (child < 0)
		return err_set(err, -child, "cannot fork");
	if (child == 0) {
		close(ours);
		hold(theirs);
	}
	close(TAKE_FD(theirs));
	r = read(ours, &ready, 1) == 1 ? open_of(child, ids, err)
				       : err_set(err, EPERM, "cannot make a user namespace");
	close(TAKE_FD(ours));
	process_wait(child, &status);
	return r;
}
