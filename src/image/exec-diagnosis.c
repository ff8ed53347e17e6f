// SPDX-License-Identifier: Apache-2.0
#include "exec-diagnosis.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include "helper.h"

enum { WORDS_MAX = 24 };

struct words {
	const char *v[WORDS_MAX + 1];
	size_t n;
};

static void add(struct words *w, const char *option, const char *value)
{
	if (!value || w->n + 2 > WORDS_MAX)
		return;
	w->v[w->n++] = option;
	w->v[w->n++] = value;
}

/* In the child. */
NORETURN static void exec_helper(const char *helper, const struct exec_failure *f, int report)
{
	char root_fd[16], report_fd[16], code[16];
	struct words w = {.v = {"kokon-rootfs", "diagnose"}, .n = 2};
	int null = open("/dev/null", O_RDWR);

	snprintf(root_fd, sizeof(root_fd), "%d", f->root);
	snprintf(report_fd, sizeof(report_fd), "%d", report);
	snprintf(code, sizeof(code), "%d", f->code);
	add(&w, "--root-fd", root_fd);
	add(&w, "--report-fd", report_fd);
	add(&w, "--code", code);
	add(&w, "--path", f->path);
	add(&w, "--cwd", f->cwd);
	add(&w, "--dir", f->dir);
	add(&w, "--image", f->image);
	add(&w, "--", f->command);
	if (f->outside >= 0 && (fchdir(f->outside) < 0 || chroot(".") < 0))
		_exit(1);
	fcntl(f->root, F_SETFD, 0);
	fcntl(report, F_SETFD, 0);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	execv(helper, (char *const *)w.v);
	_exit(1);
}

int exec_diagnose(const struct exec_failure *f, struct err *err)
{
	char own[4096];
	const char *helper = f->helper ? f->helper : own;
	struct err found = {0};
	int report[2];
	ssize_t n;
	pid_t pid;

	if (!f->helper && helper_path("kokon-rootfs", own, sizeof(own), NULL) < 0)
		return 0;
	if (pipe2(report, O_CLOEXEC) < 0)
		return 0;
	pid = fork();
	if (pid == 0)
		exec_helper(helper, f, report[1]);
	close(report[1]);
	do
		n = pid < 0 ? 0 : read(report[0], &found, sizeof(found));
	while (n < 0 && errno == EINTR);
	close(report[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n != sizeof(found))
		return 0;
	found.text[sizeof(found.text) - 1] = found.remedy[sizeof(found.remedy) - 1] = '\0';
	*err = found;
	return found.code ? -found.code : -EINVAL;
}
