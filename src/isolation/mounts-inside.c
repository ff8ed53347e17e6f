// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * Each operation opens its target once, below the new root (openat2(2) RESOLVE_IN_ROOT, no magic
 * links), and from then on uses the descriptor only: what is mounted is made detached and moved
 * onto the descriptor. A path that is swapped meanwhile is simply another path. Missing targets
 * are made part by part, each part opened as a directory before the next is made in it.
 */
#include "mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include "copy-up.h"
#include "file.h"
#include "joined-proc.h"
#include "mount.h"
#include "parse.h"

/* What masks share: made when first needed. */
struct masks {
	int root;
	int empty; /* a detached read-only empty directory */
	int null;  /* the container's null device */
};

static int open_path(int root, const char *path, int flags)
{
	if (root >= 0)
		return open_in_root(root, path, flags, 0);
	return open_how(AT_FDCWD, path, flags, 0, 0);
}

/* The parent of `path` if there is all of it, in one step; -ENOENT also where that is not simple.
 */
static int open_existing_parent(int root, const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? MAX((size_t)(slash - path), (size_t)1) : 0;
	char parent[1024];

	if (!slash || !slash[1] || strcmp(slash + 1, ".") == 0 || strcmp(slash + 1, "..") == 0 ||
	    strlen(slash + 1) >= size || len >= sizeof(parent))
		return -ENOENT;
	memcpy(parent, path, len);
	parent[len] = '\0';
	memcpy(name, slash + 1, strlen(slash + 1) + 1);
	return open_path(root, parent, O_PATH | O_DIRECTORY);
}

/*
 * The parent of `path`, its missing parts made as directories; *ret_name is the last part.
 * Links on the way are followed inside the root. A descriptor or -errno.
 */
static int open_parent(int root, const char *path, bool make, char *name, size_t size)
{
	int there = open_existing_parent(root, path, name, size);
	CLOSE_FD int dir = there == -ENOENT ? open_path(root, "/", O_PATH | O_DIRECTORY) : -1;
	const char *end = path + strlen(path);
	size_t done = 0;

	if (there != -ENOENT)
		return there;
	while (end > path && end[-1] == '/')
		end--;
	for (const char *at = path; dir >= 0;) {
		char part[NAME_MAX + 1], walked[4096];
		size_t len;
		int next;

		at += strspn(at, "/");
		len = strcspn(at, "/");
		if (len == 0 || len >= sizeof(part))
			return len ? -ENAMETOOLONG : -EISDIR;
		snprintf(part, sizeof(part), "%.*s", (int)len, at);
		if (at + len >= end) {
			if (strcmp(part, "..") == 0 || strcmp(part, ".") == 0 || len >= size)
				return -EINVAL;
			memcpy(name, part, len + 1);
			return TAKE_FD(dir);
		}
		at += len;
		done = (size_t)(at - path);
		if (done >= sizeof(walked))
			return -ENAMETOOLONG;
		memcpy(walked, path, done);
		walked[done] = '\0';
		next = open_path(root, walked, O_PATH | O_DIRECTORY);
		if (next == -ENOENT && make) {
			if (mkdirat(dir, part, 0755) < 0 && errno != EEXIST)
				return -errno;
			next = open_path(root, walked, O_PATH | O_DIRECTORY);
			if (next == -ENOENT) /* it exists, and leads nowhere */
				next = -ELOOP;
		}
		if (next < 0)
			return next;
		close(dir);
		dir = next;
	}
	return dir;
}

int mounts_make_target(const struct mount_op *op, int root, bool directory)
{
	char name[NAME_MAX + 1];
	CLOSE_FD int parent = open_parent(root, op->target, true, name, sizeof(name));
	CLOSE_FD int file = -1;

	if (parent < 0)
		return parent;
	if (directory)
		return mkdirat(parent, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
	file = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	return file < 0 && errno != EEXIST ? -errno : 0;
}

/* *ret_linked: a symbolic link led there. Nearly always none does, and that takes one look. */
static int open_existing(const struct mount_op *op, int root, bool *ret_linked)
{
	/* A file system is a directory. */
	int flags = op->kind == MOUNT_FILESYSTEM ? O_PATH | O_DIRECTORY : O_PATH, fd;

	*ret_linked = false;
	if (root < 0)
		return open_path(root, op->target, flags);
	fd = open_how(root, op->target, flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
	if (fd != -ELOOP || op->flags & MOUNT_NO_LINKS)
		return fd;
	*ret_linked = true;
	return open_path(root, op->target, flags);
}

/* `like` is a descriptor of what is to be mounted, or -1. */
static int open_target(const struct mount_op *op, int root, int like, bool *ret_linked)
{
	int fd = open_existing(op, root, ret_linked);
	bool directory = op->flags & MOUNT_MAKE_DIRECTORY;
	struct stat st;
	int r;

	if (fd != -ENOENT ||
	    !(op->flags & (MOUNT_MAKE_DIRECTORY | MOUNT_MAKE_FILE | MOUNT_MAKE_LIKE)))
		return fd;
	if (op->flags & MOUNT_MAKE_LIKE && fstat(like, &st) == 0)
		directory = S_ISDIR(st.st_mode);
	r = mounts_make_target(op, root, directory);
	return r < 0 ? r : open_existing(op, root, ret_linked);
}

/* A link in the root must not lead a volume to where it may not be mounted, or onto what was
 * mounted for the container before: what is trusted there, or done there later, would be the
 * volume's. */
static int check_detour(const struct mount_op *op, bool linked, int target, struct err *err)
{
	struct stat at, above;
	struct statfs fs;

	if (!linked)
		return 0;
	if (fstatfs(target, &fs) < 0 || fstat(target, &at) < 0)
		return err_errno(err, "cannot look at '%s' to mount on", op->target);
	if (fs.f_type != PROC_SUPER_MAGIC &&
	    (fstatat(target, "..", &above, 0) < 0 || at.st_dev == above.st_dev))
		return 0;
	err_set(err, ELOOP, "cannot mount on '%s': it leads to another mount of the container",
		op->target);
	return err_remedy(err, "a symbolic link in this root does that; name the place itself");
}

static int no_target(const struct mount_op *op, int code, struct err *err)
{
	const char *shown = op->shown ? op->shown : op->target;

	err_set(err, -code, "cannot find '%s' to mount on", shown);
	if (code == -ENOTDIR)
		err_remedy(err, "make an ordinary directory of it");
	else if (code == -ENOENT)
		err_remedy(err, "make the directory first: mkdir -p '%s'", shown);
	else if (code == -EACCES || code == -EPERM)
		err_remedy(err,
			   "it cannot be made by the container's root, who may not own this "
			   "directory; make it "
			   "in the root beforehand: mkdir '%s'",
			   op->target);
	else if (code == -ELOOP && op->flags & MOUNT_NO_LINKS)
		err_remedy(err,
			   "it is a symbolic link in this root; it must be an ordinary directory");
	else if (code == -ELOOP || code == -EXDEV)
		err_remedy(err, "a symbolic link in this path leads nowhere inside the root");
	return code;
}

static int filesystem_refused(const struct mount_op *op, int code, const char *key, struct err *err)
{
	err_set(err, -code, "cannot make a file system of type '%s'%s%s%s", op->type,
		key ? " with option '" : "", key ? key : "", key ? "'" : "");
	if (code == -EPERM && (strcmp(op->type, "proc") == 0 || strcmp(op->type, "sysfs") == 0))
		err_remedy(
			err,
			"in a user namespace a new /%s takes a new %s namespace too, and is "
			"refused where parts of the outer /%s are hidden by mounts (as inside a "
			"container): run this outside, or give the outer container an unmasked /%s",
			op->type[0] == 'p' ? "proc" : "sys",
			op->type[0] == 'p' ? "PID (--pid --fork)" : "network",
			op->type[0] == 'p' ? "proc" : "sys", op->type[0] == 'p' ? "proc" : "sys");
	else if (op->flags & MOUNT_OF_PID && code == -ENOMEM)
		err_remedy(err,
			   "the first process of the PID namespace that it is of has just ended");
	else if (op->flags & MOUNT_OF_PID && code == -ENOSPC)
		err_remedy(err,
			   "before Linux 6.18 a procfs of a PID namespace that exists takes a user "
			   "namespace: sysctl user.max_user_namespaces=10000");
	else if (key && strcmp(key, "context") == 0)
		err_remedy(err, "SELinux is not active here (/sys/fs/selinux), or does not know "
				"this context: leave out mountLabel, or label=filetype:");
	else if (code == -EPERM)
		err_remedy(err,
			   "mounting takes CAP_SYS_ADMIN: add --map-root-user, or run it as root");
	else if (code == -ENODEV)
		err_remedy(err, "this kernel does not have it, see /proc/filesystems");
	return code;
}

static bool has_option(const struct mount_op *op, const char *key)
{
	for (const char *const *o = op->options; o && *o; o += 2)
		if (strcmp(*o, key) == 0)
			return true;
	return false;
}

/*
 * What the directory holds, before it is hidden by the new file system; its mode and its owner too,
 * where no option asks for others.
 */
static int fill(const struct mount_op *op, int target, int mount, struct err *err)
{
	struct stat st;

	if (!(op->flags & MOUNT_COPY_UP) || fstat(target, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	if ((!has_option(op, "mode") && fchmod(mount, st.st_mode & 07777) < 0) ||
	    fchown(mount, has_option(op, "uid") ? (uid_t)-1 : st.st_uid,
		   has_option(op, "gid") ? (gid_t)-1 : st.st_gid) < 0)
		return err_errno(err, "cannot give the new file system the mode of '%s'",
				 op->target);
	return copy_up(target, mount, err);
}

/*
 * What programs read and write below /proc must be the kernel's: a volume there could pass for it
 * (CVE-2019-16884), also when a symbolic link of the image leads there. `mount`: what is mounted.
 */
static int check_proc(const struct mount_op *op, int root, int target, int mount, struct err *err)
{
	struct stat at, there;
	struct statfs fs;

	if (!(op->flags & MOUNT_NOT_PROC) || root < 0)
		return 0;
	if (fstatat(root, "proc", &there, AT_SYMLINK_NOFOLLOW) < 0 || fstat(target, &at) < 0 ||
	    at.st_dev != there.st_dev || at.st_ino != there.st_ino)
		return 0;
	if (fstatfs(mount, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		return 0;
	err_set(err, EPERM, "'%s' would be mounted where /proc belongs",
		op->source ? op->source : op->type);
	return err_remedy(err, "choose another destination; /proc takes a mount of type proc");
}

static int new_filesystem(const struct mount_op *op, const int *handles, const char **ret_key)
{
	int fs;

	if (!(op->flags & MOUNT_OF_PID))
		return mount_new(op->type, op->options, op->set, ret_key);
	*ret_key = NULL;
	fs = joined_proc_open(handles[op->handle]);
	return fs < 0 ? fs : mount_new_from(fs, op->options, op->set, ret_key);
}

static int do_filesystem(const struct mount_op *op, int root, const int *handles, struct err *err)
{
	bool linked;
	CLOSE_FD int target = open_target(op, root, -1, &linked);
	CLOSE_FD int mount = -1;
	const char *key;
	int r;

	if (target < 0)
		return no_target(op, target, err);
	r = check_detour(op, linked, target, err);
	if (r < 0)
		return r;
	mount = new_filesystem(op, handles, &key);
	if (mount < 0)
		return filesystem_refused(op, mount, key, err);
	r = check_proc(op, root, target, mount, err);
	if (r == 0)
		r = fill(op, target, mount, err);
	for (const char *const *name = op->directories; r == 0 && name && *name; name++)
		if (mkdirat(mount, *name, 0755) < 0)
			r = err_errno(err, "cannot make '%s/%s'", op->target, *name);
	if (r == 0 && op->change)
		r = mount_change_apply(mount, op->change, handles, op->target, err);
	if (r < 0)
		return r;
	r = mount_attach(mount, target);
	return r < 0 ? err_set(err, -r, "cannot mount '%s' on '%s'", op->type, op->target) : 0;
}

static int do_propagate(const struct mount_op *op, int root, const int *handles, struct err *err)
{
	CLOSE_FD int target = open_path(root, op->target, O_PATH);
	int r;

	if (target < 0)
		return no_target(op, target, err);
	if (op->options) {
		const char *key;

		r = mount_reconfigure(target, op->options, &key);
		if (r < 0)
			return err_set(err, -r, "cannot change the file system on '%s'%s%s%s",
				       op->target, key ? " with option '" : "", key ? key : "",
				       key ? "'" : "");
	}
	if (op->change)
		return mount_change_apply(target, op->change, handles, op->target, err);
	r = mount_set(target, op->set, op->clear, op->propagation, -1, op->flags & MOUNT_RECURSIVE);
	if (r < 0 && !(r == -EINVAL && (op->flags & MOUNT_OPTIONAL)))
		return err_set(err, -r, "cannot change the mount '%s'", op->target);
	return 0;
}

static int do_tree(const struct mount_op *op, int root, const int *handles, struct err *err)
{
	bool linked;
	CLOSE_FD int target = open_target(op, root, handles[op->handle], &linked);
	int r;

	if (target < 0)
		return no_target(op, target, err);
	r = check_detour(op, linked, target, err);
	if (r == 0)
		r = check_proc(op, root, target, handles[op->handle], err);
	if (r < 0)
		return r;
	if (op->kind == MOUNT_OVERLAY)
		return mount_overlay(op, target, handles, err);
	r = mount_attach(handles[op->handle], target);
	if (r == 0)
		return 0;
	err_set(err, -r, "cannot mount '%s' on '%s'", op->source ? op->source : "", op->target);
	if (r == -ENOTDIR)
		err_remedy(err, "one of them is a directory and the other a file");
	return r;
}

/* A directory or link that exists already is left as it is. */
static int do_entry(const struct mount_op *op, int root, struct err *err)
{
	char name[NAME_MAX + 1];
	CLOSE_FD int parent = open_parent(root, op->target, true, name, sizeof(name));
	int r;

	if (parent < 0)
		return err_set(err, -parent, "cannot find the directory of '%s'", op->target);
	if (op->kind == MOUNT_DIRECTORY)
		r = mkdirat(parent, name, op->mode);
	else if (op->kind == MOUNT_LINK)
		r = symlinkat(op->source, parent, name);
	else
		r = mknodat(parent, name, S_IFCHR | op->mode, makedev(op->major, op->minor));
	if (r == 0 && op->kind == MOUNT_NODE)
		r = fchmodat(parent, name, op->mode, 0);
	return r < 0 && errno != EEXIST ? err_errno(err, "cannot make '%s'", op->target) : 0;
}

/* --- hiding and protecting --- */

/* The container's own null device, checked: a mask must not be a file that someone can write. */
static int open_null(int root, struct err *err)
{
	CLOSE_FD int fd = open_path(root, "/dev/null", O_PATH);
	struct stat st;

	if (fd < 0)
		return err_set(err, -fd, "cannot open '/dev/null' of the container");
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return err_set(err, 0, "'/dev/null' of the container is not the null device");
	return TAKE_FD(fd);
}

static int mask_source(struct masks *masks, bool directory, struct err *err)
{
	int r;

	if (!directory) {
		if (masks->null < 0)
			masks->null = open_null(masks->root, err);
		if (masks->null < 0)
			return masks->null;
		r = mount_open_tree(masks->null, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
		return r < 0 ? err_set(err, -r, "cannot copy the mount of '/dev/null'") : r;
	}
	if (masks->empty < 0) {
		static const char *const options[] = {"source",    "tmpfs", "nr_blocks", "1",
						      "nr_inodes", "1",     NULL};

		masks->empty = mount_new("tmpfs", options,
					 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
						 MOUNT_ATTR_NOEXEC,
					 NULL);
		if (masks->empty < 0)
			return err_set(err, -masks->empty, "cannot make an empty file system");
		return dup(masks->empty);
	}
	r = mount_open_tree(masks->empty, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	return r < 0 ? err_set(err, -r, "cannot copy the empty file system") : r;
}

static int do_mask(const struct mount_op *op, struct masks *masks, struct err *err)
{
	CLOSE_FD int target = open_path(masks->root, op->target, O_PATH);
	CLOSE_FD int source = -1;
	struct stat st;
	int r;

	if (target == -ENOENT || target == -ENOTDIR || target == -EACCES)
		return 0; /* nothing there to hide */
	if (target < 0 || fstat(target, &st) < 0)
		return no_target(op, target < 0 ? target : -errno, err);
	source = mask_source(masks, S_ISDIR(st.st_mode), err);
	if (source < 0)
		return source;
	r = mount_attach(source, target);
	return r < 0 ? err_set(err, -r, "cannot hide '%s'", op->target) : 0;
}

static int do_readonly(const struct mount_op *op, int root, struct err *err)
{
	CLOSE_FD int target = open_path(root, op->target, O_PATH);
	CLOSE_FD int copy = -1;
	int r;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return no_target(op, target, err);
	copy = mount_open_tree(target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
	if (copy < 0)
		return err_set(err, -copy, "cannot copy the mount of '%s'", op->target);
	r = mount_set(copy, MOUNT_ATTR_RDONLY, 0, 0, -1, 1);
	if (r == 0)
		r = mount_attach(copy, target);
	return r < 0 ? err_set(err, -r, "cannot make '%s' read-only", op->target) : 0;
}

static int do_op(const struct mount_op *op, struct masks *masks, const int *handles,
		 struct err *err)
{
	switch ((enum mount_kind)op->kind) {
	case MOUNT_FILESYSTEM: return do_filesystem(op, masks->root, handles, err);
	case MOUNT_PROPAGATE:
	case MOUNT_ATTRIBUTES: return do_propagate(op, masks->root, handles, err);
	case MOUNT_OVERLAY:
	case MOUNT_TREE: return do_tree(op, masks->root, handles, err);
	case MOUNT_DIRECTORY:
	case MOUNT_LINK:
	case MOUNT_NODE: return do_entry(op, masks->root, err);
	case MOUNT_MASK: return do_mask(op, masks, err);
	case MOUNT_READONLY: return do_readonly(op, masks->root, err);
	}
	return err_set(err, EINVAL, "unknown mount operation on '%s'", op->target);
}

int mounts_give(const struct mounts_plan *plan, int root, uint32_t uid, uint32_t gid,
		struct err *err)
{
	for (uint32_t i = 0; i < plan->n; i++) {
		const struct mount_op *op = &plan->ops[i];
		CLOSE_FD int target = -1;
		int r;

		if (!(op->flags & MOUNT_GIVE))
			continue;
		target = open_path(root, op->target, O_PATH);
		r = target < 0 ? no_target(op, target, err) : own_tree(target, uid, gid, err);
		if (r < 0)
			return target < 0 ? r : err_context(err, "volume '%s'", op->target);
	}
	return 0;
}

int mounts_apply(const struct mounts_plan *plan, int root, const int *handles, struct err *err)
{
	struct masks masks = {.root = root, .empty = -1, .null = -1};
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < plan->n; i++) {
		const struct mount_op *op = &plan->ops[i];

		if (op->only_otherwise)
			continue;
		r = do_op(op, &masks, handles, err);
		for (int32_t next = op->otherwise; r < 0 && next > 0;
		     next = plan->ops[next].otherwise)
			r = do_op(&plan->ops[next], &masks, handles, err);
	}
	if (masks.empty >= 0)
		close(masks.empty);
	if (masks.null >= 0)
		close(masks.null);
	return r;
}
