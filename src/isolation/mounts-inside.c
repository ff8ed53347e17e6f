// SPDX-License-Identifier: Apache-2.0
#include "mounts.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include "file.h"
#include "mount.h"

static int open_target(const struct mount_op *op, int root, int flags)
{
	if (root >= 0)
		return open_in_root(root, op->target, flags, 0);
	return open_how(AT_FDCWD, op->target, flags, 0, 0);
}

static int missing(const struct mount_op *op, int code, struct err *err)
{
	return err_set(err, -code, "cannot find '%s' to mount on", op->target);
}

static int do_filesystem(const struct mount_op *op, int root, struct err *err)
{
	CLOSE_FD int target = open_target(op, root, O_PATH);
	CLOSE_FD int mount = -1;
	const char *key;
	int r;

	if (target < 0)
		return missing(op, target, err);
	mount = mount_new(op->type, op->options, op->set, &key);
	if (mount < 0) {
		err_set(err, -mount, "cannot make a file system of type '%s'%s%s%s", op->type,
			key ? " with option '" : "", key ? key : "", key ? "'" : "");
		if (mount == -EPERM && strcmp(op->type, "proc") == 0)
			err_remedy(err, "where parts of /proc are hidden by mounts (as in a "
					"container), the kernel allows a "
					"new one only with a new PID namespace, and not in a new "
					"user namespace: run it outside, or unmask /proc");
		else if (mount == -EPERM)
			err_remedy(err, "mounting takes CAP_SYS_ADMIN: add --map-root-user, or run "
					"it as root");
		else if (mount == -ENODEV)
			err_remedy(err, "this kernel does not have it, see /proc/filesystems");
		return mount;
	}
	r = mount_attach(mount, target);
	return r < 0 ? err_set(err, -r, "cannot mount '%s' on '%s'", op->type, op->target) : 0;
}

static int do_propagate(const struct mount_op *op, int root, struct err *err)
{
	CLOSE_FD int target = open_target(op, root, O_PATH);
	int r;

	if (target < 0)
		return missing(op, target, err);
	r = mount_set(target, 0, 0, op->propagation, -1, op->flags & MOUNT_RECURSIVE);
	if (r < 0 && !(r == -EINVAL && (op->flags & MOUNT_OPTIONAL)))
		return err_set(err, -r, "cannot change the propagation of '%s'", op->target);
	return 0;
}

static int do_attributes(const struct mount_op *op, int root, struct err *err)
{
	CLOSE_FD int target = open_target(op, root, O_PATH);
	int r;

	if (target < 0)
		return missing(op, target, err);
	r = mount_set(target, op->set, op->clear, op->propagation, -1, op->flags & MOUNT_RECURSIVE);
	return r < 0 ? err_set(err, -r, "cannot change the mount '%s'", op->target) : 0;
}

static int do_tree(const struct mount_op *op, int root, const int *handles, struct err *err)
{
	CLOSE_FD int target = open_target(op, root, O_PATH);
	int r;

	if (target < 0)
		return missing(op, target, err);
	r = mount_attach(handles[op->handle], target);
	return r < 0 ? err_set(err, -r, "cannot attach '%s' to '%s'", op->source ? op->source : "",
			       op->target)
		     : 0;
}

static int do_op(const struct mount_op *op, int root, const int *handles, struct err *err)
{
	switch (op->kind) {
	case MOUNT_FILESYSTEM: return do_filesystem(op, root, err);
	case MOUNT_PROPAGATE: return do_propagate(op, root, err);
	case MOUNT_ATTRIBUTES: return do_attributes(op, root, err);
	case MOUNT_TREE: return do_tree(op, root, handles, err);
	default: return err_set(err, EINVAL, "unknown mount operation on '%s'", op->target);
	}
}

int mounts_apply(const struct mounts_plan *plan, int root, const int *handles, struct err *err)
{
	for (uint32_t i = 0; i < plan->n; i++) {
		const struct mount_op *op = &plan->ops[i];
		int r;

		if (op->only_otherwise)
			continue;
		r = do_op(op, root, handles, err);
		if (r < 0 && op->otherwise)
			r = do_op(&plan->ops[op->otherwise], root, handles, err);
		if (r < 0)
			return r;
	}
	return 0;
}
