// SPDX-License-Identifier: Apache-2.0
#include "reaper.h"

#include <linux/close_range.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arena.h"
#include "process.h"

/* Faults are this process's own; everything else is waited for. */
static void signals_to_wait_for(sigset_t *ret)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};

	sigfillset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		sigdelset(ret, own[i]);
}

/*
 * The signal that tells of the payload's end, until it executes its program: from there on the
 * kernel sends SIGCHLD (fs/exec.c, de_thread()), and by that its end is told from the other.
 */
enum { ENDED_EARLY = SIGURG };

/* Collect whoever has ended. Returns true, with the status, if the payload has. */
static bool collect(pid_t payload, int *ret_status, bool *ret_early)
{
	int status;

	*ret_early = waitpid(payload, ret_status, WNOHANG | __WCLONE) == payload;
	while (!*ret_early) {
		/* Orphans are children like any other: their signal becomes SIGCHLD. */
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return false;
		if (pid == payload) {
			*ret_status = status;
			return true;
		}
	}
	return true;
}

NORETURN static void reap(pid_t payload, const sigset_t *set, int32_t *note)
{
	bool early = false;
	int status = 0;

	/* The plan is not needed any more, and neither is any descriptor. */
	munmap((void *)ARENA_ADDRESS, ARENA_SIZE);
	syscall(SYS_close_range, 3, ~0U, 0);
	while (!collect(payload, &status, &early)) {
		siginfo_t info;
		int signal = sigwaitinfo(set, &info);

		/* Of SIGTTIN and SIGTTOU nobody outside can mean the payload. */
		if (signal > 0 && signal != SIGCHLD && signal != SIGTTIN && signal != SIGTTOU)
			kill(payload, signal);
	}
	if (early)
		*note = status;
	_exit(process_exit_status(status));
}

/* clone(2), which most filters know better than clone3(2); where one refuses it, there is no early
 * end to be told from others. */
static pid_t fork_payload(void)
{
	int pidfd = -1;
	pid_t pid = process_clone_old(ENDED_EARLY, &pidfd);

	if (pidfd >= 0)
		close(pidfd);
	return pid < 0 ? fork() : pid;
}

int reaper_fork(const sigset_t *mask, int32_t *note, struct err *err)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set, old;
	pid_t payload;

	signals_to_wait_for(&set);
	sigprocmask(SIG_SETMASK, &set, &old);
	/* Ignored, it would let the kernel collect the payload's status. */
	sigaction(SIGCHLD, &action, NULL);
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	payload = fork_payload();
	if (payload < 0) {
		err_errno(err, "cannot fork the payload from its init");
		sigprocmask(SIG_SETMASK, &old, NULL);
		return -err->code;
	}
	if (payload > 0)
		reap(payload, &set, note);
	setpgid(0, 0);
	/* SIGTTOU is blocked here, so this works from the background. Not a terminal: nothing. */
	tcsetpgrp(STDIN_FILENO, getpid());
	sigprocmask(SIG_SETMASK, mask, NULL);
	return 0;
}
