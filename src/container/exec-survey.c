// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "cgroup.h"
#include "file.h"
#include "parse.h"
#include "plan-exec.h"

enum { PROC_FILE_MAX = 16 << 20 };

static int has_ended(const struct state *s, struct err *err)
{
	return err_set(err, ESRCH, "the container '%s' has just ended", s->name);
}

/* Does its PID 1 share this namespace with us, so that there is nothing to enter? By the links'
 * texts, "mnt:[4026531841]": to look at the namespaces themselves takes several times as long. */
static bool is_shared(int theirs, int ours, const char *name)
{
	char a[64], b[64];
	ssize_t n = readlinkat(theirs, name, a, sizeof(a));

	if (n < 0)
		return errno == ENOENT; /* this kernel has no such type, or the process is gone */
	return readlinkat(ours, name, b, sizeof(b)) == n && memcmp(a, b, (size_t)n) == 0;
}

/* Each by its file. */
static int open_each(int dir, struct exec_request *q, struct err *err)
{
	for (uint32_t i = 0; i < q->n_joins; i++) {
		struct namespace_given *join = &q->joins[i];

		join->fd = openat(dir, namespace_infos[join->type].name, O_RDONLY | O_CLOEXEC);
		if (join->fd >= 0)
			continue;
		err_errno(err, "cannot open '%s'", join->shown);
		return err->code == EACCES || err->code == EPERM
			       ? err_remedy(err, "the container has more rights than "
						 "you: run it as root")
			       : -err->code;
	}
	return 0;
}

/*
 * All by the process that they are of, which takes one descriptor and one setns(2). Into a user
 * namespace it does not go that way: who is in it may not look at every process there any more.
 */
static int open_namespaces(struct arena *a, int proc, int pidfd, struct exec_request *q,
			   struct err *err)
{
	CLOSE_FD int theirs = openat(proc, "ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLOSE_FD int ours = openat(AT_FDCWD, "/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool has_user = false;
	int fd;

	if (theirs < 0 || ours < 0)
		return err_errno(err, "cannot see the namespaces of process %d",
				 (int)q->state->pid);
	for (int type = 0; type < NAMESPACE_TYPES; type++) {
		const char *name = namespace_infos[type].name;

		if (!(q->made & namespace_infos[type].flag) && is_shared(theirs, ours, name))
			continue;
		has_user |= type == NAMESPACE_USER;
		q->joins[q->n_joins++] =
			(struct namespace_given){.type = (uint32_t)type,
						 .shown = arena_printf(a, "/proc/%d/ns/%s",
								       (int)q->state->pid, name)};
	}
	if (has_user)
		return open_each(theirs, q, err);
	fd = q->n_joins ? fcntl(pidfd, F_DUPFD_CLOEXEC, 3) : -1;
	if (q->n_joins && fd < 0)
		return err_errno(err, "cannot keep a descriptor");
	for (uint32_t i = 0; i < q->n_joins; i++)
		q->joins[i].fd = fd;
	return 0;
}

/* Is `recorded` the group that /proc/PID/cgroup shows as "0::/PATH"? */
static bool is_in_recorded(const char *own, const char *recorded)
{
	size_t len, room = strlen(recorded);
	const char *line;

	while (next_field(&own, '\n', &line, &len))
		if (len > 4 && strncmp(line, "0::/", 4) == 0 && len - 3 < room)
			return strncmp(recorded + room - (len - 3), line + 3, len - 3) == 0;
	return false;
}

/* Where PID 1 is in the v2 hierarchy now: a container that manages groups itself has moved it
 * below the container's own group, which may then hold no process any more (cgroups(7)). */
static const char *group_of_first(struct arena *a, pid_t first, const char *recorded)
{
	FREE_PTR char *mountinfo = NULL, *known = NULL;
	char *own, file[32];
	struct cgroup_texts texts;
	struct cgroup_layout *layout;
	struct err err;
	size_t len = strlen(recorded);

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)first);
	if (read_file_into(a, AT_FDCWD, file, PROC_FILE_MAX, &own) < 0 ||
	    is_in_recorded(own, recorded))
		return recorded;
	if (read_file_at(AT_FDCWD, "/proc/self/mountinfo", PROC_FILE_MAX, &mountinfo) < 0 ||
	    read_file_at(AT_FDCWD, "/proc/cgroups", PROC_FILE_MAX, &known) < 0)
		return recorded;
	texts = (struct cgroup_texts){.mountinfo = mountinfo,
				      .self_cgroup = own,
				      .proc_cgroups = known};
	if (cgroup_layout_parse(a, &texts, &layout, &err) < 0)
		return recorded;
	for (uint32_t i = 0; i < layout->n; i++) {
		const struct cgroup_hierarchy *h = &layout->h[i];
		const char *path;

		if (h->version != 2 || !h->own)
			continue;
		path = arena_printf(a, "%s%s%s", h->mount, h->own[0] ? "/" : "", h->own);
		if (strncmp(path, recorded, len) == 0 && path[len] == '/')
			return path;
	}
	return recorded;
}

static int refused(const char *path, struct err *err)
{
	err_errno(err, "cannot open the container's control group '%s'", path);
	return err->code == ENOENT ? err_remedy(err, "it was removed by someone else") : -err->code;
}

int exec_survey_group(struct arena *a, struct exec_request *q, struct err *err)
{
	CLOSE_FD int recorded = cgroup_open_freezer(q->state->cgroups, 2, &q->group_at);
	const char *dir;
	int fd;

	q->group.fd = -1;
	if (recorded < 0)
		return 0;
	dir = group_of_first(a, q->state->pid, q->state->cgroups[q->group_at]);
	fd = dir == q->state->cgroups[q->group_at]
		     ? TAKE_FD(recorded)
		     : openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return refused(dir, err);
	q->group = (struct exec_group){fd, dir};
	return 0;
}

/* By openat(2): musl's open() adds an fcntl(2), for kernels without O_CLOEXEC. */
static int open_tasks(struct arena *a, struct exec_request *q, struct err *err)
{
	for (size_t i = 0; q->state->cgroups[i]; i++) {
		const char *tasks = arena_printf(a, "%s/tasks", q->state->cgroups[i]);
		int fd;

		/* Version 2 has no such file; the process is cloned into the directory. */
		if (q->group.fd >= 0 && i == q->group_at)
			continue;
		fd = openat(AT_FDCWD, tasks, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return refused(tasks, err);
		q->tasks[q->n_tasks++] = (struct exec_group){fd, tasks};
	}
	return 0;
}

int exec_survey(struct arena *a, int pidfd, struct exec_request *q, struct err *err)
{
	CLOSE_FD int proc = -1;
	char path[32];
	int r;

	snprintf(path, sizeof(path), "/proc/%d", (int)q->state->pid);
	proc = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return has_ended(q->state, err);
	r = open_namespaces(a, proc, pidfd, q, err);
	if (r == 0)
		r = open_tasks(a, q, err);
	/* While the process behind the pidfd lives, its number belongs to it. */
	if (poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) != 0)
		return has_ended(q->state, err);
	return r;
}
