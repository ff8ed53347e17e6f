// SPDX-License-Identifier: Apache-2.0
#include "hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "file.h"
#include "process.h"

/* What a hook printed, from its end. */
struct said {
	char text[241];
	size_t len;
};

/* A file, not a pipe: however large the state is, nobody waits for a reader. Each hook has its own.
 */
static int state_input(const struct hooks_plan *plan, pid_t pid, struct err *err)
{
	CLOSE_FD int fd = memfd_create("state", MFD_CLOEXEC);
	char number[12];
	int n = snprintf(number, sizeof(number), "%d", (int)pid), r = 0;

	if (fd < 0)
		return err_errno(err, "cannot make the input of the hooks");
	r = write_all(fd, plan->state_head, strlen(plan->state_head));
	if (r == 0)
		r = write_all(fd, number, (size_t)n);
	if (r == 0)
		r = write_all(fd, plan->state_tail, strlen(plan->state_tail));
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? err_set(err, -r, "cannot write the input of the hooks") : TAKE_FD(fd);
}

/*
 * The hook's process. Should: execute it with 0-2 only, default signals and a group of its own.
 * Mustn't: allocate or print, or look into /proc, which may be the container's.
 */
NORETURN static void become_hook(const struct hook *hook, int input, int output, int dir)
{
	const char *words;
	sigset_t none;

	setpgid(0, 0);
	for (int s = 1; s < 65; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dir >= 0 && fchdir(dir) < 0)
		_exit(127);
	if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(127);
	syscall(SYS_close_range, 3, ~0U, 0);
	execve(hook->path, (char *const *)hook->argv, (char *const *)hook->envp);
	words = strerror(errno);
	if (write(2, words, strlen(words)) < 0)
		_exit(126);
	_exit(127);
}

static void read_said(int fd, struct said *said)
{
	char part[240];
	ssize_t n = read(fd, part, sizeof(part));
	size_t keep;

	if (n <= 0)
		return;
	keep = MIN(said->len, sizeof(said->text) - 1 - (size_t)n);
	memmove(said->text, said->text + said->len - keep, keep);
	memcpy(said->text + keep, part, (size_t)n);
	said->len = keep + (size_t)n;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the process ends, not until its output does: a child that it left may hold that. */
static bool await_end(int pidfd, int output, int64_t timeout, struct said *said)
{
	struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = output, .events = POLLIN}};
	int64_t deadline = timeout ? now_ms() + timeout * 1000 : 0;

	for (;;) {
		int64_t left = deadline ? deadline - now_ms() : -1;

		if (deadline && left <= 0)
			return false;
		if (poll(p, 2, (int)MIN(left, (int64_t)1 << 30)) < 0 && errno != EINTR)
			return false;
		if (p[1].revents & POLLIN)
			read_said(output, said);
		else if (p[1].revents)
			p[1].fd = -1;
		else if (p[0].revents)
			return true;
		if (p[0].revents && p[1].fd < 0)
			return true;
	}
}

static int report(const struct hooks_plan *plan, const struct hook *hook, bool ended, int status,
		  struct said *said, struct err *err)
{
	while (said->len > 0 && said->text[said->len - 1] == '\n')
		said->len--;
	said->text[said->len] = '\0';
	if (!ended)
		return err_set(err, ETIMEDOUT, "the %s hook '%s' did not end within %lld s",
			       plan->kind, hook->path, (long long)hook->timeout);
	if (WIFSIGNALED(status))
		return err_set(err, 0, "the %s hook '%s' was killed by signal %d%s%s", plan->kind,
			       hook->path, WTERMSIG(status), said->len ? ": " : "", said->text);
	return err_set(err, 0, "the %s hook '%s' failed with status %d%s%s", plan->kind, hook->path,
		       WEXITSTATUS(status), said->len ? ": " : "", said->text);
}

static int run_one(const struct hooks_plan *plan, const struct hook *hook, pid_t pid, int dir,
		   struct err *err)
{
	CLOSE_FD int input = state_input(plan, pid, err), output = -1, theirs = -1, pidfd = -1;
	struct said said = {.len = 0};
	int ends[2], status = 0;
	pid_t child;
	bool ended;

	if (input < 0)
		return input;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	output = ends[0];
	theirs = ends[1];
	fcntl(output, F_SETFL, O_NONBLOCK);
	child = process_clone(0, SIGCHLD, -1, &pidfd);
	if (child == 0)
		become_hook(hook, input, theirs, dir);
	if (child < 0)
		return err_set(err, -child, "cannot start the %s hook '%s'", plan->kind,
			       hook->path);
	close(TAKE_FD(theirs));
	setpgid(child, child);
	ended = await_end(pidfd, output, hook->timeout, &said);
	if (!ended)
		kill(-child, SIGKILL);
	process_wait(child, &status);
	return ended && status == 0 ? 0 : report(plan, hook, ended, status, &said, err);
}

int hooks_run(const struct hooks_plan *plan, pid_t pid, int dir, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < plan->n; i++)
		r = run_one(plan, &plan->list[i], pid, dir, err);
	return r;
}
