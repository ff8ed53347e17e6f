// SPDX-License-Identifier: Apache-2.0
#include "copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include "file.h"

enum { CHUNK = 16 << 20, XATTRS_MAX = 65536 };

bool same_identity(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int write_failed(struct err *err, int code, const char *shown)
{
	err_set(err, code, "cannot write '%s'", shown);
	if (code == ENOSPC || code == EDQUOT)
		err_remedy(err,
			   "free some space, or choose a directory on another file system: df -h");
	return -code;
}

static bool stopped(const struct copying *c)
{
	return c->stop && *c->stop;
}

/* Copy bytes inside the kernel; copy_file_range(2) first, sendfile(2) where it does not reach. */
static int copy_bytes(const struct copying *c, int from, int to, off_t size)
{
	bool range = true;
	off_t done = 0;

	for (;;) {
		ssize_t n = range ? copy_file_range(from, NULL, to, NULL, CHUNK, 0)
				  : sendfile(to, from, NULL, CHUNK);

		if (stopped(c))
			return -EINTR;
		if (n == 0)
			return 0;
		if (n > 0 && (done += n) >= size)
			return 0;
		if (n > 0 || errno == EINTR)
			continue;
		if (!range)
			return -errno;
		if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP &&
		    errno != EPERM)
			return -errno;
		range = false;
	}
}

static int copy_contents(struct copying *c, int from, int to, const char *source,
			 const struct stat *st, const char *shown, struct err *err)
{
	int r;

	if (c->link != LINK_COPY && !c->no_reflink) {
		if (ioctl(to, FICLONE, from) == 0)
			return 0;
		if (c->link == LINK_REFLINK) {
			err_errno(err, "cannot share the blocks of '%s' with '%s'", source, shown);
			return err_remedy(
				err, "use --link=copy, or a directory on the same btrfs or xfs");
		}
		c->no_reflink = errno != ENOSPC;
	}
	r = copy_bytes(c, from, to, st->st_size);
	if (r == -EINTR)
		return err_set(err, EINTR, "stopped while copying '%s'", source);
	return r < 0 ? write_failed(err, -r, shown) : 0;
}

/* Attributes that only make sense where the file came from: overlayfs' marks. */
static bool is_of_overlay(const char *name)
{
	return strncmp(name, "trusted.overlay.", 16) == 0 ||
	       strncmp(name, "user.overlay.", 13) == 0;
}

/* An ordinary user may not set all of them, and some file systems have none: like cp -a. */
static void copy_xattrs(int from, int to)
{
	char names[4096], value[XATTRS_MAX];
	ssize_t n = flistxattr(from, names, sizeof(names));

	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t len =
			is_of_overlay(name) ? -1 : fgetxattr(from, name, value, sizeof(value));

		if (len >= 0 && fsetxattr(to, name, value, (size_t)len, 0) < 0)
			continue;
	}
}

bool same_owner(const struct stat *a, const struct stat *b)
{
	return a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

/* The owner first: chown(2) clears the set-user-id bit, and a file that could not be given to
 * its owner must not have it. */
static int copy_metadata(const struct copying *c, int from, int to, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	mode_t mode = st->st_mode & 07777;
	struct stat own;

	/* Mostly it is the owner's already; its group may come from a set-group-id folder. */
	if (fstat(to, &own) < 0)
		return -errno;
	if (c->keep_owner && !same_owner(&own, st) && fchown(to, st->st_uid, st->st_gid) == 0) {
		own.st_uid = st->st_uid;
		own.st_gid = st->st_gid;
	}
	if (own.st_uid != st->st_uid)
		mode &= ~(mode_t)S_ISUID;
	if (own.st_gid != st->st_gid)
		mode &= ~(mode_t)S_ISGID;
	copy_xattrs(from, to);
	if (fchmod(to, mode) < 0 || futimens(to, times) < 0)
		return -errno;
	return 0;
}

/* What a killed process left under this name is overwritten by the next one in the folder. */
static const char beside[] = ".kokon-add.new";

/* A nameless file where the file system has them, else one with a name beside. */
static int open_new(int dir, const char *name, enum copy_way way, bool *ret_beside)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = way == COPY_WHOLE ? openat(dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600) : -1;

	*ret_beside = fd < 0 && way != COPY_PLAIN;
	if (fd < 0 && *ret_beside) {
		unlinkat(dir, beside, 0);
		fd = openat(dir, beside, flags, 0600);
	} else if (fd < 0) {
		fd = openat(dir, name, flags, 0600);
	}
	return fd < 0 ? -errno : fd;
}

/* Give the finished file its name. */
static int name_new(int fd, int dir, bool is_beside, const char *name)
{
	char link[40];

	if (is_beside)
		return renameat(dir, beside, dir, name) < 0 ? -errno : 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, dir, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

static int open_source(const char *source, const struct stat *st, struct err *err)
{
	CLOSE_FD int fd = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
	struct stat now;

	if (fd < 0 || fstat(fd, &now) < 0) {
		err_errno(err, "cannot read '%s'", source);
		if (err->code == EACCES)
			err_remedy(err, "it is readable by its owner and root only: leave it out, "
					"or run as root");
		return -err->code;
	}
	if (!same_identity(&now, st)) {
		err_set(err, 0, "'%s' changed while it was being copied", source);
		return err_remedy(
			err, "try again when the machine's packages are no longer being changed");
	}
	return TAKE_FD(fd);
}

static int hard_link(const char *source, int dir, const char *name, const char *shown,
		     enum copy_way way, struct err *err)
{
	const char *to = way == COPY_OVER ? beside : name;

	if (way == COPY_OVER)
		unlinkat(dir, beside, 0);
	if (linkat(AT_FDCWD, source, dir, to, 0) == 0) {
		if (way != COPY_OVER || renameat(dir, beside, dir, name) == 0)
			return 0;
		return write_failed(err, errno, shown);
	}
	err_errno(err, "cannot link '%s' to '%s'", shown, source);
	if (err->code == EXDEV)
		return err_remedy(
			err, "hard links do not reach into another file system: use --link=copy");
	if (err->code == EPERM)
		return err_remedy(err, "only the file's owner or root may link it (sysctl "
				       "fs.protected_hardlinks): use --link=copy");
	return -err->code;
}

int copy_file(struct copying *c, const char *source, const struct stat *st, int dir,
	      const char *name, const char *shown, enum copy_way way, struct err *err)
{
	CLOSE_FD int from = -1;
	CLOSE_FD int to = -1;
	struct stat after;
	bool is_beside;
	int r;

	if (c->link == LINK_HARDLINK)
		return hard_link(source, dir, name, shown, way, err);
	from = open_source(source, st, err);
	if (from < 0)
		return from;
	to = open_new(dir, name, way, &is_beside);
	if (to < 0)
		return write_failed(err, -to, shown);
	r = copy_contents(c, from, to, source, st, shown, err);
	if (r == 0 && (r = copy_metadata(c, from, to, st)) < 0)
		write_failed(err, -r, shown);
	if (r == 0 && (fstat(from, &after) < 0 || !same_identity(&after, st)))
		r = err_set(err, 0, "'%s' changed while it was being copied", source);
	if (r == 0 && way != COPY_PLAIN && (r = name_new(to, dir, is_beside, name)) < 0)
		write_failed(err, -r, shown);
	if (r < 0 && is_beside)
		unlinkat(dir, beside, 0);
	return r;
}
