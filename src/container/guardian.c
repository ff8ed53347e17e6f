// SPDX-License-Identifier: Apache-2.0
#include "guardian.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include "net-devices.h"
#include "process.h"

/* The guardian's descriptors; it has no others. NETNS: the container's, when it has interfaces to
 * return. */
enum { CALLER, FIRST, MOUNTS, NETNS, OWN_NETNS, N_FDS };

static bool is_in(const char *number, const struct stat *mounts)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", number);
	return stat(path, &st) == 0 && st.st_ino == mounts->st_ino && st.st_dev == mounts->st_dev;
}

/* One pass over all processes. Returns how many of the namespace were alive. */
static int kill_all_in(const struct stat *mounts)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (proc && (e = readdir(proc))) {
		CLOSE_FD int pidfd = -1;

		if (e->d_name[0] < '1' || e->d_name[0] > '9' || !is_in(e->d_name, mounts))
			continue;
		/* A descriptor first, then a second look: the number may be another's by now. */
		pidfd = process_open(atoi(e->d_name));
		if (pidfd >= 0 && is_in(e->d_name, mounts) && process_signal(pidfd, SIGKILL) == 0)
			n++;
	}
	if (proc)
		closedir(proc);
	return n;
}

/* Nobody new can come when a whole pass has found nobody. */
static void empty(int namespace)
{
	struct stat mounts;

	if (fstat(namespace, &mounts) == 0)
		while (kill_all_in(&mounts) > 0)
			poll(NULL, 0, 1);
}

static void take_places(const int *fds)
{
	enum { ABOVE = 64 /* out of the way of those that are next */ };
	int kept[N_FDS];

	for (int i = 0; i < N_FDS; i++)
		kept[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, ABOVE);
	for (int i = 0; i < N_FDS; i++)
		if (kept[i] < 0 || dup2(kept[i], i) < 0)
			close(i);
	syscall(SYS_close_range, N_FDS, ~0U, 0);
}

/*
 * Should: hold nothing that belongs to the caller or the container, but for interfaces. Mustn't:
 * print, hear the terminal's signals, or end before its caller.
 */
NORETURN static void guard(const struct container_plan *plan, const int *fds)
{
	bool mounts = plan->guardian == GUARDIAN_MOUNTS;
	struct pollfd p[] = {{.fd = CALLER, .events = POLLIN},
			     {.fd = mounts ? FIRST : -1, .events = POLLIN}};
	struct err ignored = {0};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "kokon-guardian");
	take_places(fds);
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	process_signal(FIRST, SIGKILL);
	if (mounts)
		empty(MOUNTS);
	if (fds[NETNS] >= 0 && p[0].revents)
		net_devices_return(NETNS, OWN_NETNS, plan->net_devices, plan->n_net_devices,
				   &ignored);
	_exit(0);
}

pid_t guardian_start(const struct container_plan *plan, pid_t pid, int pidfd, struct err *err)
{
	bool lends = plan->n_net_devices > 0 && plan->net_devices_return;
	CLOSE_FD int self = process_open(getpid());
	CLOSE_FD int netns = lends ? process_namespace(pid, "net") : -1;
	CLOSE_FD int own = lends ? process_namespace(getpid(), "net") : -1;
	CLOSE_FD int mounts = -1;
	pid_t r;

	if (self < 0)
		return err_set(err, -self, "cannot open this process");
	if (lends && (netns < 0 || own < 0))
		return err_errno(err, "cannot open the container's network namespace");
	if (plan->guardian == GUARDIAN_MOUNTS) {
		mounts = process_namespace(pid, "mnt");
		/* An ordinary user may not, in the user namespace of another container. */
		if (mounts < 0 && errno != EACCES)
			return err_errno(err, "cannot open the container's mount namespace");
	}
	r = process_clone(0, 0, -1, NULL);
	if (r == 0)
		guard(plan, (const int[N_FDS]){self, pidfd, mounts, netns, own});
	if (r < 0) {
		err_set(err, -r, "cannot start the container's guardian");
		return err_remedy(err, "the limit of processes is reached: ulimit -u");
	}
	return r;
}

void guardian_end(enum guardian kind, pid_t guardian)
{
	int status;

	/* With work of its own it sees the end by itself, and is waited for. */
	if (guardian > 0 && kind == GUARDIAN_MOUNTS)
		process_wait(guardian, &status);
	else if (guardian > 0)
		kill(guardian, SIGKILL);
}
