// SPDX-License-Identifier: Apache-2.0
/*
 * least [-n] KIB [PROGRAM]: whether the kernel can start a program at all under a limit of memory.
 *
 * Makes a group with that limit, a process in it (version 2: born there; version 1: it enters
 * before execve), and lets that process execute PROGRAM; without one, this program, which then does
 * nothing. -n: with the namespaces that a container has. The exit status is the program's, 125 when
 * it could not be tried. No runtime can start a program under less than this.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char group[64];

static int fail(const char *what)
{
	fprintf(stderr, "least: %s: %s\n", what, strerror(errno));
	if (group[0])
		rmdir(group);
	return 125;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n < 0 ? -1 : 0;
}

static int limit(const char *file, const char *kib)
{
	char path[128], bytes[32];

	snprintf(path, sizeof(path), "%s/%s", group, file);
	snprintf(bytes, sizeof(bytes), "%lld", atoll(kib) * 1024);
	return put(path, bytes);
}

int main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	char *const nothing[] = {argv[0], NULL};
	int status, unified = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
	char tasks[128];
	pid_t pid;

	if (argc == 1)
		return 0;
	if (strcmp(argv[1], "-n") == 0) {
		args.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC |
			     CLONE_NEWNET | CLONE_NEWCGROUP;
		argv++;
	}
	if (!argv[1])
		return 125;
	if (unified)
		put("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	snprintf(group, sizeof(group), "/sys/fs/cgroup/%sleast-%d", unified ? "" : "memory/",
		 getpid());
	if (mkdir(group, 0755) < 0 ||
	    limit(unified ? "memory.max" : "memory.limit_in_bytes", argv[1]) < 0)
		return fail(group);
	snprintf(tasks, sizeof(tasks), "%s/tasks", group);
	if (unified) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)open(group, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return fail("clone3");
	if (pid == 0) {
		if (!unified && put(tasks, "0") < 0)
			_exit(125);
		if (argv[2])
			execv(argv[2], argv + 2);
		else
			execv("/proc/self/exe", nothing);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	rmdir(group);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
