// SPDX-License-Identifier: Apache-2.0
#include "staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "remove.h"
#include "strmap.h"

static const char suffix[] = ".kokon-new";
enum { SUFFIX = sizeof(suffix) - 1, LONGEST_NAME = 200, TRIES = 64 };

void staging_name(const char *name, char buf[STAGING_NAME_MAX])
{
	if (strlen(name) <= LONGEST_NAME)
		snprintf(buf, STAGING_NAME_MAX, ".%s%s", name, suffix);
	else
		snprintf(buf, STAGING_NAME_MAX, ".%.*s-%016llx%s", LONGEST_NAME - 32, name,
			 (unsigned long long)strmap_hash(name), suffix);
}

static bool is_ours(const char *name)
{
	size_t len = strlen(name);

	return name[0] == '.' && len > SUFFIX + 1 && strcmp(name + len - SUFFIX, suffix) == 0;
}

/* Open a staged folder of the caller's and lock it. -EBUSY: its maker lives. */
static int open_locked(int parent, const char *name)
{
	CLOSE_FD int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid())
		return -EPERM;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return TAKE_FD(fd);
}

void staging_clean(int parent)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((e = readdir(d))) {
		CLOSE_FD int fd = is_ours(e->d_name) ? open_locked(parent, e->d_name) : -1;

		if (fd >= 0)
			remove_tree(parent, e->d_name, NULL);
	}
	closedir(d);
}

/* Between mkdir and the lock a cleaner may have taken the new folder for a leftover. */
static bool still_there(const struct staging *s)
{
	struct stat a, b;

	return fstat(s->fd, &a) == 0 && fstatat(s->parent, s->name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int in_use(const struct staging *s, const char *name, struct err *err)
{
	err_set(err, EBUSY, "cannot make '%s'", name);
	err_remedy(err, "another process is making it just now, in '%s'", s->name);
	return -EBUSY;
}

int staging_open(int parent, const char *name, struct staging *ret, struct err *err)
{
	struct staging s = {.parent = parent, .fd = -1};

	staging_name(name, s.name);
	staging_clean(parent);
	for (int i = 0; i < TRIES; i++) {
		if (mkdirat(parent, s.name, 0700) < 0) {
			if (errno != EEXIST)
				return err_errno(err, "cannot make '%s' beside its place", name);
			s.fd = open_locked(parent, s.name);
			if (s.fd == -EBUSY)
				return in_use(&s, name, err);
			if (s.fd < 0 && s.fd != -ENOENT)
				return err_set(err, -s.fd, "'%s' is in the way", s.name);
			if (s.fd >= 0)
				remove_tree(parent, s.name, NULL);
		} else {
			s.fd = open_locked(parent, s.name);
			if (s.fd >= 0 && still_there(&s)) {
				*ret = s;
				return 0;
			}
		}
		if (s.fd >= 0)
			close(s.fd);
	}
	return in_use(&s, name, err);
}

int staging_commit(struct staging *s, const char *name, struct err *err)
{
	if (renameat(s->parent, s->name, s->parent, name) < 0)
		return err_errno(err, "cannot put '%s' into its place", name);
	close(s->fd);
	s->fd = -1;
	return 0;
}

void staging_discard(struct staging *s)
{
	if (s->fd < 0)
		return;
	remove_tree(s->parent, s->name, NULL);
	close(s->fd);
	s->fd = -1;
}
