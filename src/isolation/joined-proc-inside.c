// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * fsopen(2) notes the PID namespace that its caller is in. From Linux 6.18 on the option `pidns`
 * names another one. Before, a process must be there for that one call, and whoever may trace
 * processes there may take it over meanwhile. So it has nothing worth it: no file but a socket, an
 * empty root, and capabilities only over namespaces that are new and empty too. That is enough for
 * fsopen(2); what takes rights over the PID namespace is done with the context that it sends.
 *
 *   outside()   with all rights, unseen: makes everything empty, forks
 *   inside()    seen by the PID namespace: fsopen(2), and no more
 *
 * What arrives may still be a context of another file system, if it was taken over: the kernel is
 * made to say its name.
 */
#include "joined-proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "macros.h"
#include "message.h"
#include "mount.h"
#include "process.h"
#include "uapi.h"

NORETURN static void tell(int sock, int code, int fd)
{
	message_send(sock, &code, sizeof(code), &fd, fd >= 0);
	_exit(0);
}

NORETURN static void inside(int sock)
{
	long fs = syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);

	tell(sock, fs < 0 ? errno : 0, (int)fs);
}

/* The root becomes an empty file system, and all that was mounted is let go. */
static int empty_root(void)
{
	static const char *const options[] = {"source",    "tmpfs", "nr_blocks", "1",
					      "nr_inodes", "1",     NULL};
	CLOSE_FD int empty = mount_new("tmpfs", options, MOUNT_ATTR_RDONLY, NULL);
	CLOSE_FD int slash = open("/", O_PATH | O_CLOEXEC);
	int r;

	if (empty < 0 || slash < 0)
		return empty < 0 ? empty : -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	r = mount_attach(empty, slash);
	if (r == 0 && fchdir(empty) < 0)
		r = -errno;
	if (r == 0)
		r = mount_pivot(".", ".");
	if (r == 0 && (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0))
		r = -errno;
	return r;
}

/* Should: leave nothing that a process of the PID namespace could take. Mustn't: be seen there. */
NORETURN static void outside(int sock, int pidns)
{
	static const int others =
		CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	int r = unshare(CLONE_NEWNS) < 0 ? -errno : empty_root(), status;
	pid_t child;

	if (r == 0 && setns(pidns, CLONE_NEWPID) < 0)
		r = -errno;
	if (r == 0 && unshare(CLONE_NEWUSER | others) < 0)
		r = -errno;
	if (r == 0 && dup2(sock, 0) < 0)
		r = -errno;
	if (r < 0)
		tell(sock, -r, -1);
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	prctl(PR_SET_DUMPABLE, 0);
	syscall(SYS_close_range, 1, ~0U, 0);
	munmap((void *)ARENA_ADDRESS, ARENA_SIZE + ARENA_RESULT);
	child = process_clone(0, 0, -1, NULL);
	if (child == 0)
		inside(0);
	if (child < 0)
		tell(0, -child, -1);
	process_wait(child, &status);
	_exit(0);
}

/* A message of the kernel's about the context; 0 bytes: none. */
static ssize_t message_of(int fs, char *text, size_t size)
{
	struct pollfd p = {.fd = fs, .events = POLLIN};
	ssize_t n = poll(&p, 1, 0) > 0 ? read(fs, text, size - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	return n;
}

/* "e proc: Unknown parameter …" (fs/fs_context.c, vfs_parse_fs_param()) */
static bool is_proc(int fs)
{
	static const char expected[] = "e proc: ";
	char text[128];

	/* At most so many are kept. */
	for (int i = 0; i < 16 && message_of(fs, text, sizeof(text)) > 0; i++)
		;
	syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "kokon-probe", NULL, 0);
	return message_of(fs, text, sizeof(text)) > 0 &&
	       strncmp(text, expected, strlen(expected)) == 0;
}

int joined_proc_open_by_helper(int pidns)
{
	CLOSE_FD int mine = -1, theirs = -1, fs = -1;
	int pair[2], code = 0, status, r = message_pair(pair);
	pid_t child;

	if (r < 0)
		return r;
	mine = pair[0];
	theirs = pair[1];
	child = process_clone(0, 0, -1, NULL);
	if (child < 0)
		return child;
	if (child == 0)
		outside(theirs, pidns);
	close(TAKE_FD(theirs));
	r = message_receive(mine, &code, sizeof(code), &fs, 1);
	process_wait(child, &status);
	if (r < 0 || code > 0)
		return r < 0 ? r : -code;
	return fs >= 0 && is_proc(fs) ? TAKE_FD(fs) : -EBADMSG;
}

int joined_proc_open(int pidns)
{
	CLOSE_FD int fs = (int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_FD, "pidns", NULL, pidns) == 0)
		return TAKE_FD(fs);
	return errno == EINVAL ? joined_proc_open_by_helper(pidns) : -errno;
}
