// SPDX-License-Identifier: Apache-2.0
/*
 * The row "fork": the process that goes on is the first one in the new PID namespace.
 *
 * For a child of the host side, this process was stage 1: stage 2 becomes a child of the host
 * side too (CLONE_PARENT), its pidfd is handed over, and stage 1 ends. Who joins a PID namespace is
 * seen there from then on, and may be traced by whoever has CAP_SYS_PTRACE there: so the row comes
 * last, as "fork_last", when the rights that the container does not have are gone, with the root
 * and the descriptors of the machine.
 * In place, this process stays as the parent that its caller knows, and ends as the child ends.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "init.h"
#include "process.h"
#include "uapi.h"

static volatile sig_atomic_t forward_to;

static void forward(int signal)
{
	if (forward_to > 0)
		kill(forward_to, signal);
}

/* End as the child ended, so that the caller's shell reports the same. */
NORETURN static void end_as(int status)
{
	if (WIFSIGNALED(status)) {
		struct rlimit none = {0, 0};
		int signal_number = WTERMSIG(status);
		sigset_t set;

		setrlimit(RLIMIT_CORE, &none);
		signal(signal_number, SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, signal_number);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		kill(getpid(), signal_number);
	}
	_exit(process_exit_status(status));
}

NORETURN static void wait_in_place(pid_t child, bool follow)
{
	int status;

	/* ^Z reaches both. If this process stopped by itself, it could wake up before the child and
	 * take the child's stop of before for a new one. */
	if (follow) {
		signal(SIGTSTP, SIG_IGN);
		signal(SIGTTIN, SIG_IGN);
		signal(SIGTTOU, SIG_IGN);
	}
	for (;;) {
		pid_t pid = waitpid(-1, &status, follow ? WUNTRACED : 0);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			_exit(1);
		if (pid != child)
			continue;
		if (!WIFSTOPPED(status))
			end_as(status);
		/* The child was stopped: so is its parent, as the shell's job control expects. */
		kill(getpid(), SIGSTOP);
		kill(child, SIGCONT);
	}
}

static void block_or_forward(const struct namespaces_plan *plan, sigset_t *ret_old)
{
	struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
	sigset_t set;

	sigemptyset(&set);
	if (plan->waiting != WAIT_FOLLOW) {
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
	}
	sigprocmask(SIG_BLOCK, &set, ret_old);
	if (plan->waiting == WAIT_FORWARD) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
	}
}

/* The parent may have died before prctl(2): then its signal will never come. */
static int arm_parent_death(const struct namespaces_plan *plan, int parent, struct err *err)
{
	struct pollfd p = {.fd = parent, .events = POLLIN};

	if (!plan->kill_child)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, plan->kill_child) < 0)
		return err_errno(err, "cannot ask for a signal at the parent's end");
	if (poll(&p, 1, 0) > 0)
		_exit(1);
	close(parent);
	return 0;
}

static int fork_in_place(struct run *run)
{
	const struct namespaces_plan *plan = &run->plan->namespaces;
	int parent = plan->kill_child ? process_open(getpid()) : -1;
	sigset_t old;
	pid_t child;

	signal(SIGCHLD, SIG_DFL);
	block_or_forward(plan, &old);
	child = fork();
	if (child < 0) {
		err_errno(run->err, "cannot fork");
		if (run->err->code == ENOMEM)
			err_remedy(run->err, "the PID namespace has no PID 1 any more: its first "
					     "process has ended");
		return -run->err->code;
	}
	if (child > 0) {
		close(run->sock);
		forward_to = child;
		if (plan->waiting == WAIT_FORWARD)
			sigprocmask(SIG_SETMASK, &old, NULL);
		wait_in_place(child, plan->waiting == WAIT_FOLLOW);
	}
	if (plan->waiting == WAIT_FORWARD) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	run->outside = 0;
	return arm_parent_death(plan, parent, run->err);
}

static int refused(struct run *run, int row, int code)
{
	bool joins = run->plan->container.root < 0 || row == ROW_fork_last;

	err_set(run->err, code,
		run->plan->container.root < 0 ? "cannot start a process in the container"
		: joins ? "cannot start a process in the PID namespace that the container joins"
			: "cannot make the container's first process in its new namespaces");
	if (code == ENOMEM && joins)
		return err_remedy(run->err, "its first process has just ended");
	if (code == EAGAIN)
		return err_remedy(run->err, "the limit of processes is reached: --pids-limit, or "
					    "ulimit -u");
	return -code;
}

static int fork_child(struct run *run, int row)
{
	uint64_t flags = run->plan->namespaces.create & ~(uint64_t)(CLONE_NEWUSER | CLONE_NEWTIME);
	int pidfd = -1, gate[2];
	pid_t child;

	if (plan_enters_late(run->plan))
		flags &= ~(uint64_t)CLONE_NEWCGROUP;
	if (pipe2(gate, O_CLOEXEC) < 0)
		return err_errno(run->err, "cannot make a pipe");
	if (row == ROW_fork)
		child = process_clone(flags | CLONE_PARENT, 0, -1, &pidfd);
	else
		child = process_clone_old(CLONE_PARENT, &pidfd);
	if (child < 0)
		return refused(run, row, -child);
	if (child == 0) {
		int r;

		close(gate[1]);
		run->gate = gate[0];
		/* The session of stage 1 (row "leash") has its leader outside of the PID namespace:
		 * inside its number is 0, which no checkpoint can restore. */
		setsid();
		r = die_with_host(run);
		return r < 0 ? r : WALK_REPORTED;
	}
	walk_report(run, row, child, &pidfd, 1);
	_exit(0);
}

int inside_fork(struct run *run)
{
	return run->plan->spawn == SPAWN_CHILD ? fork_child(run, ROW_fork) : fork_in_place(run);
}

int inside_fork_last(struct run *run)
{
	return fork_child(run, ROW_fork_last);
}
