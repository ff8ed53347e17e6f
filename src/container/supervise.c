// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * The signals that people and service managers send are blocked and read from a signalfd, the
 * container's end from its pidfd; one poll() waits for both. A signal is passed on to the
 * container's first process. As PID 1 it ignores what it has no handler for (pid_namespaces(7)),
 * and then Ctrl-C would do nothing: such a signal ends the container instead.
 *
 * Nothing here undoes anything: that is state_remove(), which works from the record alone and is
 * what any later command does when this process was killed.
 */
#include "supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include "file.h"
#include "parse.h"
#include "process.h"

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM, SIGUSR1,
				SIGUSR2, SIGCONT, SIGWINCH, SIGALRM};
static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

static int open_signals(sigset_t *ret_old)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, ret_old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Does the process handle the signal? (proc_pid_status(5), SigCgt and SigIgn) */
static bool handles(pid_t pid, int signal)
{
	FREE_PTR char *text = NULL;
	unsigned long long caught = 0, ignored = 0;
	char path[32];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (read_file_at(AT_FDCWD, path, 1 << 16, &text) < 0)
		return true;
	at = strstr(text, "SigCgt:");
	if (at)
		sscanf(at, "SigCgt: %llx", &caught);
	at = strstr(text, "SigIgn:");
	if (at)
		sscanf(at, "SigIgn: %llx", &ignored);
	return (caught | ignored) >> (signal - 1) & 1;
}

static bool ends_by_default(int signal)
{
	for (size_t i = 0; i < ARRAY_SIZE(ending); i++)
		if (ending[i] == signal)
			return true;
	return false;
}

/* Returns the signal that has ended the container, or 0. */
static int pass_on(const struct run *run, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		int signal = (int)info.ssi_signo;

		if (ends_by_default(signal) && !handles(run->pid, signal)) {
			process_signal(run->pidfd, SIGKILL);
			return signal;
		}
		process_signal(run->pidfd, signal);
	}
	return 0;
}

static int open_timer(uint32_t seconds)
{
	struct itimerspec when = {.it_value.tv_sec = seconds};
	int fd;

	if (seconds == 0)
		return -1;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (fd >= 0)
		timerfd_settime(fd, 0, &when, NULL);
	return fd;
}

/* The exit status of the container's first process. */
static int wait_for_end(const struct run *run, int signals, uint32_t timeout)
{
	CLOSE_FD int timer = open_timer(timeout);
	struct pollfd fds[] = {{run->pidfd, POLLIN, 0}, {signals, POLLIN, 0}, {timer, POLLIN, 0}};
	int status = 0, killed_by = 0;

	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[0].revents)
			break;
		if (fds[1].revents && !killed_by)
			killed_by = pass_on(run, signals);
		if (fds[2].revents) {
			process_signal(run->pidfd, SIGKILL);
			fds[2].fd = -1;
		}
	}
	if (process_wait(run->pid, &status) < 0)
		return 125;
	return killed_by ? 128 + killed_by : process_exit_status(status);
}

static void trace(const struct run *run, int row, uint64_t nanoseconds)
{
	char line[128];
	int n = snprintf(line, sizeof(line), "%s: %-18s %8llu us\n", run->plan->tool,
			 steps[row].name, (unsigned long long)(nanoseconds / 1000));

	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static int run_to_end(struct run *run, const struct supervise_options *options)
{
	sigset_t old;
	CLOSE_FD int signals = open_signals(&old);
	struct live *live = run->live;
	int r = start_container(run);

	if (r < 0)
		return r;
	live->state.status = STATE_RUNNING;
	live->state.pid = run->pid;
	live->state.pid_start = state_process_start(run->pid);
	if (state_write(&live->state_handle, &live->state, run->err) < 0)
		process_signal(run->pidfd, SIGKILL);
	r = wait_for_end(run, signals, options->timeout);
	close(TAKE_FD(run->pidfd));
	return r;
}

int supervise(const struct plan *plan, int arena, const struct state *state,
	      const struct supervise_options *options, struct err *err)
{
	struct live live = {.state = *state, .arena = arena};
	struct run run = {
		.plan = plan,
		.side = HOST,
		.sock = -1,
		.pidfd = -1,
		.root = -1,
		.take = take_handed,
		.trace = plan->trace ? trace : NULL,
		.err = err,
		.live = &live,
	};
	struct err undo;
	int r = state_create(state->name, &live.state_handle, err);

	if (r < 0)
		return r;
	r = run_to_end(&run, options);
	state_remove(&live.state_handle, state->name, &undo);
	return r;
}
