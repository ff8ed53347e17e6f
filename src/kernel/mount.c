// SPDX-License-Identifier: Apache-2.0
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "macros.h"

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

int mount_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return result(syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC));
}

int mount_attach(int mount, int target)
{
	return result(syscall(SYS_move_mount, mount, "", target, "",
			      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

static int configure(int fs, unsigned int command, const char *key, const char *value)
{
	return result(syscall(SYS_fsconfig, fs, command, key, value, 0));
}

/* Options and then the command that makes them so. */
static int configure_all(int fs, const char *const *options, unsigned int command,
			 const char **ret_key)
{
	if (ret_key)
		*ret_key = NULL;
	for (; options && options[0]; options += 2) {
		int r = configure(fs, options[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
				  options[0], options[1]);

		if (r < 0) {
			if (ret_key)
				*ret_key = options[0];
			return r;
		}
	}
	return configure(fs, command, NULL, NULL);
}

int mount_new(const char *type, const char *const *options, uint64_t attributes,
	      const char **ret_key)
{
	int fs = result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));

	if (fs < 0 && ret_key)
		*ret_key = NULL;
	return fs < 0 ? fs : mount_new_from(fs, options, attributes, ret_key);
}

int mount_new_from(int context, const char *const *options, uint64_t attributes,
		   const char **ret_key)
{
	CLOSE_FD int fs = context;
	int r = configure_all(fs, options, FSCONFIG_CMD_CREATE, ret_key);

	if (r < 0)
		return r;
	return result(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned int)attributes));
}

int mount_reconfigure(int target, const char *const *options, const char **ret_key)
{
	CLOSE_FD int fs =
		result(syscall(SYS_fspick, target, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH));

	if (fs < 0 && ret_key)
		*ret_key = NULL;
	return fs < 0 ? fs : configure_all(fs, options, FSCONFIG_CMD_RECONFIGURE, ret_key);
}

int mount_set(int mount, uint64_t set, uint64_t clear, uint64_t propagation, int userns,
	      int recursive)
{
	struct mount_attr attr = {
		.attr_set = set,
		.attr_clr = clear,
		.propagation = propagation,
		.userns_fd = userns >= 0 ? (uint64_t)userns : 0,
	};

	return result(syscall(SYS_mount_setattr, mount, "",
			      AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr)));
}

int mount_pivot(const char *new_root, const char *put_old)
{
	return result(syscall(SYS_pivot_root, new_root, put_old));
}
