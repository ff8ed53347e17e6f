// SPDX-License-Identifier: Apache-2.0
#include "fate.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include "file.h"
#include "names.h"
#include "uapi.h"

enum { LOADING_LOOKS = 2000 };

static const char *how(int status, char *buf, size_t size)
{
	const char *name = WIFSIGNALED(status) ? signal_name(WTERMSIG(status)) : NULL;

	if (name)
		snprintf(buf, size, "was killed by %s", name);
	else if (WIFSIGNALED(status))
		snprintf(buf, size, "was killed by signal %d", WTERMSIG(status));
	else
		snprintf(buf, size, "ended with status %d", WEXITSTATUS(status));
	return buf;
}

int fate_of_start(struct run *run, int status)
{
	char buf[48];

	err_set(run->err, 0, "the container's first process %s during the step '%s'",
		how(status, buf, sizeof(buf)), steps[run->failed_row].name);
	return err_remedy(run->err,
			  "somebody outside did that: a person, or the kernel when memory "
			  "ran out (dmesg tells)");
}

/* The kernel's own mark of a process that was forked and has not executed a program since
 * (include/linux/sched.h, PF_FORKNOEXEC), which it takes away where execve(2) cannot return any
 * more. Field 9 of proc_pid_stat(5); a zombie still has it. */
static bool never_executed(pid_t pid)
{
	enum { FORKED_NO_EXEC = 0x40 };
	char path[32], line[1024], *at;
	unsigned int flags;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_line_at(AT_FDCWD, path, line, sizeof(line)) < 0)
		return false;
	at = strrchr(line, ')');
	return at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & FORKED_NO_EXEC;
}

static const char *remedy(int signal)
{
	if (signal == SIGSYS)
		return "its filter of system calls (seccomp) kills it for one that it begins with, "
		       "such as execve";
	if (signal == SIGSEGV || signal == SIGBUS)
		return "the program's file may be damaged (readelf --segments shows where its "
		       "parts would lie), or need more address space than its limits allow";
	return "somebody outside did that: a person, or the kernel when memory ran out (dmesg "
	       "tells)";
}

/* The signal that ended a program's process before it was the program's; 0: none. A small init,
 * which never executes a program itself, has noted it. */
static int early_signal(struct run *run)
{
	siginfo_t info = {0};
	int noted = run->result->early;

	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOWAIT | __WALL) < 0)
		return 0;
	if (run->plan->container.reap)
		return WIFSIGNALED(noted) ? WTERMSIG(noted) : 0;
	return info.si_code != CLD_EXITED && never_executed(run->pid) ? info.si_status : 0;
}

int fate_of_program(struct run *run)
{
	/* What was restored has executed its program elsewhere. */
	int signal = run->result ? early_signal(run) : 0;
	char buf[48];

	if (!signal)
		return 0;
	err_set(run->err, 0, "cannot run '%s': %s %s right before", run->plan->program.file,
		run->plan->container.reap ? "its process" : "the container's first process",
		how(signal, buf, sizeof(buf)));
	err_remedy(run->err, "%s", remedy(signal));
	return err_exit(run->err, 126);
}

int fate_out_of_memory(struct run *run)
{
	int status = run->err->exit;

	err_set(run->err, 0,
		"the container could not start: its memory limit was reached, and the kernel "
		"killed its first process during the step '%s'",
		steps[run->failed_row].name);
	err_remedy(run->err, "give it more with --memory; its start alone needs about 1m");
	return err_exit(run->err, status);
}

/* The kernel fills in /proc/PID/auxv right before the first instruction; a process on its way out
 * has none. What may not be looked into counts as loaded. */
static bool is_loaded(pid_t pid)
{
	unsigned long first[2] = {0};
	char path[32];
	CLOSE_FD int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno != ESRCH && errno != ENOENT;
	return read(fd, first, sizeof(first)) < 0 || first[0] != 0;
}

/* Field 52 of proc_pid_stat(5), the last one, of a zombie. */
static bool zombie_status(pid_t pid, int *ret)
{
	char path[32], line[1024], *at, *last;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_line_at(AT_FDCWD, path, line, sizeof(line)) < 0)
		return false;
	at = strrchr(line, ')');
	last = strrchr(line, ' ');
	if (!at || strncmp(at, ") Z ", 4) != 0)
		return false;
	*ret = (int)strtol(last, NULL, 10);
	return true;
}

/* The signal that ended it; 0: none, or not known. The pidfd tells once it is reaped. */
static int death_of(const struct run *run)
{
	struct kokon_pidfd_info info = {.mask = PIDFD_INFO_EXIT};
	int status;

	if (!zombie_status(run->pid, &status)) {
		if (ioctl(run->pidfd, KOKON_PIDFD_GET_INFO, &info) < 0 ||
		    !(info.mask & PIDFD_INFO_EXIT))
			return 0;
		status = info.exit_code;
	}
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int fate_of_loading(const struct run *run, const char *name)
{
	struct pollfd end = {.fd = run->pidfd, .events = POLLIN};
	int signal;

	for (int i = 0; poll(&end, 1, 0) == 0; i++) {
		if (is_loaded(run->pid) || i == LOADING_LOOKS)
			return 0;
		nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
	}
	signal = death_of(run);
	if (signal != SIGSEGV && signal != SIGBUS && signal != SIGKILL && signal != SIGSYS)
		return 0;
	err_set(run->err, 0,
		"cannot run the program of '%s': its process was killed by %s while the kernel "
		"loaded it, or at its first instructions",
		name, signal_name(signal));
	return err_remedy(run->err, "%s", remedy(signal));
}
