// SPDX-License-Identifier: Apache-2.0
/*
 * A command started in a group.
 *
 * The child is cloned straight into the version 2 group (CLONE_INTO_CGROUP), and enters the
 * version 1 groups itself before it executes anything, so not one page is charged elsewhere.
 * This process waits outside, passes signals on, and afterwards asks the group whether its
 * memory limit killed something. If this process is killed, so is the command.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "group-ops.h"
#include "groups.h"
#include "process.h"

/* Ends in exec or in a record of the failure for the parent. Mustn't print or return. */
static NORETURN void child(const struct cgroup_plan *plan, char *const *argv, const sigset_t *mask,
			   enum cgroup_join_which which, pid_t parent, int report)
{
	struct err err = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (cgroup_join(plan, 0, which, &err) == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(argv[0], argv);
		err_errno(&err, "cannot run '%s'", argv[0]);
		err_exit(&err, err.code == ENOENT ? 127 : 126);
		if (err.code == ENOENT && !strchr(argv[0], '/'))
			err_remedy(&err, "it is in no folder of PATH; give its path");
	}
	write_all(report, &err, sizeof(err));
	_exit(1);
}

/* The child's failure before exec; end of file: it runs. */
static int read_report(int fd, struct err *err)
{
	struct err record = {0};
	size_t have = 0;

	while (have < sizeof(record)) {
		ssize_t n = read(fd, (char *)&record + have, sizeof(record) - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		have += (size_t)n;
	}
	if (err)
		*err = record;
	return -record.code;
}

/* Until the child ends. A terminal sends its signals to both, so those are only kept away from
 * us; what is sent to this process alone is passed on. */
static int wait_child(pid_t pid, int pidfd, int signals)
{
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	struct signalfd_siginfo info;
	int status = 0;

	while (!(p[0].revents & POLLIN)) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (!(p[1].revents & POLLIN) || read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		/* The terminal, which is no process, has sent them to everybody itself. */
		if ((info.ssi_signo != SIGINT && info.ssi_signo != SIGQUIT) || info.ssi_code <= 0)
			process_signal(pidfd, (int)info.ssi_signo);
	}
	process_wait(pid, &status);
	return status;
}

static const char *oom_note(const struct group_context *c, const struct cgroup_plan *plan,
			    const char *command, pid_t pid, int status, uint64_t kills)
{
	const struct group_limit *memory;
	struct group_limit *v;
	const char *who, *whose = NULL;
	size_t n;

	group_limits(c->arena, plan, &v, &n);
	memory = group_limit_named(v, n, "memory");
	who = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
		      ? arena_printf(c->arena, "'%s' (process %d) was killed", command, (int)pid)
		      : arena_printf(c->arena, "%llu process(es) of '%s' were killed",
				     (unsigned long long)kills, command);
	if (memory && memory->bound_by)
		whose = arena_printf(c->arena,
				     "the group '%s' above it reached its memory limit of %s",
				     memory->bound_by, memory->bound_text);
	else
		whose = arena_printf(c->arena, "group '%s' reached its memory limit of %s",
				     plan->path, memory ? memory->text : "?");
	return arena_printf(c->arena, "%s: %s", who, whose);
}

/* The report pipe is read while the child may still be joining; it closes at exec. */
static int run_child(const struct cgroup_plan *plan, char *const *argv, const sigset_t *mask,
		     int signals, int *ret_status, pid_t *ret_pid, struct err *err)
{
	CLOSE_FD int group = plan->in[0].version == 2 ? cgroup_fd_v2(plan, err) : -1;
	CLOSE_FD int pidfd = -1;
	int pipe_fds[2];
	pid_t parent = getpid(), pid;
	int r;

	if (plan->in[0].version == 2 && group < 0)
		return group;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	pid = process_clone(0, SIGCHLD, group, &pidfd);
	if (pid == 0)
		child(plan, argv, mask, group < 0 ? CGROUP_JOIN_ALL : CGROUP_JOIN_V1, parent,
		      pipe_fds[1]);
	close(pipe_fds[1]);
	if (pid < 0) {
		close(pipe_fds[0]);
		if (pid == -EAGAIN) {
			err_set(err, EAGAIN, "cannot start '%s' in group '%s'", argv[0],
				plan->path);
			return err_remedy(err,
					  "it or a group above it has as many processes as its "
					  "pids limit allows: kokon cgroup show %s",
					  plan->path);
		}
		return cgroup_refuse_join(plan, 0, parent, -pid, err);
	}
	r = read_report(pipe_fds[0], err);
	close(pipe_fds[0]);
	*ret_status = wait_child(pid, pidfd, signals);
	*ret_pid = pid;
	return r;
}

static void explain(const struct group_context *c, const struct cgroup_plan *plan,
		    char *const *argv)
{
	cgroup_explain_join(plan, "$$", CGROUP_JOIN_ALL, c->explain);
	out_puts(c->explain, "# the command starts where its shell is\nexec ");
	out_shell_words(c->explain, argv);
	out_puts(c->explain, "\n");
}

int group_exec(const struct group_context *c, const char *path, char *const *argv,
	       const char **ret_note, struct err *err)
{
	struct cgroup_plan *plan;
	uint64_t before = 0, after = 0;
	sigset_t passed, mask;
	CLOSE_FD int signals = -1;
	int status = 0, r = cgroup_find(c->arena, c->layout, path, &plan, err);
	pid_t pid = 0;
	bool counted;

	if (r == 0)
		r = group_refuse_threaded(c, plan, err);
	if (r < 0)
		return r;
	if (c->explain) {
		explain(c, plan, argv);
		return 0;
	}
	sigemptyset(&passed);
	for (int s = 1; s < 32; s++)
		if (s == SIGHUP || s == SIGINT || s == SIGQUIT || s == SIGTERM || s == SIGUSR1 ||
		    s == SIGUSR2 || s == SIGALRM || s == SIGWINCH)
			sigaddset(&passed, s);
	sigprocmask(SIG_BLOCK, &passed, &mask);
	signals = signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK);
	counted = cgroup_oom_kills(plan, &before) == 0;
	r = run_child(plan, argv, &mask, signals, &status, &pid, err);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (r < 0)
		return r;
	if (counted && cgroup_oom_kills(plan, &after) == 0 && after > before)
		*ret_note = oom_note(c, plan, argv[0], pid, status, after - before);
	return process_exit_status(status);
}
