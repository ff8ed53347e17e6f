// SPDX-License-Identifier: Apache-2.0
#include "oci-store.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include "cgroup.h"
#include "file.h"
#include "process.h"
#include "state-record.h"

enum { RECORD_MAX = 4 << 20, CONFIG_MAX = 32 << 20, PATIENCE_MS = 10000 };

static const char lock_name[] = "oci-lock", making[] = ".oci-new", sock_name[] = "start.sock";

/* --- ROOT --- */

static int default_root(char *path, size_t size, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 && !process_is_nested()) {
		snprintf(path, size, "/run/kokon");
		return 0;
	}
	if (runtime && *runtime == '/') {
		snprintf(path, size, "%s/kokon", runtime);
		return 0;
	}
	err_set(err, 0, "there is no place to keep the container's state");
	return err_remedy(err, "set XDG_RUNTIME_DIR, or give a directory: --root DIR");
}

int oci_store(const char *root, bool make, struct err *err)
{
	CLOSE_FD int fd = -1;
	char path[512];
	int r = 0;

	if (!root) {
		r = default_root(path, sizeof(path), err);
		root = path;
	}
	if (r < 0)
		return r;
	fd = openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && make) {
		r = make_directories(AT_FDCWD, root, 0700);
		if (r < 0)
			return err_set(err, -r, "cannot make '%s'", root);
		fd = openat(AT_FDCWD, root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return err_errno(err, "cannot open '%s'", root);
	r = state_check_private(fd, root, err);
	return r < 0 ? r : TAKE_FD(fd);
}

int oci_check_id(const char *id, struct err *err)
{
	size_t len = strlen(id);

	for (const char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_+-.", *c))
			len = 0;
	if (len > 0 && len <= 255 && strcmp(id, ".") != 0 && strcmp(id, "..") != 0 &&
	    strcmp(id, making) != 0)
		return 0;
	err_set(err, 0, "invalid container id '%s'", id);
	return err_remedy(err, "an id has 1 to 255 letters, digits, '_', '+', '-' and '.'");
}

/* --- making --- */

/* Another process may remove an empty directory that it takes for left over: -EAGAIN. */
static int make_locked(int root, const char *path, struct state_handle *ret)
{
	CLOSE_FD int dir = -1, lock = -1;

	if (mkdirat(root, making, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (mkdirat(root, path, 0700) < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	dir = openat(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -EAGAIN : -errno;
	lock = openat(dir, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return errno == ENOENT || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (faccessat(dir, lock_name, F_OK, 0) < 0)
		return -EAGAIN;
	ret->dir = TAKE_FD(dir);
	ret->lock = TAKE_FD(lock);
	return 0;
}

/* The lock at last, once all else is gone: what has no lock is no container, and could not be
 * deleted any more. */
static int remove_files(int dir)
{
	static const char *const files[] = {"start.sock", "config.json", "record.new",
					    "record",     lock_name,     NULL};

	for (const char *const *f = files; *f; f++)
		if (unlinkat(dir, *f, 0) < 0 && errno != ENOENT)
			return -errno;
	return 0;
}

/* What makers that were killed have left, before it had its name. */
void oci_sweep(int root)
{
	int fd = openat(root, making, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		CLOSE_FD int sub = -1, lock = -1;

		if (entry->d_name[0] == '.')
			continue;
		sub = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		lock = sub < 0 ? -1 : openat(sub, lock_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0)
			continue;
		if (lock >= 0)
			remove_files(sub);
		unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
	unlinkat(root, making, AT_REMOVEDIR);
}

static int taken(const char *id, struct err *err)
{
	err_set(err, 0, "container with given ID already exists: '%s'", id);
	err_remedy(err, "delete it: kokon-oci delete --force %s", id);
	return -EEXIST;
}

int oci_check_free(const char *root, const char *id, struct err *err)
{
	struct err ignored;
	CLOSE_FD int fd = oci_store(root, false, &ignored);

	/* One that was killed while it removed the last of it. */
	if (fd < 0 || unlinkat(fd, id, AT_REMOVEDIR) == 0)
		return 0;
	return faccessat(fd, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ? taken(id, err) : 0;
}

int oci_new(int root, const char *id, struct oci_container *ret, struct err *err)
{
	struct oci_container c = OCI_CONTAINER_NONE;
	char path[64];
	int r = -EAGAIN;

	c.root = root;
	c.id = id;
	oci_sweep(root);
	for (int i = 0; r == -EAGAIN && i < 100; i++) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		snprintf(path, sizeof(path), "%s/%d-%lld-%ld", making, (int)getpid(),
			 (long long)now.tv_sec, now.tv_nsec);
		r = make_locked(root, path, &c.handle);
	}
	if (r == 0)
		r = rename_new(root, path, id);
	if (r < 0) {
		if (c.handle.dir >= 0)
			remove_files(c.handle.dir);
		unlinkat(root, path, AT_REMOVEDIR);
	}
	unlinkat(root, making, AT_REMOVEDIR); /* unless another is in it */
	if (r == 0) {
		*ret = c;
		return 0;
	}
	oci_close(&c);
	if (r == -EEXIST)
		return taken(id, err);
	return err_set(err, -r, "cannot make the state directory of '%s'", id);
}

/* --- looking --- */

void oci_close(struct oci_container *c)
{
	int *fds[] = {&c->handle.dir, &c->handle.lock, &c->pidfd, &c->root};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* errno is why its directory or its lock cannot be opened. */
static int unknown(const char *id, struct err *err)
{
	if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return err_errno(err, "cannot open the state of '%s'", id);
	err_set(err, 0, "container '%s' does not exist", id);
	return -ENOENT;
}

static bool is_locked(const struct oci_container *c)
{
	CLOSE_FD int lock = openat(c->handle.dir, lock_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static bool has_ended(int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static bool is_paused(const struct state *state)
{
	struct err err;
	CLOSE_FD int fd = oci_freezer(state, &err);

	return fd >= 0 && cgroup_is_frozen_fd(fd) == 1;
}

static enum oci_status status_of(const struct oci_container *c)
{
	if (c->state.status == STATE_CREATING && c->handle.lock < 0 && is_locked(c))
		return OCI_CREATING;
	if (c->pidfd < 0 || c->state.status == STATE_CREATING)
		return OCI_STOPPED;
	if (is_paused(&c->state))
		return OCI_PAUSED;
	/* A `start` takes the socket away first, and may have been killed before it wrote more. */
	if (c->state.status == STATE_CREATED && faccessat(c->handle.dir, sock_name, F_OK, 0) == 0)
		return OCI_CREATED;
	return OCI_RUNNING;
}

static int read_state(struct oci_container *c, struct arena *a, struct err *err)
{
	char *text;
	ssize_t n = read_file_into(a, c->handle.dir, "record", RECORD_MAX, &text);
	int r = 0;

	c->state = (struct state){.name = c->id};
	if (n < 0 && n != -ENOENT)
		return err_set(err, (int)-n, "cannot read the record of '%s'", c->id);
	if (n >= 0)
		r = state_parse(text, a, &c->state, err);
	if (r < 0)
		return err_context(err, "container '%s'", c->id);
	if (c->pidfd >= 0)
		close(TAKE_FD(c->pidfd));
	r = state_open_process(&c->state);
	if (r < 0 && r != -ESRCH)
		return err_set(err, -r, "cannot open the first process of '%s'", c->id);
	c->pidfd = r < 0 ? -1 : r;
	if (c->pidfd >= 0 && has_ended(c->pidfd))
		close(TAKE_FD(c->pidfd));
	c->status = status_of(c);
	return 0;
}

/* Its directory. Takes `root` over, also when it fails. */
static int find(int root, const char *id, struct oci_container *c, struct err *err)
{
	int r = oci_check_id(id, err);

	c->root = root;
	c->id = id;
	if (r < 0)
		return r;
	/* One that was killed while it removed the last of it. */
	unlinkat(root, id, AT_REMOVEDIR);
	c->handle.dir = openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->handle.dir < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		return err_errno(err, "cannot open the state of '%s'", id);
	if (c->handle.dir < 0 || faccessat(c->handle.dir, lock_name, F_OK, 0) < 0)
		return unknown(id, err);
	return 0;
}

/* -EWOULDBLOCK: another has it, and `patient` is false. */
static int lock_it(struct oci_container *c, bool patient, struct err *err)
{
	CLOSE_FD int lock = openat(c->handle.dir, lock_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (lock < 0)
		return errno == ENOENT ? unknown(c->id, err)
				       : err_errno(err, "cannot lock the container '%s'", c->id);
	for (int i = 0; flock(lock, LOCK_EX | LOCK_NB) < 0; i++) {
		if (errno != EWOULDBLOCK)
			return err_errno(err, "cannot lock the container '%s'", c->id);
		if (!patient)
			return -EWOULDBLOCK;
		if (i == PATIENCE_MS / 5)
			return err_set(err, EBUSY, "another command is busy with '%s'", c->id);
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	if (faccessat(c->handle.dir, lock_name, F_OK, 0) < 0)
		return unknown(c->id, err);
	c->handle.lock = TAKE_FD(lock);
	return 0;
}

static int open_as(int root, const char *id, unsigned how, struct arena *a,
		   struct oci_container *ret, struct err *err)
{
	struct oci_container c = OCI_CONTAINER_NONE;
	int r = find(root, id, &c, err);

	if (r == 0 && how & (OCI_LOCK | OCI_TRY_LOCK))
		r = lock_it(&c, how & OCI_LOCK, err);
	if (r == 0 || r == -EWOULDBLOCK)
		r = read_state(&c, a, err);
	if (r < 0)
		oci_close(&c);
	else
		*ret = c;
	return r;
}

int oci_open(int root, const char *id, struct arena *a, struct oci_container *ret, struct err *err)
{
	return open_as(root, id, 0, a, ret, err);
}

int oci_open_id(const char *store, const char *id, unsigned how, struct arena *a,
		struct oci_container *ret, struct err *err)
{
	int root, r = oci_check_id(id, err);

	if (r < 0)
		return r;
	root = oci_store(store, false, err);
	if (root == -ENOENT) {
		err_set(err, 0, "container '%s' does not exist", id);
		return -ENOENT;
	}
	if (root < 0)
		return root;
	if (how & OCI_SWEEP)
		oci_sweep(root);
	r = arena_init(a);
	if (r < 0) {
		close(root);
		return err_set(err, -r, "cannot allocate memory");
	}
	return open_as(root, id, how, a, ret, err);
}

int oci_hold(struct oci_container *c, struct err *err)
{
	return lock_it(c, true, err);
}

int oci_lock(struct oci_container *c, struct arena *a, struct err *err)
{
	int r = oci_hold(c, err);

	return r < 0 ? r : read_state(c, a, err);
}

int oci_config(const struct oci_container *c, struct arena *a, bool whole, struct spec **ret,
	       struct err *err)
{
	char *text;
	ssize_t n = read_file_into(a, c->handle.dir, "config.json", CONFIG_MAX, &text);

	if (n < 0)
		return err_set(err, (int)-n, "cannot read the config of '%s'", c->id);
	return whole ? spec_decode(a, text, (size_t)n, ret, err)
		     : spec_decode_made(a, text, (size_t)n, ret, err);
}

int oci_forget(struct oci_container *c, struct err *err)
{
	int r = remove_files(c->handle.dir);

	if (r == 0 && unlinkat(c->root, c->id, AT_REMOVEDIR) < 0 && errno != ENOENT)
		r = -errno;
	return r < 0 ? err_set(err, -r, "cannot remove the state directory of '%s'", c->id) : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int oci_ids(int root, struct arena *a, const char *const **ret, struct err *err)
{
	enum { MAX_IDS = 65536 };
	const char **ids = arena_array(a, const char *, MAX_IDS + 1);
	int fd = dup(root);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char lock[300];
	size_t n = 0;

	if (!dir)
		return err_errno(err, "cannot read the store of containers");
	rewinddir(dir);
	while (n < MAX_IDS && (entry = readdir(dir))) {
		snprintf(lock, sizeof(lock), "%s/%s", entry->d_name, lock_name);
		if (faccessat(root, lock, F_OK, 0) == 0)
			ids[n++] = arena_strdup(a, entry->d_name);
	}
	closedir(dir);
	qsort(ids, n, sizeof(*ids), compare);
	*ret = ids;
	return 0;
}

/* --- start.sock --- */

/* By way of the descriptor: a socket's path has 107 bytes at most. */
static struct sockaddr_un address(const struct oci_container *c)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	snprintf(name.sun_path, sizeof(name.sun_path), "/proc/self/fd/%d/%s", c->handle.dir,
		 sock_name);
	return name;
}

int oci_listen(const struct oci_container *c, int sock, struct err *err)
{
	struct sockaddr_un name = address(c);

	if (bind(sock, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(sock, 1) < 0)
		return err_errno(err, "cannot make the socket that 'start' connects to");
	return 0;
}

int oci_connect(const struct oci_container *c, struct err *err)
{
	struct sockaddr_un name = address(c);
	CLOSE_FD int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (sock < 0 || connect(sock, (struct sockaddr *)&name, sizeof(name)) < 0)
		return err_errno(err, "cannot reach the first process of '%s'", c->id);
	return TAKE_FD(sock);
}

void oci_unlisten(const struct oci_container *c)
{
	unlinkat(c->handle.dir, sock_name, 0);
}

/* --- freezer --- */

int oci_freezer(const struct state *state, struct err *err)
{
	int dir = cgroup_open_freezer(state->cgroups, 2, NULL);

	if (dir < 0)
		dir = cgroup_open_freezer(state->cgroups, 1, NULL);
	return dir >= 0 ? dir
			: err_set(err, 0, "the container '%s' has no control group to be paused by",
				  state->name);
}
