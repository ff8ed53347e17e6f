// SPDX-License-Identifier: Apache-2.0
#include "handles.h"

#include <fcntl.h>
#include <linux/mount.h>
#include "mount.h"
#include "userns.h"

static int tree_refused(const struct handle_plan *h, int code, struct err *err)
{
	err_set(err, -code, "cannot copy the mount of '%s'", h->path);
	if (code == -ENOENT)
		return err_set(err, ENOENT, "cannot open '%s'", h->path);
	if (code == -EPERM)
		err_remedy(err, "this takes CAP_SYS_ADMIN over the mount namespace: run it as "
				"root, or in a user namespace");
	else if (code == -EINVAL)
		err_remedy(err, "mounts below it belong to another user namespace and cannot be "
				"left out: use the recursive form (rbind)");
	return code;
}

static int open_tree(const struct handle_plan *h, const int *handles, struct err *err)
{
	CLOSE_FD int fd = mount_open_tree(AT_FDCWD, h->path,
					  OPEN_TREE_CLONE | (h->recursive ? AT_RECURSIVE : 0));
	int r = 0;

	if (fd < 0)
		return tree_refused(h, fd, err);
	if (h->set || h->clear || h->propagation)
		r = mount_set(fd, h->set, h->clear, h->propagation, -1, (int)h->recursive);
	if (r < 0)
		return err_set(err, -r, "cannot set the mount options of '%s'", h->path);
	if (h->change)
		r = mount_change_apply(fd, h->change, handles, h->path, err);
	return r < 0 ? r : TAKE_FD(fd);
}

static int open_overlay(const struct handle_plan *h, struct err *err)
{
	const char *key;
	int fd = mount_new("overlay", h->options, h->set, &key);

	if (fd >= 0)
		return fd;
	err_set(err, -fd, "cannot make an overlay over '%s'%s%s%s", h->path,
		key ? " with option '" : "", key ? key : "", key ? "'" : "");
	if (fd == -EINVAL || fd == -ENODEV || fd == -EPERM)
		err_remedy(err, "the file system below must support overlayfs (not NFS or another "
				"overlay); in a user namespace Linux 5.11 is needed");
	return fd;
}

int handle_open(const struct handle_plan *h, const int *handles, struct err *err)
{
	switch ((enum handle_kind)h->kind) {
	case HANDLE_OVERLAY: return open_overlay(h, err);
	case HANDLE_USERNS: return userns_open(&h->map->uid, &h->map->gid, err);
	default: return open_tree(h, handles, err);
	}
}
