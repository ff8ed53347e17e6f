// SPDX-License-Identifier: Apache-2.0
/*
 * Groups that exist: their processes, kill, freeze, removal.
 *
 * Version 2 kills a whole tree with one write to cgroup.kill and freezes with cgroup.freeze.
 * Version 1 has a list of PIDs only, so killing is a loop: read, signal through descriptors
 * that were checked to be still in the group, read again, until nothing is left.
 */
#include "cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "cgroup-do.h"
#include "file.h"

static void nap(long microseconds)
{
	struct timespec t = {0, microseconds * 1000};

	nanosleep(&t, NULL);
}

/* Calls `visit` for a group and all below it, deepest first. Stops at the first error. */
static int walk_groups(int dir, const char *name, bool self, int depth,
		       int (*visit)(int parent, const char *name, int dir, void *data), void *data)
{
	CLOSE_FD int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3), r = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	if (!d) {
		close(copy);
		return -ENOMEM;
	}
	while (r == 0 && depth < 64 && (e = readdir(d)))
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			r = walk_groups(fd, e->d_name, true, depth + 1, visit, data);
	closedir(d);
	return r == 0 && self ? visit(dir, name, fd, data) : r;
}

/* ---- processes -------------------------------------------------------------------------- */

struct pid_list {
	pid_t *v;
	size_t n, size;
};

static int add_pids(int parent UNUSED, const char *name UNUSED, int dir, void *data)
{
	FREE_PTR char *text = NULL;
	struct pid_list *list = data;
	ssize_t n = read_file_at(dir, "cgroup.procs", 64 << 20, &text);
	char *at = text;

	if (n < 0) /* gone meanwhile; or threaded, then its threads are in the domain's list */
		return n == -ENOENT || n == -ENODEV || n == -EOPNOTSUPP ? 0 : (int)n;
	while (*at) {
		long pid = strtol(at, &at, 10);

		at += *at == '\n';
		if (list->n == list->size) {
			size_t size = list->size * 2 + 64;
			pid_t *more = realloc(list->v, size * sizeof(*more));

			if (!more)
				return -ENOMEM;
			list->v = more;
			list->size = size;
		}
		if (pid > 0) /* 0: a process outside of our PID namespace */
			list->v[list->n++] = (pid_t)pid;
	}
	return 0;
}

int cgroup_pids_fd(int dir, bool below, pid_t **ret, size_t *ret_n, struct err *err)
{
	struct pid_list list = {0};
	int e = below ? walk_groups(dir, ".", true, 0, add_pids, &list)
		      : add_pids(-1, NULL, dir, &list);

	if (e < 0) {
		free(list.v);
		return err_set(err, -e, "cannot list the processes of a group");
	}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

/* ---- kill ------------------------------------------------------------------------------- */

static bool in_list(const pid_t *v, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == pid)
			return true;
	return false;
}

/* A PID may be used again between reading and killing; a descriptor opened between two reads
 * that both list it is the right process. */
static int kill_listed(int dir, struct err *err, size_t *ret_killed)
{
	FREE_PTR pid_t *first = NULL, *second = NULL;
	FREE_PTR int *fds = NULL;
	size_t n, again;
	int e = cgroup_pids_fd(dir, true, &first, &n, err);

	*ret_killed = 0;
	if (e < 0 || n == 0)
		return e;
	n = MIN(n, (size_t)512);
	fds = malloc(n * sizeof(*fds));
	if (!fds)
		return err_set(err, ENOMEM, "cannot kill the processes of a group");
	for (size_t i = 0; i < n; i++)
		fds[i] = (int)syscall(SYS_pidfd_open, first[i], 0);
	e = cgroup_pids_fd(dir, true, &second, &again, err);
	for (size_t i = 0; i < n; i++) {
		if (fds[i] < 0)
			continue;
		if (e == 0 && in_list(second, again, first[i]) && first[i] != getpid() &&
		    syscall(SYS_pidfd_send_signal, fds[i], SIGKILL, NULL, 0) < 0 && errno == EPERM)
			e = err_set(err, EPERM, "cannot kill process %d", (int)first[i]);
		*ret_killed += first[i] != getpid();
		close(fds[i]);
	}
	return e;
}

int cgroup_kill_fd(int dir, struct err *err)
{
	int e = cgroup_is_v2(dir) ? write_file_at(dir, "cgroup.kill", "1") : -ENOENT;
	bool frozen = false;
	size_t killed;

	if (e == 0)
		return 0;
	if (e == -EACCES || e == -EPERM) {
		err_set(err, -e, "cannot kill the processes of a group");
		return err_remedy(err, "the group is not yours; run it as root");
	}
	/* v1, or a threaded group: a frozen group cannot fork away from the killer */
	if (faccessat(dir, "freezer.state", F_OK, 0) == 0)
		frozen = cgroup_freeze_fd(dir, true, NULL) == 0;
	for (int round = 0; round < 100; round++) {
		e = kill_listed(dir, err, &killed);
		if (frozen) {
			cgroup_freeze_fd(dir, false, NULL);
			frozen = false;
		}
		if (e < 0 || killed == 0)
			return e;
		nap(round < 10 ? 1000 : 10000);
	}
	return err_set(err, EBUSY, "processes of a group do not die");
}

int cgroup_kill(const struct cgroup_plan *p, struct err *err)
{
	for (uint32_t i = 0; i < p->n_in; i++) {
		CLOSE_FD int dir = cgroup_open_place(p, i, err);
		int e;

		if (dir == -ENOENT)
			continue;
		e = dir < 0 ? dir : cgroup_kill_fd(dir, err);
		if (e < 0)
			return e;
	}
	return 0;
}

/* ---- freeze ----------------------------------------------------------------------------- */

static bool is_frozen_v2(int dir)
{
	char text[512];
	ssize_t n = read_line_at(dir, "cgroup.events", text, sizeof(text));

	return n > 0 && strstr(text, "frozen 1");
}

static int freeze_v2(int dir, bool freeze)
{
	CLOSE_FD int events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	int e = write_file_at(dir, "cgroup.freeze", freeze ? "1" : "0");
	struct timespec now, until;
	char asked[8];

	if (e < 0 || events < 0 || !freeze)
		return e;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 5;
	while (!is_frozen_v2(dir)) {
		struct pollfd p = {.fd = events, .events = POLLPRI};

		/* poll reports a change after the last read of this descriptor; 20 ms bound the
		 * race between our read and it */
		poll(&p, 1, 20);
		if (read_line_at(dir, "cgroup.freeze", asked, sizeof(asked)) <= 0 || *asked == '0')
			return -ECANCELED;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > until.tv_sec) {
			write_file_at(dir, "cgroup.freeze", "0");
			return -ETIMEDOUT;
		}
	}
	return 0;
}

static int freeze_v1(int dir, bool freeze)
{
	char state[32] = "";
	int e = 0;

	for (int round = 0; round < 500; round++) {
		/* FREEZING may need another push when a process forked meanwhile */
		e = write_file_at(dir, "freezer.state", freeze ? "FROZEN" : "THAWED");
		if (e < 0)
			return e;
		if (read_line_at(dir, "freezer.state", state, sizeof(state)) > 0 &&
		    strcmp(state, freeze ? "FROZEN" : "THAWED") == 0)
			return 0;
		nap(round < 10 ? 500 : 10000);
	}
	if (freeze)
		write_file_at(dir, "freezer.state", "THAWED");
	return -ETIMEDOUT;
}

int cgroup_freeze_fd(int dir, bool freeze, struct err *err)
{
	int e = cgroup_is_v2(dir) ? freeze_v2(dir, freeze) : freeze_v1(dir, freeze);

	if (e == 0)
		return 0;
	err_set(err, -e, "cannot %s the group", freeze ? "freeze" : "thaw");
	if (e == -ECANCELED)
		return err_remedy(err, "another command has thawed or removed it");
	if (e == -ENOENT)
		return err_remedy(err,
				  "this hierarchy has no freezer, or it is the top of the tree");
	if (e == -ETIMEDOUT)
		return err_remedy(
			err, "a process of it sleeps in the kernel (state D) and cannot stop now");
	return e;
}

int cgroup_is_frozen_fd(int dir)
{
	char state[32];

	if (cgroup_is_v2(dir))
		return is_frozen_v2(dir);
	if (read_line_at(dir, "freezer.state", state, sizeof(state)) < 0)
		return -ENOENT;
	return strcmp(state, "FROZEN") == 0;
}

int cgroup_open_freezer(const char *const *dirs, int version, size_t *ret_place)
{
	const char *file = version == 2 ? "cgroup.freeze" : "freezer.state";
	char path[4200];

	for (size_t i = 0; dirs[i]; i++) {
		int fd;

		/* Looked for by path: opening each of them costs three times as much. */
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dirs[i], file) >= sizeof(path) ||
		    access(path, F_OK) < 0)
			continue;
		fd = open(dirs[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && ret_place)
			*ret_place = i;
		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

int cgroup_freeze(const struct cgroup_plan *p, bool freeze, struct err *err)
{
	for (uint32_t i = 0; i < p->n_in; i++) {
		CLOSE_FD int dir = -1;

		if (p->in[i].version != 2 && !(p->in[i].controllers & CGROUP_BIT(CGROUP_FREEZER)))
			continue;
		dir = cgroup_open_place(p, i, err);
		return dir < 0 ? dir : cgroup_freeze_fd(dir, freeze, err);
	}
	err_set(err, ENOTSUP, "cannot %s group '%s': it is in no hierarchy that freezes",
		freeze ? "freeze" : "thaw", p->path);
	return err_remedy(
		err, "make it with the freezer: mount cgroup2, or the v1 controller 'freezer'");
}

/* ---- removal ---------------------------------------------------------------------------- */

struct removal {
	uint32_t flags;
	int64_t until_us;
	char busy[200]; /* PIDs found in a busy group */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void name_pids(int dir, struct removal *r)
{
	FREE_PTR pid_t *v = NULL;
	size_t n = 0, len = 0;

	if (cgroup_pids_fd(dir, true, &v, &n, NULL) < 0)
		return;
	r->busy[0] = '\0';
	for (size_t i = 0; i < n && len + 16 < sizeof(r->busy); i++)
		len += (size_t)snprintf(r->busy + len, sizeof(r->busy) - len, "%s%d", i ? " " : "",
					(int)v[i]);
}

static int remove_one(int parent, const char *name, int dir, void *data)
{
	struct removal *r = data;
	long wait = 100;

	for (;;) {
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENODEV)
			return 0;
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -errno;
		if (!(r->flags & CGROUP_REMOVE_PATIENT) || now_us() > r->until_us) {
			name_pids(dir, r);
			return -EBUSY;
		}
		nap(wait);
		wait = MIN(wait * 2, 20000L);
	}
}

static int remove_at(int parent, const char *name, struct removal *r, struct err *err)
{
	CLOSE_FD int dir = -1;
	int e;

	/* Nearly always it is empty. With processes or groups in it, this is EBUSY. */
	if (unlinkat(parent, name, AT_REMOVEDIR) == 0)
		return 0;
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? 0 : -errno;
	if (r->flags & CGROUP_REMOVE_KILL) {
		e = cgroup_kill_fd(dir, err);
		if (e < 0)
			return e;
		r->flags |= CGROUP_REMOVE_PATIENT;
	}
	r->until_us = now_us() + 2000000;
	if (!(r->flags & CGROUP_REMOVE_RECURSIVE))
		return remove_one(parent, name, dir, r);
	/* another kokon may make a group below while we remove: once more then */
	for (int round = 0; round < 3; round++) {
		e = walk_groups(parent, name, true, 0, remove_one, r);
		if (e != -EBUSY || r->busy[0])
			break;
	}
	return e;
}

static bool has_children(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_nlink > 2;
}

static int diagnose_removal(int parent, const char *name, const char *shown,
			    const struct removal *r, int code, struct err *err)
{
	CLOSE_FD int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (code == EBUSY && r->busy[0]) {
		err_set(err, code, "cannot remove group '%s': it has processes (%s)", shown,
			r->busy);
		return err_remedy(err, "end them first (kokon cgroup kill), or move them elsewhere "
				       "(kokon cgroup move)");
	}
	if (code == EBUSY && dir >= 0 && has_children(dir)) {
		err_set(err, code, "cannot remove group '%s': there are groups below it", shown);
		return err_remedy(err, "add --recursive to remove them too");
	}
	err_set(err, code, "cannot remove group '%s'", shown);
	if (code == EACCES || code == EPERM)
		return err_remedy(err, "this group is not yours; run it as root");
	return -code;
}

int cgroup_remove(const struct cgroup_plan *p, uint32_t flags, struct err *err)
{
	int failed = 0;

	for (uint32_t i = 0; i < p->n_in; i++) {
		struct removal r = {.flags = flags};
		CLOSE_FD int mount = cgroup_open_mount(p->in[i].mount, err);
		char copy[4200];
		const char *slash = strrchr(p->in[i].dir, '/'),
			   *name = slash ? slash + 1 : p->in[i].dir;
		CLOSE_FD int parent = -1;
		int e;

		if (mount < 0)
			return mount;
		snprintf(copy, sizeof(copy), "%.*s", slash ? (int)(slash - p->in[i].dir) : 1,
			 slash ? p->in[i].dir : ".");
		parent = open_how(mount, copy, O_RDONLY | O_DIRECTORY, 0,
				  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
		if (parent == -ENOENT)
			continue;
		e = parent < 0 ? parent : remove_at(parent, name, &r, err);
		if (e < 0 && !failed)
			failed = diagnose_removal(parent, name, p->path, &r, -e, err);
	}
	return failed;
}

static int remove_path(const char *path, uint32_t flags, struct err *err)
{
	struct removal r = {.flags = flags};
	const char *slash = strrchr(path, '/');
	char copy[4200];
	CLOSE_FD int parent = -1;
	int e;

	if (!slash || slash == path || !slash[1] || strstr(path, "/../") ||
	    strcmp(slash, "/..") == 0 || strlen(path) >= sizeof(copy))
		return err_set(err, EINVAL, "'%s' is not the directory of a group", path);
	snprintf(copy, sizeof(copy), "%.*s", (int)(slash - path), path);
	parent = open_how(AT_FDCWD, copy, O_RDONLY | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
	if (parent == -ENOENT)
		return 0;
	if (parent < 0)
		return err_set(err, -parent, "cannot open '%s'", copy);
	if (!cgroup_is_cgroupfs(parent))
		return err_set(err, EINVAL, "'%s' is not in a cgroup file system", path);
	e = remove_at(parent, slash + 1, &r, err);
	return e < 0 ? diagnose_removal(parent, slash + 1, path, &r, -e, err) : 0;
}

int cgroup_remove_paths(const char *const *dirs, size_t n, uint32_t flags, struct err *err)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		int e = remove_path(dirs[i], flags, failed ? NULL : err);

		if (e < 0 && !failed)
			failed = e;
	}
	return failed;
}

/* ---- memory ----------------------------------------------------------------------------- */

static int oom_kills_fd(int dir, uint64_t *ret)
{
	static const char *const files[] = {"memory.events", "memory.oom_control"};
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		ssize_t n = read_line_at(dir, files[i], text, sizeof(text));
		const char *at;

		if (n < 0)
			continue;
		at = strstr(text, "oom_kill ");
		if (!at)
			return -ENOENT;
		*ret = strtoull(at + 9, NULL, 10);
		return 0;
	}
	return -ENOENT;
}

int cgroup_oom_kills(const struct cgroup_plan *p, uint64_t *ret)
{
	for (uint32_t i = 0; i < p->n_in; i++) {
		CLOSE_FD int dir = -1;

		if (!(p->in[i].controllers & CGROUP_BIT(CGROUP_MEMORY)))
			continue;
		dir = cgroup_open_place(p, i, NULL);
		return dir < 0 ? dir : oom_kills_fd(dir, ret);
	}
	return -ENOENT;
}
