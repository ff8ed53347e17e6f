// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include "file.h"
#include "mount.h"

#ifndef TIOCGPTPEER /* 4.13 */
#define TIOCGPTPEER _IO('T', 0x41)
#endif
#ifndef OPEN_TREE_CLONE /* 5.2; absent from musl */
#define OPEN_TREE_CLONE 1
#endif

static int open_ptmx(int devpts, struct err *err)
{
	CLOSE_FD int fd = -1;
	struct statfs fs;
	struct stat st;

	if (fstatfs(devpts, &fs) < 0)
		return err_errno(err, "cannot examine the container's '/dev/pts'");
	if ((unsigned long)fs.f_type != DEVPTS_SUPER_MAGIC) {
		err_set(err, 0,
			"cannot allocate a terminal: the container's '/dev/pts' is no "
			"devpts file system");
		return err_remedy(err, "leave out --tty (-t), or mount devpts there");
	}
	fd = open_how(devpts, "ptmx", O_RDWR | O_NOCTTY, 0,
		      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0)
		return err_set(err, -fd, "cannot open the container's '/dev/pts/ptmx'");
	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return err_set(err, 0, "the container's '/dev/pts/ptmx' is no ptmx device");
	return TAKE_FD(fd);
}

int terminal_allocate(const struct terminal_plan *plan, int devpts, int *ret_master, int *ret_slave,
		      struct err *err)
{
	struct winsize size = {.ws_row = plan->rows, .ws_col = plan->columns};
	CLOSE_FD int master = open_ptmx(devpts, err);
	CLOSE_FD int slave = -1;
	int unlocked = 0;

	if (master < 0)
		return master;
	if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return err_errno(err, "cannot unlock the container's terminal");
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_errno(err, "cannot open the container's terminal");
	if (size.ws_row && size.ws_col && ioctl(master, TIOCSWINSZ, &size) < 0)
		return err_errno(err, "cannot set the size of the container's terminal");
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

int terminal_console(int slave, int dev, struct err *err)
{
	CLOSE_FD int tree = mount_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
	CLOSE_FD int target = -1;
	int r;

	if (tree < 0)
		return err_set(err, -tree, "cannot take the terminal for '/dev/console'");
	if (unlinkat(dev, "console", 0) < 0 && errno != ENOENT)
		return err_errno(err, "cannot replace '/dev/console'");
	target = openat(dev, "console", O_CREAT | O_EXCL | O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (target < 0)
		return err_errno(err, "cannot make '/dev/console'");
	r = mount_attach(tree, target);
	return r < 0 ? err_set(err, -r, "cannot mount the terminal on '/dev/console'") : 0;
}

int terminal_chown(int slave, uint32_t uid, struct err *err)
{
	struct stat st;

	if (fstat(slave, &st) == 0 && st.st_uid == uid)
		return 0;
	if (fchown(slave, uid, (gid_t)-1) < 0)
		return err_errno(err, "cannot give the terminal to user %u", uid);
	return 0;
}

int terminal_adopt(int slave, struct err *err)
{
	/* EPERM: it leads its session already. */
	if (setsid() < 0 && errno != EPERM)
		return err_errno(err, "cannot make a session");
	if (slave < 0)
		return 0;
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return err_errno(err, "cannot make the terminal the controlling one");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return err_errno(err, "cannot put the terminal on descriptor %d", fd);
	return 0;
}
