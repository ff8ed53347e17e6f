// SPDX-License-Identifier: Apache-2.0
#include "helper.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "file.h"
#include "process.h"

int helper_path(const char *name, char *buf, size_t size, struct err *err)
{
	static const char *const places[] = {"", "/../libexec/kokon"};
	static char self[4096]; /* this program's folder, once that is known */
	ssize_t n = *self ? 0 : read_link_at(AT_FDCWD, "/proc/self/exe", self, sizeof(self));

	if (n < 0) {
		*self = '\0';
		err_set(err, (int)-n, "cannot find the helper '%s': '/proc/self/exe' is unreadable",
			name);
		return err_remedy(err, "mount -t proc proc /proc");
	}
	if (n > 0)
		*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int len = snprintf(buf, size, "%s%s/%s", self, places[i], name);

		if (len > 0 && (size_t)len < size && access(buf, X_OK) == 0)
			return 0;
	}
	err_set(err, ENOENT, "cannot find the helper '%s' beside '%s' or in '%s/../libexec/kokon'",
		name, self, self);
	return err_remedy(err, "install kokon as a whole: make install");
}

enum { CALL_WORDS = 64 };

/* The child's half: only calls that are safe after fork. */
NORETURN static void exec_call(const char *path, char *const *argv, int report, int keep)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fcntl(report, F_SETFD, 0);
	if (keep >= 0)
		fcntl(keep, F_SETFD, 0);
	execv(path, argv);
	_exit(127);
}

static int wait_for_helper(pid_t pid, int report, const char *path, struct err *err)
{
	struct err sent = {0};
	int status = 0, r;
	ssize_t n;

	do
		n = read(report, &sent, sizeof(sent));
	while (n < 0 && errno == EINTR);
	r = process_wait(pid, &status);
	/* ECHILD: a caller that ignores SIGCHLD learns no status; silence is success then. */
	if ((r == 0 && n <= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    (r == -ECHILD && n == 0))
		return 0;
	if (n != sizeof(sent))
		return err_set(err, 0, "the helper '%s' ended without a message", path);
	sent.text[sizeof(sent.text) - 1] = sent.remedy[sizeof(sent.remedy) - 1] = '\0';
	if (err)
		*err = sent;
	return sent.code ? -sent.code : -EINVAL;
}

int helper_call_keeping(const char *name, const char *const *words, int keep, struct err *err)
{
	char path[4096], option[32];
	const char *argv[CALL_WORDS + 3] = {name, *words++, option};
	CLOSE_FD int theirs = -1, ours = -1;
	size_t n = 3;
	int report[2], r = helper_path(name, path, sizeof(path), err);
	pid_t pid;

	if (r < 0)
		return r;
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	ours = report[0];
	theirs = report[1];
	for (; *words && n < CALL_WORDS + 2; words++)
		argv[n++] = *words;
	snprintf(option, sizeof(option), "--report-fd=%d", theirs);
	pid = fork();
	if (pid == 0)
		exec_call(path, (char *const *)argv, theirs, keep);
	close(TAKE_FD(theirs));
	return pid < 0 ? err_errno(err, "cannot start '%s'", path)
		       : wait_for_helper(pid, ours, path, err);
}

int helper_call(const char *name, const char *const *words, struct err *err)
{
	return helper_call_keeping(name, words, -1, err);
}
