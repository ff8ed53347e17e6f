// SPDX-License-Identifier: Apache-2.0
/*
 * Making, filling and removing a cgroup below the root of each v1 hierarchy and of cgroup2 where
 * they are mounted, and the two ways in: the process's number written by another (takes a lock
 * that, unless it was used a moment ago, waits for a grace period of RCU) and "0" written by
 * itself.
 */
#include "costs.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU, CPUACCT, CPUSET, MEMORY, DEVICES, FREEZER, BLKIO, PIDS, SYSTEMD, UNIFIED };
static const char *const hierarchies[] = {"cpu",     "cpuacct", "cpuset", "memory",  "devices",
					  "freezer", "blkio",   "pids",   "systemd", "unified"};
enum { PATH_SIZE = 96 };

static const char *path_of(long h, const char *file)
{
	static char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/kokon-costs%s", hierarchies[h], file);
	return path;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -1 : 0;
}

/* A cpuset is empty at first, and then nothing can enter it. */
static int make(long h)
{
	if (mkdir(path_of(h, ""), 0755) < 0)
		return -1;
	if (h == CPUSET && (write_text(path_of(h, "/cpuset.cpus"), "0") < 0 ||
			    write_text(path_of(h, "/cpuset.mems"), "0") < 0))
		return -1;
	return 0;
}

static double making(long h)
{
	double start = now_us(), took;

	if (mkdir(path_of(h, ""), 0755) < 0)
		return -1;
	took = now_us() - start;
	return rmdir(path_of(h, "")) < 0 ? -1 : took;
}

static pid_t make_sleeper(void)
{
	pid_t pid = clone_with(0);

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void end_sleeper(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static double moving_another(long h)
{
	double start, took = -1;
	char number[16];
	pid_t pid;

	if (make(h) < 0)
		return -1;
	pid = make_sleeper();
	snprintf(number, sizeof(number), "%d", (int)pid);
	start = now_us();
	if (write_text(path_of(h, "/cgroup.procs"), number) == 0)
		took = now_us() - start;
	end_sleeper(pid);
	rmdir(path_of(h, ""));
	return took;
}

static void move_body(long h)
{
	double start = now_us();

	if (write_text(path_of(h, h == UNIFIED ? "/cgroup.procs" : "/tasks"), "0") == 0)
		child_result[0] = now_us() - start;
}

static double moving_itself(long h)
{
	double took;

	if (make(h) < 0)
		return -1;
	took = in_child(0, move_body, h);
	rmdir(path_of(h, ""));
	return took;
}

static double removing(long h)
{
	double start;
	char number[16];
	pid_t pid;

	if (make(h) < 0)
		return -1;
	pid = make_sleeper();
	snprintf(number, sizeof(number), "%d", (int)pid);
	write_text(path_of(h, "/cgroup.procs"), number);
	end_sleeper(pid);
	start = now_us();
	return rmdir(path_of(h, "")) < 0 ? -1 : now_us() - start;
}

static double cloning_into(long h)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD};
	double start, took;
	pid_t pid;
	int fd;

	if (make(h) < 0)
		return -1;
	start = now_us();
	fd = open(path_of(h, ""), O_DIRECTORY | O_PATH | O_CLOEXEC);
	args.cgroup = (uint64_t)fd;
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	took = now_us() - start;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	close(fd);
	rmdir(path_of(h, ""));
	return pid < 0 ? -1 : took;
}

#define FOUR_OF(name, h)                                                                           \
	{"mkdir " name, making, h}, {"another writes its number, " name, moving_another, h},       \
		{"it writes 0 itself, " name, moving_itself, h},                                   \
	{                                                                                          \
		"rmdir, its last process just gone, " name, removing, h                            \
	}

static const struct probe probes[] = {
	FOUR_OF("cpu", CPU),
	FOUR_OF("cpuacct", CPUACCT),
	FOUR_OF("cpuset", CPUSET),
	FOUR_OF("memory", MEMORY),
	FOUR_OF("devices", DEVICES),
	FOUR_OF("freezer", FREEZER),
	FOUR_OF("blkio", BLKIO),
	FOUR_OF("pids", PIDS),
	FOUR_OF("systemd", SYSTEMD),
	FOUR_OF("unified", UNIFIED),
	{"clone3 into unified", cloning_into, UNIFIED},
};

const struct group cgroups_group = {"cgroups", probes, sizeof(probes) / sizeof(*probes)};
