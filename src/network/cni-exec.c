// SPDX-License-Identifier: Apache-2.0
#include "cni-exec.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "file.h"
#include "macros.h"
#include "parse.h"
#include "process.h"

enum { OUTPUT_MAX = 4 << 20, LOCK = 3 };

extern char **environ;

const char *cni_program(struct arena *a, const char *path, const char *type)
{
	const char *at = path, *folder;
	struct stat st;
	size_t len;

	while (next_field(&at, ':', &folder, &len)) {
		const char *file;

		if (len == 0)
			continue;
		file = arena_printf(a, "%.*s/%s", (int)len, folder, type);
		if (access(file, X_OK) == 0 && stat(file, &st) == 0 && S_ISREG(st.st_mode))
			return file;
	}
	return NULL;
}

/* What the caller has but for what speaks of CNI, and where programs are if it does not say. */
static char **environment(struct arena *a, const struct cni_call *c)
{
	size_t n = 0, k = 0;
	char **env;

	while (environ[n])
		n++;
	env = arena_array(a, char *, n + 8);
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "CNI_", 4) != 0)
			env[k++] = environ[i];
	if (!getenv("PATH"))
		env[k++] = arena_strdup(a, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	env[k++] = arena_printf(a, "CNI_COMMAND=%s", c->command);
	if (c->container) {
		env[k++] = arena_printf(a, "CNI_CONTAINERID=%s", c->container);
		env[k++] = arena_printf(a, "CNI_NETNS=%s", c->netns);
		env[k++] = arena_printf(a, "CNI_IFNAME=%s", c->interface);
		env[k++] = arena_printf(a, "CNI_ARGS=%s", c->args);
	}
	env[k++] = arena_printf(a, "CNI_PATH=%s", c->path);
	return env;
}

/*
 * Should: be a group of its own, which ^C does not reach and a timeout kills as a whole. Mustn't:
 * leave a descriptor of kokon's to the plugin but the lock.
 */
NORETURN static void exec_plugin(const struct cni_call *c, char **env, const int fds[3])
{
	char *const argv[] = {(char *)c->program, NULL};
	sigset_t none;
	int lock = c->lock < 0 ? -1 : fcntl(c->lock, F_DUPFD_CLOEXEC, 10), moved[3];

	setsid();
	for (int i = 0; i < 3; i++)
		moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 10);
	for (int i = 0; i < 3; i++)
		dup2(moved[i], i);
	if (lock >= 0)
		dup2(lock, LOCK);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (chdir("/") == 0)
		execve(c->program, argv, env);
	_exit(127);
}

/* Memory and no pipes: nobody has to read while it writes, and a daemon that it starts may keep
 * them. */
static int memory_file(const char *text)
{
	CLOSE_FD int fd = memfd_create("kokon-cni", MFD_CLOEXEC);

	if (fd < 0 || (text && (write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET))))
		return -1;
	return TAKE_FD(fd);
}

static const char *content(struct arena *a, int fd)
{
	FREE_PTR char *text = NULL;

	if (lseek(fd, 0, SEEK_SET) < 0 || read_fd(fd, OUTPUT_MAX, &text) < 0)
		return "";
	return arena_strdup(a, text);
}

static int wait_for(pid_t pid, int pidfd, uint32_t seconds, int *ret_status)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int r;

	do
		r = poll(&p, 1, (int)seconds * 1000);
	while (r < 0 && errno == EINTR);
	if (r == 0) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL); /* before it had a group of its own */
	}
	return process_wait(pid, ret_status) < 0 ? -errno : r == 0 ? -ETIMEDOUT : 0;
}

int cni_exec(struct arena *a, const struct cni_call *call, struct cni_answer *ret, struct err *err)
{
	CLOSE_FD int in = memory_file(call->config), out = memory_file(NULL),
		     said = memory_file(NULL);
	CLOSE_FD int pidfd = -1;
	char **env = environment(a, call);
	int status = 0, r;
	pid_t pid;

	if (in < 0 || out < 0 || said < 0)
		return err_errno(err, "cannot make memory for a plugin's input and output");
	pid = process_clone(0, SIGCHLD, -1, &pidfd);
	if (pid == 0)
		exec_plugin(call, env, (const int[]){in, out, said});
	if (pid < 0)
		return err_set(err, -pid, "cannot start the plugin '%s'", call->program);
	r = wait_for(pid, pidfd, call->timeout, &status);
	if (r == 0)
		*ret = (struct cni_answer){status, content(a, out), content(a, said)};
	return r;
}
