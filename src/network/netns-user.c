// SPDX-License-Identifier: Apache-2.0
/*
 * The record of the holder is the file ".holder" in the directory: its number, and the numbers
 * of its user and mount namespace, so that another process that got its number later is
 * not taken for it. Who makes or removes names holds the lock of the directory; the holder
 * removes its record and ends with that lock held, so nobody enters what is about to go.
 */
#include "netns-user.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "file.h"
#include "macros.h"
#include "message.h"
#include "process.h"

#define RECORD ".holder"

enum { IDLE_MS = 1000, SETTLE_MS = 5000 };

/* --- finding --- */

/* $XDG_RUNTIME_DIR/kokon/netns, else where state is kept without it (state.h). */
static int home_path(struct netns_home *home, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char fallback[40];
	struct stat st;

	snprintf(fallback, sizeof(fallback), "/run/user/%u", geteuid());
	if (runtime && *runtime != '/')
		runtime = NULL;
	if (!runtime && stat(fallback, &st) == 0 && st.st_uid == geteuid())
		runtime = fallback;
	if (!runtime) {
		snprintf(home->path, sizeof(home->path), "/tmp/kokon-%u/netns", geteuid());
		return 0;
	}
	if ((size_t)snprintf(home->path, sizeof(home->path), "%s/kokon/netns", runtime) >=
	    sizeof(home->path))
		return err_set(err, ENAMETOOLONG, "XDG_RUNTIME_DIR is too long");
	return 0;
}

static bool is_own(const char *file, uint64_t number)
{
	struct stat st;

	return stat(file, &st) == 0 && st.st_ino == number;
}

/* The directory as the holder sees it, by its root. */
static int open_inside(const struct netns_home *home)
{
	char path[sizeof(home->path) + 32];

	if (home->mnt < 0)
		return open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)home->holder, home->path);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int netns_user_find(struct netns_home *home, struct err *err)
{
	char file[sizeof(home->path) + 16], line[96];
	unsigned long long user, mnt;
	struct stat st;
	int pid, r = home_path(home, err);

	if (r < 0)
		return r;
	/* In /tmp somebody else may have made it. */
	if (lstat(home->path, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022))
		return geteuid() == 0 ? -ENOENT : 0;
	snprintf(file, sizeof(file), "%s/%s", home->path, RECORD);
	if (read_line_at(AT_FDCWD, file, line, sizeof(line)) <= 0 ||
	    sscanf(line, "%d %llu %llu", &pid, &user, &mnt) != 3)
		return geteuid() == 0 ? -ENOENT : 0;
	home->user = process_namespace(pid, "user");
	home->mnt = process_namespace(pid, "mnt");
	if (process_namespace_number(home->user) == user &&
	    process_namespace_number(home->mnt) == mnt) {
		home->holder = pid;
		if (is_own("/proc/self/ns/user", user))
			close(TAKE_FD(home->user));
		if (is_own("/proc/self/ns/mnt", mnt))
			close(TAKE_FD(home->mnt));
		home->dir = open_inside(home);
	}
	if (home->dir < 0) {
		close_fd_cleanup(&home->user);
		close_fd_cleanup(&home->mnt);
		home->user = home->mnt = -1;
		home->holder = 0;
		return geteuid() == 0 ? -ENOENT : 0;
	}
	return 0;
}

/* --- the holder --- */

/* Names and leftovers, without the record. With `clear` they are removed. */
static size_t count_names(int dir, bool clear)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	size_t n = 0;

	if (!d) {
		close_fd_cleanup(&fd);
		return 0;
	}
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (clear)
			unlinkat(dir, entry->d_name, 0);
	}
	closedir(d);
	return n;
}

static int write_self(const char *file, const char *text, struct err *err)
{
	int r = write_file_at(AT_FDCWD, file, text);

	return r < 0 ? err_set(err, -r, "cannot write '%s'", file) : 0;
}

/* Nobody but the user, as root. */
static int map_self(uid_t uid, gid_t gid, struct err *err)
{
	char uids[32], gids[32];
	int r = write_self("/proc/self/setgroups", "deny", err);

	snprintf(uids, sizeof(uids), "0 %u 1", uid);
	snprintf(gids, sizeof(gids), "0 %u 1", gid);
	if (r == 0)
		r = write_self("/proc/self/uid_map", uids, err);
	if (r == 0)
		r = write_self("/proc/self/gid_map", gids, err);
	return r;
}

/* The caller maps more ids, where it can: it is asked, and answers. */
static int map_ids(int sock, uid_t uid, gid_t gid, struct err *err)
{
	struct err made = {0};
	char mapped = 0;
	int r = message_send(sock, &made, sizeof(made), NULL, 0);

	if (r == 0)
		r = message_receive(sock, &mapped, sizeof(mapped), NULL, 0);
	if (r < 0)
		return err_set(err, -r, "the process that would have mapped the ids ended");
	return mapped ? 0 : map_self(uid, gid, err);
}

static int make_namespaces(const char *path, int sock, struct err *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		err_errno(err, "cannot make a user namespace for your network namespaces");
		return err_remedy(err, "ordinary users need one; this tells why it is refused: "
				       "kokon unshare --map-root-user true");
	}
	r = map_ids(sock, uid, gid, err);
	if (r < 0)
		return r;
	if (mount("", "/", "none", MS_SLAVE | MS_REC, NULL) < 0 ||
	    mount(path, path, "none", MS_BIND, NULL) < 0 ||
	    mount("", path, "none", MS_SHARED, NULL) < 0)
		return err_errno(err, "cannot mount '%s'", path);
	return 0;
}

static int write_record(const char *path, struct err *err)
{
	CLOSE_FD int user = process_namespace(getpid(), "user"),
		     mnt = process_namespace(getpid(), "mnt");
	CLOSE_FD int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLOSE_FD int fd = -1;
	char line[96];
	int n = snprintf(line, sizeof(line), "%d %llu %llu\n", (int)getpid(),
			 (unsigned long long)process_namespace_number(user),
			 (unsigned long long)process_namespace_number(mnt));

	fd = openat(dir, RECORD "-new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (user < 0 || mnt < 0 || fd < 0 || write_all(fd, line, (size_t)n) < 0 ||
	    renameat(dir, RECORD "-new", dir, RECORD) < 0)
		return err_errno(err, "cannot write '%s/%s'", path, RECORD);
	return 0;
}

/* Until there is no name. Mustn't return. */
static NORETURN void watch_names(int watch)
{
	char events[4096];
	int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool empty = true;

	for (;;) {
		struct pollfd p = {.fd = watch, .events = POLLIN};
		int n = poll(&p, 1, empty ? IDLE_MS : -1);

		if (n > 0 && read(watch, events, sizeof(events)) <= 0)
			_exit(1);
		if (flock(dir, LOCK_EX) < 0)
			_exit(1);
		empty = count_names(dir, false) == 0;
		/* A name that is being made is there, or its maker has the lock. */
		if (empty && n >= 0) {
			unlinkat(dir, RECORD, 0);
			_exit(0);
		}
		flock(dir, LOCK_UN);
	}
}

/* Mustn't print or return. */
static NORETURN void hold(const char *path, int sock)
{
	struct err err = {0};
	int watch = inotify_init1(IN_CLOEXEC);
	int r = make_namespaces(path, sock, &err);

	if (r == 0 && (chdir(path) < 0 ||
		       inotify_add_watch(watch, path, IN_DELETE | IN_DELETE_SELF | IN_MOVE) < 0))
		r = err_errno(&err, "cannot watch '%s'", path);
	if (r == 0)
		r = write_record(path, &err);
	if (message_send(sock, &err, sizeof(err), NULL, 0) < 0 || r < 0)
		_exit(1);
	process_detach("kokon-netns", &watch, 1);
	watch_names(3);
}

/* What the new process says: 0, or -errno with its message. */
static int hear(int sock, struct err *err)
{
	struct err said = {0};
	int r = message_receive(sock, &said, sizeof(said), NULL, 0);

	if (r < 0)
		return err_set(err, -r, "the process that keeps your network namespaces ended");
	if (said.code == 0 && said.text[0] == '\0')
		return 0;
	if (err)
		*err = said;
	return said.code ? -said.code : -EINVAL;
}

static int start_holder(struct netns_home *home, netns_mapper map, struct err *err)
{
	CLOSE_FD int ours = -1, theirs = -1;
	int pair[2], status, r = message_pair(pair);
	char mapped;
	pid_t pid;

	if (r < 0)
		return err_set(err, -r, "cannot make a socket pair");
	ours = pair[0];
	theirs = pair[1];
	pid = process_clone(0, SIGCHLD, -1, NULL);
	if (pid < 0)
		return err_set(err, -pid, "cannot start a process");
	if (pid == 0) {
		close(ours);
		hold(home->path, theirs);
	}
	close(TAKE_FD(theirs));
	r = hear(ours, err);
	if (r == 0) {
		mapped = map && map(pid);
		message_send(ours, &mapped, sizeof(mapped), NULL, 0);
		r = hear(ours, err);
	}
	if (r < 0)
		process_wait(pid, &status);
	return r;
}

/* Ours alone: who could write there could put a namespace under a name. */
static int make_private(const char *path, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		err_errno(err, "cannot make '%s'", path);
		return err && err->code == ENOENT
			       ? err_remedy(err, "its parent must exist: set XDG_RUNTIME_DIR")
			       : -errno;
	}
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022)) {
		err_set(err, 0, "'%s' is not only yours", path);
		return err_remedy(err, "names of network namespaces are kept there: chmod 700 '%s'",
				  path);
	}
	return 0;
}

int netns_user_directory(const struct netns_home *home, struct err *err)
{
	char parent[sizeof(home->path)];
	int r;

	snprintf(parent, sizeof(parent), "%s", home->path);
	*strrchr(parent, '/') = '\0';
	r = make_private(parent, err);
	return r < 0 ? r : make_private(home->path, err);
}

int netns_user_hold(struct netns_home *home, netns_mapper map, struct err *err)
{
	CLOSE_FD int lock = -1;
	int r = home_path(home, err);

	if (r == 0)
		r = netns_user_directory(home, err);
	if (r < 0)
		return r;
	lock = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_errno(err, "cannot lock '%s'", home->path);
	r = netns_user_find(home, err);
	if (r == 0 && !home->holder) {
		/* What is there is left over from one that was killed: nothing is mounted on it. */
		count_names(lock, true);
		r = start_holder(home, map, err);
		if (r == 0)
			r = netns_user_find(home, err);
		if (r == 0 && !home->holder)
			r = err_set(err, EAGAIN,
				    "cannot find the process that keeps your network "
				    "namespaces");
	}
	if (r == 0)
		home->lock = TAKE_FD(lock);
	return r;
}

void netns_user_settle(const struct netns_home *home)
{
	CLOSE_FD int holder = home->holder ? process_open(home->holder) : -1;
	CLOSE_FD int dir = open(home->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (holder >= 0 && dir >= 0 && count_names(dir, false) == 0)
		poll(&(struct pollfd){.fd = holder, .events = POLLIN}, 1, SETTLE_MS);
}
