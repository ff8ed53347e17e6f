// SPDX-License-Identifier: Apache-2.0
#include "copy-up.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "file.h"

enum { DEEP = 200 }; /* directories in directories; each holds two descriptors open */

/* As getdents64(2) fills it. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

struct walk_tree {
	int to; /* -1: nothing is copied, owners change */
	uint32_t uid, gid;
	struct err *err;
};

static int tree(const struct walk_tree *w, int from, int to, int deep);

static int failed(const struct walk_tree *w, const char *name)
{
	return err_errno(w->err,
			 w->to >= 0 ? "cannot copy '%s' into a new file system"
				    : "cannot change the owner of '%s'",
			 name);
}

static int copy_bytes_of(int from, int to)
{
	static char buffer[32768];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0) {
		int r = write_all(to, buffer, (size_t)n);

		if (r < 0) {
			errno = -r;
			return -1;
		}
	}
	return (int)n;
}

/* A file that changes its kind meanwhile is not opened: O_NOFOLLOW, O_NONBLOCK, and a check. */
static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	CLOSE_FD int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLOSE_FD int out = -1;
	struct stat now;

	if (in < 0 || fstat(in, &now) < 0)
		return -1;
	if (!S_ISREG(now.st_mode)) {
		errno = ESTALE;
		return -1;
	}
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
	return out < 0 ? -1 : copy_bytes_of(in, out);
}

static int copy_link(int from, int to, const char *name)
{
	char target[4096];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlinkat(target, to, name);
}

static int copy_kind(int from, int to, const char *name, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG: return copy_file(from, to, name, st);
	case S_IFLNK: return copy_link(from, to, name);
	case S_IFDIR: return mkdirat(to, name, 0700);
	default: return mknodat(to, name, st->st_mode, st->st_rdev);
	}
}

/* Owner first, since it takes the set-user-ID bit away; times last. */
static int copy_metadata(int to, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISLNK(st->st_mode) && fchmodat(to, name, st->st_mode & 07777, 0) < 0)
		return -1;
	return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
}

static int below(const struct walk_tree *w, int from, int to, const char *name, int deep)
{
	CLOSE_FD int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	CLOSE_FD int target = -1;

	if (source < 0)
		return failed(w, name);
	if (w->to >= 0) {
		target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (target < 0)
			return failed(w, name);
	}
	return tree(w, source, target, deep + 1);
}

static int one(const struct walk_tree *w, int from, int to, const char *name, int deep)
{
	struct stat st;
	int r = 0;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(w, name);
	if (w->to >= 0 && copy_kind(from, to, name, &st) < 0)
		return failed(w, name);
	if (S_ISDIR(st.st_mode))
		r = below(w, from, to, name, deep);
	if (r < 0)
		return r;
	if (w->to >= 0)
		r = copy_metadata(to, name, &st);
	else if (st.st_uid != w->uid || st.st_gid != w->gid)
		r = fchownat(from, name, w->uid, w->gid, AT_SYMLINK_NOFOLLOW);
	return r < 0 ? failed(w, name) : 0;
}

static int tree(const struct walk_tree *w, int from, int to, int deep)
{
	_Alignas(8) char entries[2048];
	long n;

	if (deep > DEEP)
		return err_set(w->err, ELOOP, "directories are more than %d deep", DEEP);
	while ((n = syscall(SYS_getdents64, from, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < n;) {
			const struct entry *e = (const struct entry *)(entries + at);
			int r;

			at += e->length;
			if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
				continue;
			r = one(w, from, to, e->name, deep);
			if (r < 0)
				return r;
		}
	}
	return n < 0 ? failed(w, ".") : 0;
}

int copy_up(int from, int to, struct err *err)
{
	struct walk_tree w = {.to = to, .err = err};
	CLOSE_FD int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return source < 0 ? failed(&w, ".") : tree(&w, source, to, 0);
}

int own_tree(int top, uint32_t uid, uint32_t gid, struct err *err)
{
	struct walk_tree w = {.to = -1, .uid = uid, .gid = gid, .err = err};
	CLOSE_FD int dir = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir >= 0 ? tree(&w, dir, -1, 0) : errno == ENOTDIR ? 0 : failed(&w, ".");

	if (r < 0)
		return r;
	return fchownat(top, "", uid, gid, AT_EMPTY_PATH) < 0 ? failed(&w, ".") : 0;
}
