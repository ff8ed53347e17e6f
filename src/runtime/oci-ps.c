// SPDX-License-Identifier: Apache-2.0
/*
 * The processes of a container, by its control group. Without one: the init, its descendants, and
 * all in its PID namespace if that is its own (which are those of `exec`).
 */
#include "oci-ps.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "cgroup.h"
#include "oci.h"
#include "parse.h"
#include "process.h"
#include "procfs.h"

enum { PS_OUTPUT_MAX = 16 << 20 };

/* --- which --- */

static bool descends_from(int proc, pid_t pid, pid_t ancestor)
{
	struct proc_stat stat;

	for (int depth = 0; pid > 1 && depth < 10000; depth++) {
		if (pid == ancestor)
			return true;
		if (procfs_stat(proc, pid, &stat) < 0)
			return false;
		pid = stat.ppid;
	}
	return false;
}

static bool namespace_of(int proc, pid_t pid, struct stat *ret)
{
	char path[PROCFS_PATH_SIZE];

	return fstatat(proc, procfs_path(path, sizeof(path), pid, "ns/pid"), ret, 0) == 0;
}

static int pids_by_proc(pid_t init, pid_t **ret, size_t *ret_n, struct err *err)
{
	CLOSE_FD int proc = procfs_open("/proc", err);
	struct stat own, its, other;
	int32_t *pids;
	size_t n = 0, all;
	bool apart;
	int r = proc < 0 ? proc : procfs_numbers(proc, &pids, &all);

	if (r < 0)
		return err_set(err, -r, "cannot list processes");
	apart = namespace_of(proc, getpid(), &own) && namespace_of(proc, init, &its) &&
		own.st_ino != its.st_ino;
	for (size_t i = 0; i < all; i++)
		if ((apart && namespace_of(proc, pids[i], &other) && other.st_ino == its.st_ino) ||
		    descends_from(proc, pids[i], init))
			pids[n++] = pids[i];
	*ret = pids;
	*ret_n = n;
	return 0;
}

int oci_pids(const struct oci_container *c, pid_t **ret, size_t *ret_n, struct err *err)
{
	for (size_t i = 0; c->state.cgroups[i]; i++) {
		CLOSE_FD int dir =
			open(c->state.cgroups[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (dir >= 0)
			return cgroup_pids_fd(dir, true, ret, ret_n, err);
	}
	if (c->pidfd >= 0)
		return pids_by_proc(c->state.pid, ret, ret_n, err);
	*ret = NULL;
	*ret_n = 0;
	return 0;
}

/* --- ps --- */

NORETURN static void become_ps(int output, char *const *args)
{
	char *argv[64] = {"ps", "-ef", NULL};

	for (size_t i = 0; args[i] && i < ARRAY_SIZE(argv) - 2; i++) {
		argv[i + 1] = args[i];
		argv[i + 2] = NULL;
	}
	if (dup2(output, STDOUT_FILENO) >= 0)
		execvp("ps", argv);
	_exit(127);
}

static char *read_all(int fd)
{
	struct out o = {0};
	char part[4096];
	ssize_t n;

	while (o.len < PS_OUTPUT_MAX && ((n = read(fd, part, sizeof(part))) > 0 || errno == EINTR))
		if (n > 0)
			out_put(&o, part, (size_t)n);
	return o.text;
}

static int run_ps(char *const *args, char **ret, struct err *err)
{
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, "cannot make a pipe");
	child = fork();
	if (child == 0)
		become_ps(ends[1], args);
	close(ends[1]);
	*ret = child < 0 ? NULL : read_all(ends[0]);
	close(ends[0]);
	if (child < 0)
		return err_errno(err, "cannot run ps");
	process_wait(child, &status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && *ret)
		return 0;
	err_set(err, 0, "ps failed");
	return err_remedy(err,
			  "its options stand behind the container's id; package procps has it");
}

/* Which word of a line is the pid; -1: none. */
static int pid_column(const char *header, size_t len)
{
	const char *at = header, *end = header + len;
	int column = 0;

	while (at < end) {
		size_t word;

		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		word = strcspn(at, " \t\n");
		if (word == 3 && strncmp(at, "PID", 3) == 0)
			return column;
		at += word;
		column++;
		if (at < end && *at == '\n')
			break;
	}
	return -1;
}

static bool is_listed(const char *line, int column, const pid_t *pids, size_t n)
{
	long pid;

	for (; column >= 0; column--) {
		line += strspn(line, " \t");
		if (column > 0)
			line += strcspn(line, " \t\n");
	}
	pid = strtol(line, NULL, 10);
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

static int put_processes(const char *text, const pid_t *pids, size_t n, struct out *ret,
			 struct err *err)
{
	const char *at = text, *line;
	size_t len;
	int column = -1;

	for (bool first = true; next_field(&at, '\n', &line, &len); first = false) {
		if (first) {
			column = pid_column(line, len);
			if (column < 0)
				return err_set(err, 0, "these options of ps show no column PID");
		}
		if (len && (first || is_listed(line, column, pids, n)))
			out_printf(ret, "%.*s\n", (int)len, line);
	}
	return 0;
}

int oci_ps(const struct oci *o, const char *id, bool json, char *const *args, struct out *ret,
	   struct err *err)
{
	OCI_CONTAINER_CLEANUP struct oci_container c = OCI_CONTAINER_NONE;
	FREE_PTR pid_t *pids = NULL;
	FREE_PTR char *text = NULL;
	struct arena a;
	size_t n = 0;
	int r = oci_open_id(o->root, id, 0, &a, &c, err);

	if (r == 0)
		r = oci_pids(&c, &pids, &n, err);
	if (r == 0 && !json)
		r = run_ps(args, &text, err);
	if (r < 0)
		return r;
	if (!json)
		return put_processes(text, pids, n, ret, err);
	out_puts(ret, n ? "[" : "null");
	for (size_t i = 0; i < n; i++)
		out_printf(ret, "%s%d", i ? "," : "", (int)pids[i]);
	out_puts(ret, n ? "]\n" : "\n");
	return 0;
}
