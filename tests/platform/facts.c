// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel's facts that the walk is built on, each proved by a small program. A fact that does
 * not hold on some kernel is a failed case here before it is a riddle elsewhere.
 *
 * Run by tests/system/platform.bats, as an ordinary user where user namespaces allow it:
 * facts NAME. Exit status 0: it holds; 1: it does not; 77: it cannot be tried here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOLDS = 0, FAILS = 1, SKIPPED = 77 };

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static uint64_t effective_capabilities(void)
{
	char line[256];
	unsigned long long caps = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	if (f)
		fclose(f);
	return caps;
}

static long clone_with(uint64_t flags, int exit_signal, int *pidfd)
{
	struct clone_args args = {.flags = flags, .exit_signal = (uint64_t)exit_signal};

	if (pidfd) {
		args.flags |= CLONE_PIDFD;
		args.pidfd = (uint64_t)(uintptr_t)pidfd;
	}
	return syscall(SYS_clone3, &args, sizeof(args));
}

static int status_of(long pid)
{
	int status;

	if (waitpid((pid_t)pid, &status, __WALL) != pid || !WIFEXITED(status))
		return FAILS;
	return WEXITSTATUS(status);
}

/* After an exec before ids are mapped the capabilities are gone for good. */
static int exec_before_maps(char *self)
{
	long pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(SKIPPED);
		if (effective_capabilities() == 0)
			_exit(FAILS);
		execl(self, self, "no-capabilities", (char *)NULL);
		_exit(FAILS);
	}
	return status_of(pid);
}

static int no_capabilities(char *self)
{
	(void)self;
	return effective_capabilities() == 0 ? HOLDS : FAILS;
}

/* A sibling: a child of one's parent, in new namespaces, waited for without a signal. */
static int clone_parent(char *self)
{
	int pair[2], status;
	long stage1, stage2 = 0;

	(void)self;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return FAILS;
	stage1 = fork();
	if (stage1 == 0) {
		int pidfd = -1;

		if (unshare(CLONE_NEWUSER) < 0)
			_exit(SKIPPED);
		/* With an exit signal of its own it is refused. */
		if (clone_with(CLONE_NEWPID | CLONE_PARENT, SIGCHLD, NULL) >= 0 || errno != EINVAL)
			_exit(FAILS);
		stage2 = clone_with(CLONE_NEWPID | CLONE_PARENT, 0, &pidfd);
		if (stage2 == 0)
			_exit(getpid() == 1 ? 5 : 6);
		if (stage2 < 0 || pidfd < 0 || write(pair[1], &stage2, sizeof(stage2)) < 0)
			_exit(FAILS);
		_exit(HOLDS);
	}
	status = status_of(stage1);
	if (status != HOLDS)
		return status;
	if (read(pair[0], &stage2, sizeof(stage2)) != sizeof(stage2))
		return FAILS;
	return status_of(stage2) == 5 ? HOLDS : FAILS;
}

/* Non-dumpable before the maps: an ordinary user cannot write them any more. */
static int undumpable_before_maps(char *self)
{
	int ready[2], go[2];
	char path[64], c = 0;
	long pid;
	int r;

	(void)self;
	if (geteuid() == 0)
		return SKIPPED;
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		return FAILS;
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(SKIPPED);
		prctl(PR_SET_DUMPABLE, 0);
		if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) < 0)
			_exit(FAILS);
		_exit(HOLDS);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		return status_of(pid);
	snprintf(path, sizeof(path), "/proc/%ld/uid_map", pid);
	r = write_file(path, "0 0 1");
	close(go[1]);
	close(go[0]);
	waitpid((pid_t)pid, NULL, 0);
	return r == -EACCES ? HOLDS : FAILS;
}

/* A change of ids disarms the signal at the parent's end. */
static int ids_disarm_parent_death(char *self)
{
	long pid = fork();

	(void)self;
	if (geteuid() != 0)
		_exit(SKIPPED);
	if (pid == 0) {
		int armed = 0;

		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (setresuid(65534, 65534, 65534) < 0)
			_exit(SKIPPED);
		prctl(PR_GET_PDEATHSIG, &armed);
		_exit(armed == 0 ? HOLDS : FAILS);
	}
	return status_of(pid);
}

/* Offsets of clocks can be set between unshare(2) and the first process in it, not after. */
static int clock_offsets(char *self)
{
	long pid = fork();

	(void)self;
	if (pid == 0) {
		long child;

		if (unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWTIME) < 0)
			_exit(SKIPPED);
		if (write_file("/proc/self/timens_offsets", "boottime 1000 0") < 0)
			_exit(FAILS);
		child = fork();
		if (child == 0)
			_exit(0);
		status_of(child);
		_exit(write_file("/proc/self/timens_offsets", "boottime 2000 0") == -EACCES
			      ? HOLDS
			      : FAILS);
	}
	return status_of(pid);
}

/* The plan's address is free in this program, however it was laid out. */
static int arena_address(char *self)
{
	void *wanted = (void *)0x40000000UL;
	void *p = mmap(wanted, 64UL << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | 0x100000 /* MAP_FIXED_NOREPLACE */, -1, 0);

	(void)self;
	return p == wanted ? HOLDS : FAILS;
}

/* A descriptor of /proc/PID refuses once the process is gone, whoever has its number then. */
static int proc_directory_stays(char *self)
{
	char path[64];
	long pid = fork();
	int dir;

	(void)self;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%ld", pid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, NULL, 0);
	return openat(dir, "ns/net", O_RDONLY | O_CLOEXEC) < 0 && errno == ESRCH ? HOLDS : FAILS;
}

/* In place: the number that a process had stays when it enters a new PID namespace for children. */
static int pid_is_kept(char *self)
{
	long pid = fork();

	(void)self;
	if (pid == 0) {
		pid_t before = getpid();

		if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
			_exit(SKIPPED);
		pid = fork();
		if (pid == 0)
			_exit(getpid() == 1 ? HOLDS : FAILS);
		if (status_of(pid) != HOLDS || getpid() != before)
			_exit(FAILS);
		/* PID 1 has ended: nobody can be born there any more. */
		_exit(fork() < 0 && errno == ENOMEM ? HOLDS : FAILS);
	}
	return status_of(pid);
}

static const struct fact {
	const char *name;
	int (*try)(char *self);
	const char *text;
} facts[] = {
	{"exec-before-maps", exec_before_maps, "an exec before ids are mapped loses capabilities"},
	{"clone-parent", clone_parent, "CLONE_PARENT into new namespaces, without an exit signal"},
	{"undumpable-before-maps", undumpable_before_maps,
	 "of a non-dumpable process an ordinary user cannot write the maps"},
	{"ids-disarm-parent-death", ids_disarm_parent_death,
	 "setresuid(2) clears PR_SET_PDEATHSIG"},
	{"clock-offsets", clock_offsets, "clock offsets are frozen by the first process"},
	{"arena-address", arena_address, "0x40000000 is free for 64 MiB"},
	{"proc-directory-stays", proc_directory_stays,
	 "a directory of /proc is one process's for good"},
	{"pid-is-kept", pid_is_kept,
	 "a new PID namespace is for children, and dies with its PID 1"},
	{"no-capabilities", no_capabilities, NULL},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		if (argc == 1 && facts[i].text)
			printf("%s\t%s\n", facts[i].name, facts[i].text);
		if (argc == 2 && strcmp(argv[1], facts[i].name) == 0)
			return facts[i].try("/proc/self/exe");
	}
	return argc == 1 ? 0 : 2;
}
