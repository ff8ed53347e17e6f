// SPDX-License-Identifier: Apache-2.0
/* Descriptors of hierarchies, groups and their files. */
#include "cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup-do.h"
#include "file.h"

bool cgroup_is_cgroupfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == CGROUP_SUPER_MAGIC);
}

bool cgroup_is_v2(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroup_open_mount(const char *mount, struct err *err)
{
	CLOSE_FD int fd = openat(AT_FDCWD, mount, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return err_errno(err, "cannot open '%s'", mount);
	if (fstatfs(fd, &fs) < 0)
		return err_errno(err, "cannot examine '%s'", mount);
	if (fs.f_type != CGROUP2_SUPER_MAGIC && fs.f_type != CGROUP_SUPER_MAGIC)
		return err_set(err, ENODEV, "'%s' is no longer a cgroup file system", mount);
	return TAKE_FD(fd);
}

static int open_place(const struct cgroup_plan *p, uint32_t i, int mount, struct err *err)
{
	int fd;

	fd = open_how(mount, *p->in[i].dir ? p->in[i].dir : ".", O_RDONLY | O_DIRECTORY, 0,
		      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd == -ENOENT) {
		err_set(err, ENOENT, "no group '%s' in the hierarchy '%s'", p->path,
			p->in[i].label);
		return err_remedy(err, "make it: kokon cgroup create %s", p->path);
	}
	return fd < 0 ? err_set(err, -fd, "cannot open the group '%s/%s'", p->in[i].mount,
				p->in[i].dir)
		      : fd;
}

int cgroup_open_place(const struct cgroup_plan *p, uint32_t i, struct err *err)
{
	CLOSE_FD int mount = cgroup_open_mount(p->in[i].mount, err);

	return mount < 0 ? mount : open_place(p, i, mount, err);
}

void cgroup_mounts_close(struct cgroup_mounts *mounts)
{
	for (uint32_t i = 0; i < mounts->n; i++)
		if (mounts->fd[i] >= 0)
			close(mounts->fd[i]);
	mounts->n = 0;
}

int cgroup_open_tasks(const struct cgroup_plan *p, uint32_t i, const struct cgroup_mounts *mounts)
{
	bool kept = i < mounts->n && mounts->fd[i] >= 0;
	CLOSE_FD int own = kept ? -1 : cgroup_open_mount(p->in[i].mount, NULL);
	int mount = kept ? mounts->fd[i] : own;
	char path[4200];

	snprintf(path, sizeof(path), "%s%stasks", p->in[i].dir, *p->in[i].dir ? "/" : "");
	return mount < 0 ? mount
			 : open_how(mount, path, O_WRONLY, 0,
				    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

int cgroup_fd_v2_in(const struct cgroup_plan *p, const struct cgroup_mounts *mounts,
		    struct err *err)
{
	bool kept = p->n_in > 0 && p->in[0].version == 2 && mounts->n > 0 && mounts->fd[0] >= 0;

	return kept ? open_place(p, 0, mounts->fd[0], err) : cgroup_fd_v2(p, err);
}

int cgroup_fd_v2(const struct cgroup_plan *p, struct err *err)
{
	if (p->n_in == 0 || p->in[0].version != 2)
		return err_set(err, ENOENT, "group '%s' has no part in a version 2 hierarchy",
			       p->path);
	return cgroup_open_place(p, 0, err);
}
