// SPDX-License-Identifier: Apache-2.0
#include "state.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "cgroup.h"
#include "file.h"
#include "names.h"
#include "net-devices.h"
#include "network-rows.h"
#include "process.h"
#include "scope.h"
#include "state-record.h"
#include "top.h"

enum { RECORD_MAX = 4 << 20 };

/* What else is kept beside containers: an ordinary user's network namespaces (netns.h),
 * and the pools of networks (pool.h). */
static bool is_reserved(const char *name)
{
	return strcmp(name, "netns") == 0 || strcmp(name, ".network") == 0;
}

int state_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);

	if (len == 0 || len > STATE_NAME_MAX || !isalnum((unsigned char)name[0])) {
		err_set(err, 0, "'%s' is no name for a container", name);
		return err_remedy(err,
				  "a name has 1 to %d letters, digits, '_', '.' and '-', and "
				  "begins with a letter or digit",
				  STATE_NAME_MAX);
	}
	if (is_reserved(name))
		return err_set(err, 0, "'%s' is no name for a container: kokon uses it itself",
			       name);
	for (const char *c = name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("_.-", *c)) {
			err_set(err, 0, "'%s' is no name for a container", name);
			return err_remedy(err,
					  "a name consists of letters, digits, '_', '.' and '-'");
		}
	}
	return 0;
}

/* --- one container --- */

/* Take the lock if nobody holds it. 1: taken, 0: a living owner has it, or -errno. */
static int try_lock(int dir, int *ret_lock)
{
	CLOSE_FD int lock = openat(dir, "lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (lock < 0)
		return -errno;
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? 0 : -errno;
	*ret_lock = TAKE_FD(lock);
	return 1;
}

static int read_record(int dir, struct arena *a, struct state *ret, struct err *err)
{
	char *text;
	ssize_t n = read_file_into(a, dir, "record", RECORD_MAX, &text);

	return n < 0 ? err_set(err, (int)-n, "cannot read the record")
		     : state_parse(text, a, ret, err);
}

/* Remove NAME's directory if nobody answers for it: 0, -EBUSY when somebody does, or -errno. */
static int remove_if_dead(int root, const char *name, struct err *err)
{
	struct state_handle h = {.dir = openat(root, name,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				 .lock = -1};
	int r;

	if (h.dir < 0)
		return errno == ENOENT ? 0 : -errno;
	r = try_lock(h.dir, &h.lock);
	if (r == 1)
		return state_remove(&h, name, err);
	/* Without a lock it is empty: its maker or remover was killed. One who is just there makes
	 * another (make_locked), or has nothing left to do. */
	if (r == -ENOENT)
		r = unlinkat(root, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 1 : 0;
	close(h.dir);
	if (r == 1)
		return 0;
	return r < 0 ? r : -EBUSY;
}

/* A directory with a held lock in it, under a name that nobody knows yet. A sweeper may come in
 * between and take it for one whose maker died: -EAGAIN. */
static int make_locked(int root, const char *name, struct state_handle *ret)
{
	struct state_handle h = {-1, -1};
	int r = 0;

	if (mkdirat(root, name, 0700) < 0)
		return -errno;
	h.dir = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (h.dir >= 0)
		h.lock = openat(h.dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (h.lock < 0 || flock(h.lock, LOCK_EX | LOCK_NB) < 0)
		r = errno == EWOULDBLOCK || errno == ENOENT ? -EAGAIN : -errno;
	/* Still in its place? */
	if (r == 0 && faccessat(h.dir, "lock", F_OK, 0) < 0)
		r = -EAGAIN;
	if (r == 0) {
		*ret = h;
		return 0;
	}
	if (h.dir >= 0)
		close(h.dir);
	if (h.lock >= 0)
		close(h.lock);
	return r;
}

static int cannot_make(const char *name, int code, struct err *err)
{
	const char *path;
	struct arena a = {0};
	int r = arena_init(&a);

	if (r == 0)
		r = state_path(&a, name, &path, err);
	if (r == 0)
		r = err_set(err, code, "cannot make '%s', for the container's state", path);
	arena_free(&a);
	return r;
}

/* Its owner was killed, and another command is removing it right now. */
static bool is_being_swept(int root, const char *name)
{
	CLOSE_FD int dir = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct arena a;
	struct state s;
	struct err err;
	bool swept;

	if (dir < 0 || arena_init(&a) < 0)
		return dir < 0;
	swept = read_record(dir, &a, &s, &err) < 0 ||
		(s.owner > 0 && state_process_start(s.owner) != s.owner_start);
	arena_free(&a);
	return swept;
}

/* Give the directory its name. -EEXIST: a living container has it. */
static int take_name(int root, const char *temporary, const char *name, struct err *err)
{
	for (int i = 0;; i++) {
		int r = rename_new(root, temporary, name);

		if (r < 0 && r != -EEXIST)
			return err_set(err, -r, "cannot make the state directory '%s'", name);
		if (r == 0)
			return 0;
		r = remove_if_dead(root, name, err);
		if (r < 0 && r != -EBUSY)
			return err_context(err, "an earlier container '%s' left something", name);
		if (r == -EBUSY && (i >= 300 || !is_being_swept(root, name))) {
			err_set(err, 0, "the name '%s' is taken by a running container", name);
			err_remedy(err, "choose another --name, or end it: kokon stop %s", name);
			return -EEXIST;
		}
		if (r == -EBUSY)
			nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
}

static void give_up(int root, const char *temporary, struct state_handle *h)
{
	unlinkat(h->dir, "lock", 0);
	unlinkat(root, temporary, AT_REMOVEDIR);
	close(h->dir);
	close(h->lock);
}

int state_create(const char *name, struct state_handle *ret, struct err *err)
{
	CLOSE_FD int root = state_root(true, err);
	struct state_handle h = {-1, -1};
	char temporary[48];
	int r = -EAGAIN;

	if (root < 0)
		return root;
	/* Made under another name and locked, then renamed: nobody sees it without its lock. */
	for (int i = 0; r == -EAGAIN && i < 100; i++) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		snprintf(temporary, sizeof(temporary), ".new-%d-%lld-%ld", (int)getpid(),
			 (long long)now.tv_sec, now.tv_nsec);
		r = make_locked(root, temporary, &h);
	}
	if (r < 0)
		return cannot_make(name, -r, err);
	r = take_name(root, temporary, name, err);
	if (r < 0) {
		give_up(root, temporary, &h);
		return r;
	}
	*ret = h;
	return 0;
}

int state_write(const struct state_handle *h, const struct state *state, struct err *err)
{
	char usual[4096];
	OUT_CLEANUP struct out o = OUT_IN(usual);
	CLOSE_FD int fd = openat(h->dir, "record.new",
				 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_errno(err, "cannot write the record of '%s'", state->name);
	o.may_fail = true;
	state_format(state, &o);
	r = out_write(&o, fd);
	if (r == 0 && renameat(h->dir, "record.new", h->dir, "record") < 0)
		r = -errno;
	return r < 0 ? err_set(err, -r, "cannot write the record of '%s'", state->name) : 0;
}

static int unknown(const char *name, struct arena *a, struct err *err)
{
	const char *const *names = NULL;
	const char *near = NULL;

	if (state_list(a, &names, err) == 0)
		near = nearest_name(name, names);
	err_set(err, 0, "there is no running container '%s'", name);
	if (near)
		err_remedy(err, "did you mean '%s'?", near);
	else
		err_remedy(err, "kokon ps lists them");
	return -ENOENT;
}

int state_read(const char *name, struct arena *a, struct state *ret, struct err *err)
{
	CLOSE_FD int root = -1, dir = -1, lock = -1;
	int r = state_check_name(name, err);

	if (r < 0)
		return r;
	root = state_root(false, err);
	dir = root < 0 ? -1 : openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || try_lock(dir, &lock) != 0)
		return unknown(name, a, err);
	r = read_record(dir, a, ret, err);
	if (r == -ENOENT)
		return unknown(name, a, err);
	return r < 0 ? err_context(err, "container '%s'", name) : 0;
}

/* --- all containers --- */

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int state_list(struct arena *a, const char *const **ret, struct err *err)
{
	enum { MAX_NAMES = 65536 };
	int root = state_root(false, err);
	const char **names = arena_array(a, const char *, MAX_NAMES + 1);
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	*ret = names;
	if (root == -ENOENT)
		return 0;
	dir = root < 0 ? NULL : fdopendir(root);
	if (!dir)
		return root < 0 ? root : err_errno(err, "cannot read the state directory");
	while (n < MAX_NAMES && (entry = readdir(dir))) {
		CLOSE_FD int sub = -1, lock = -1;

		if (entry->d_name[0] == '.')
			continue;
		sub = openat(root, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub >= 0 && try_lock(sub, &lock) == 0 && faccessat(sub, "record", F_OK, 0) == 0)
			names[n++] = arena_strdup(a, entry->d_name);
	}
	closedir(dir);
	qsort(names, n, sizeof(*names), compare);
	return 0;
}

/* Every command comes by here: no memory is asked for where there is nothing to do. */
void state_sweep(void)
{
	_Alignas(struct dirent) char entries[512];
	struct err err;
	CLOSE_FD int root = state_root(false, &err);
	const struct dirent *d;
	long n;

	while (root >= 0 && (n = syscall(SYS_getdents64, root, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n; at += d->d_reclen) {
			d = (const struct dirent *)(entries + at);
			if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
			    !is_reserved(d->d_name))
				remove_if_dead(root, d->d_name, &err);
		}
	}
}

/* --- ending --- */

uint64_t state_process_start(pid_t pid)
{
	char path[32], line[1024], *at;
	unsigned long long start;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (pid <= 0 || read_line_at(AT_FDCWD, path, line, sizeof(line)) < 0)
		return 0;
	at = strrchr(line, ')');
	/* After the name: state is field 3, the start time field 22. */
	if (!at || sscanf(at + 1,
			  " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			  "%*d %*d %llu",
			  &start) != 1)
		return 0;
	return start;
}

int state_open_process(const struct state *state)
{
	CLOSE_FD int pidfd = state->pid > 0 ? process_open(state->pid) : -ESRCH;
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	uint64_t start;

	/* -EINVAL: the number is now that of a thread. */
	if (pidfd < 0)
		return pidfd == -EINVAL ? -ESRCH : pidfd;
	start = state_process_start(state->pid);
	if (start == 0 && poll(&p, 1, 0) == 0)
		return -EIO; /* it lives, and cannot be told from another */
	return start == state->pid_start ? TAKE_FD(pidfd) : -ESRCH;
}

int state_undo(const struct state *s, struct err *err)
{
	CLOSE_FD int pidfd = state_open_process(s);
	size_t n = 0;
	int r = 0;

	if (pidfd < 0 && pidfd != -ESRCH)
		return err_set(err, -pidfd, "cannot open the first process of '%s'", s->name);
	if (pidfd >= 0)
		process_signal(pidfd, SIGKILL);
	while (s->cgroups[n])
		n++;
	if (n > 0)
		r = cgroup_remove_paths(s->cgroups, n,
					CGROUP_REMOVE_KILL | CGROUP_REMOVE_RECURSIVE |
						CGROUP_REMOVE_PATIENT,
					err);
	if (r == 0 && n > 0)
		scope_forget(s->cgroups[0], NULL);
	if (r == 0)
		r = rdt_remove(s->rdt, s->rdt_monitor, err);
	if (r == 0 && s->top)
		r = top_remove(s->top, s->uid_map, s->gid_map, err);
	return r;
}

/* Without a record, or with a damaged one, there is nothing to go by. One that cannot be read now
 * is an error. */
static int undo_on_record(int dir, struct err *err)
{
	struct arena a;
	struct state s;
	int r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot read the record");
	r = read_record(dir, &a, &s, err);
	if (r == 0)
		r = state_undo(&s, err);
	else if (r == -ENOENT || r == -EPROTO)
		r = 0;
	arena_free(&a);
	return r;
}

/* What cannot be undone now stays on record, and the next command tries again. */
int state_remove(struct state_handle *h, const char *name, struct err *err)
{
	CLOSE_FD int root = state_root(false, err);
	int r;

	err->text[0] = '\0';
	r = undo_on_record(h->dir, err);
	if (r == 0)
		r = net_devices_take_back(h->dir, err);
	if (r == 0)
		r = network_undo(name, h->dir, err);
	if (r == 0) {
		unlinkat(h->dir, "record", 0);
		unlinkat(h->dir, "record.new", 0);
		network_files_remove(h->dir);
		unlinkat(h->dir, "lock", 0);
		if (root >= 0)
			unlinkat(root, name, AT_REMOVEDIR);
	}
	close(h->dir);
	close(h->lock);
	h->dir = h->lock = -1;
	return r;
}
