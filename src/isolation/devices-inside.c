// SPDX-License-Identifier: Apache-2.0
#include "devices.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "file.h"
#include "mount.h"

#ifndef OPEN_TREE_CLONE /* 5.2; absent from musl */
#define OPEN_TREE_CLONE 1
#endif

static bool is_device(const struct stat *st, const struct device *d)
{
	return (st->st_mode & S_IFMT) == d->type &&
	       (d->type == S_IFIFO || st->st_rdev == makedev(d->major, d->minor));
}

static int open_one(const struct device *d, int *ret_fd, struct err *err)
{
	CLOSE_FD int node = open(d->source, O_PATH | O_CLOEXEC);
	struct stat st;
	int tree;

	if (node < 0 || fstat(node, &st) < 0) {
		err_errno(err, "cannot find device '%s' on the host", d->source);
		return err_remedy(err, "in a user namespace no device can be made, so the host's "
				       "own is used: make it there, or leave it out");
	}
	if (!is_device(&st, d))
		return err_set(err, ENODEV, "'%s' on the host is not the device %u:%u", d->source,
			       d->major, d->minor);
	tree = mount_open_tree(node, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | O_CLOEXEC);
	if (tree < 0)
		return err_set(err, -tree, "cannot take device '%s' of the host", d->source);
	*ret_fd = tree;
	return 0;
}

int devices_open(const struct devices_plan *plan, int *fds, struct err *err)
{
	for (uint32_t i = 0; i < plan->count; i++)
		fds[i] = -1;
	for (uint32_t i = 0; plan->bind && i < plan->count; i++) {
		int r = plan->list[i].type == S_IFIFO ? 0 : open_one(&plan->list[i], &fds[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The directory that holds `path`, made where it is missing, one step at a time: links lead
 * where they lead inside the root. *ret_name is the last component. */
static int open_parent(int root, const char *path, const char **ret_name, struct err *err)
{
	int dir = open_in_root(root, "/", O_PATH | O_DIRECTORY, 0);
	const char *rest = path + strspn(path, "/");
	char name[256];

	while (dir >= 0) {
		size_t n = strcspn(rest, "/");
		CLOSE_FD int above = dir;

		if (rest[n] == '\0') {
			*ret_name = rest;
			return TAKE_FD(above);
		}
		if (n >= sizeof(name))
			return err_set(err, ENAMETOOLONG, "cannot make device '%s'", path);
		memcpy(name, rest, n);
		name[n] = '\0';
		if (mkdirat(above, name, 0755) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make the directory of device '%s'", path);
		/* The whole path so far, from the root, so that links are resolved in it. */
		rest += n + strspn(rest + n, "/");
		{
			char so_far[1024];
			size_t len = (size_t)(rest - path);

			if (len >= sizeof(so_far))
				return err_set(err, ENAMETOOLONG, "cannot make device '%s'", path);
			memcpy(so_far, path, len);
			so_far[len] = '\0';
			dir = open_in_root(root, so_far, O_PATH | O_DIRECTORY, 0);
		}
	}
	return err_set(err, -dir, "cannot reach the directory of device '%s'", path);
}

static int check_existing(const struct device *d, int dir, const char *name, struct err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "cannot make device '%s'", d->path);
	if (!is_device(&st, d))
		return err_set(err, EEXIST, "cannot make device '%s': something else is there",
			       d->path);
	return 0;
}

static int make_node(const struct device *d, int dir, const char *name, struct err *err)
{
	if (mknodat(dir, name, d->type | d->mode, makedev(d->major, d->minor)) < 0)
		return errno == EEXIST ? check_existing(d, dir, name, err)
				       : err_errno(err, "cannot make device '%s'", d->path);
	if ((d->uid || d->gid) && fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, "cannot give device '%s' to %u:%u", d->path, d->uid, d->gid);
	return 0;
}

static int attach_node(const struct device *d, int fd, int dir, const char *name, struct err *err)
{
	CLOSE_FD int target = openat(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (target < 0 && errno == EEXIST)
		return check_existing(d, dir, name, err);
	if (target < 0)
		return err_errno(err, "cannot make a place for device '%s'", d->path);
	r = mount_attach(fd, target);
	return r < 0 ? err_set(err, -r, "cannot bind device '%s'", d->path) : 0;
}

/* Length of the path's directory. */
static size_t directory_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static int make_all(const struct devices_plan *plan, const int *fds, int root, struct err *err)
{
	CLOSE_FD int dir = -1;
	const char *last = NULL;

	for (uint32_t i = 0; i < plan->count; i++) {
		const struct device *d = &plan->list[i];
		size_t len = directory_length(d->path);
		const char *name = d->path + len + 1;
		int r;

		/* Most are in one directory, which is opened once. */
		if (!last || directory_length(last) != len || strncmp(last, d->path, len) != 0) {
			if (dir >= 0)
				close(TAKE_FD(dir));
			dir = open_parent(root, d->path, &name, err);
			if (dir < 0)
				return dir;
			last = d->path;
		}
		if (plan->bind && fds[i] >= 0)
			r = attach_node(d, fds[i], dir, name, err);
		else
			r = make_node(d, dir, name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int devices_make(const struct devices_plan *plan, const int *fds, int root, struct err *err)
{
	mode_t mask = umask(0);
	int r = make_all(plan, fds, root, err);

	umask(mask);
	return r;
}

int devices_link(int dev, struct err *err)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"ptmx", "pts/ptmx"},          {"fd", "/proc/self/fd"},
		{"stdin", "/proc/self/fd/0"},  {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
			return err_errno(err, "cannot make the link '/dev/%s'", links[i].name);
	}
	return 0;
}

int devices_open_null(int dev, int flags, struct err *err)
{
	CLOSE_FD int node = open_how(dev, "null", O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH);
	CLOSE_FD int fd = -1;
	struct stat st;

	if (node < 0)
		return err_set(err, -node, "cannot open the container's '/dev/null'");
	/* Looked at before it is opened: opening another device could act. */
	if (fstat(node, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, ENODEV, "the container's '/dev/null' is not the null device");
	fd = open_how(dev, "null", flags | O_NOFOLLOW, 0, RESOLVE_BENEATH);
	if (fd < 0)
		return err_set(err, -fd, "cannot open the container's '/dev/null'");
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, ENODEV, "the container's '/dev/null' is not the null device");
	return TAKE_FD(fd);
}
