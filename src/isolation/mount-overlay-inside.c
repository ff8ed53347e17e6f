// SPDX-License-Identifier: Apache-2.0
/*
 * A volume whose changes are not kept: an overlay over the tree of `handle`, with a tmpfs for what
 * is written. Both lie below the overlay, at the target, where nobody reaches them any more.
 * Overlayfs takes paths, so these name descriptors; the /proc at hand is still the machine's.
 */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/stat.h>

#include "mount.h"
#include "mounts.h"

static int refused(const struct mount_op *op, const char *what, int code, struct err *err)
{
	err_set(err, code, "cannot %s for the volume '%s'", what, op->target);
	if (code == EINVAL || code == ENODEV || code == EPERM)
		err_remedy(err,
			   "the file system of '%s' must support overlayfs (not NFS or another "
			   "overlay): leave out the option O",
			   op->source);
	return -code;
}

/* Directories of the file system for writing; the upper one looks like what it stands for. */
static int make_parts(int memory, int tree, const struct mount_op *op, struct err *err)
{
	struct stat st;

	if (fstat(tree, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "the volume '%s' cannot be an overlay", op->target);
	if (mkdirat(memory, "lower", 0700) < 0 || mkdirat(memory, "work", 0700) < 0 ||
	    mkdirat(memory, "upper", 0700) < 0 ||
	    fchownat(memory, "upper", st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(memory, "upper", st.st_mode & 07777, 0) < 0)
		return refused(op, "make directories", errno, err);
	return 0;
}

static int attach_lower(int memory, int tree, const struct mount_op *op, struct err *err)
{
	CLOSE_FD int lower = openat(memory, "lower", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = lower < 0 ? -errno : mount_attach(tree, lower);

	return r < 0 ? refused(op, "attach the source", -r, err) : 0;
}

int mount_overlay(const struct mount_op *op, int target, const int *handles, struct err *err)
{
	static const char *const memory_options[] = {"source", "overlay", "mode", "0700", NULL};
	char lower[32], upper[40], work[40];
	const char *options[] = {"source",  "overlay", "lowerdir", lower, "upperdir", upper,
				 "workdir", work,      NULL,       NULL,  NULL};
	CLOSE_FD int memory =
		mount_new("tmpfs", memory_options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, NULL);
	CLOSE_FD int mount = -1;
	int r = memory < 0 ? refused(op, "make a tmpfs", -memory, err)
			   : make_parts(memory, handles[op->handle], op, err);

	if (r == 0 && (r = mount_attach(memory, target)) < 0)
		return refused(op, "attach a tmpfs", -r, err);
	if (r == 0)
		r = attach_lower(memory, handles[op->handle], op, err);
	if (r < 0)
		return r;
	snprintf(lower, sizeof(lower), "/proc/self/fd/%d", handles[op->handle]);
	snprintf(upper, sizeof(upper), "/proc/self/fd/%d/upper", memory);
	snprintf(work, sizeof(work), "/proc/self/fd/%d/work", memory);
	if (op->flags & MOUNT_USERXATTR)
		options[8] = "userxattr";
	mount = mount_new("overlay", options, op->set, NULL);
	if (mount < 0)
		return refused(op, "make an overlay", -mount, err);
	r = mount_attach(mount, memory);
	return r < 0 ? refused(op, "attach the overlay", -r, err) : 0;
}
