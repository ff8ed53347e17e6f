// SPDX-License-Identifier: Apache-2.0
/* mount(2) against fsopen(2) … move_mount(2), each in fresh namespaces, on /mnt. */
#include "costs.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <sys/mount.h> and <linux/mount.h> define the same names. */
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);
enum { DETACH = 2 }; /* MNT_DETACH */

static const struct {
	const char *type, *options;
	const char *keys[3][2];
} kinds[] = {
	{"proc", NULL, {{0}}},
	{"tmpfs", "mode=755,size=65536k", {{"mode", "755"}, {"size", "65536k"}}},
	{"devpts",
	 "newinstance,ptmxmode=0666,mode=0620",
	 {{"newinstance", NULL}, {"ptmxmode", "0666"}, {"mode", "0620"}}},
	{"mqueue", NULL, {{0}}},
	{"sysfs", NULL, {{0}}},
};
#define FRESH (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS)

static int make_private(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void old_body(long k)
{
	double start;

	if (make_private() < 0)
		return;
	start = now_us();
	if (mount("x", "/mnt", kinds[k].type, MS_NOSUID, kinds[k].options) == 0)
		child_result[0] = now_us() - start;
}

static double old_mount(long k)
{
	return in_child(FRESH, old_body, k);
}

/* A mount that is attached nowhere yet, or -1. */
static int detached(long k)
{
	int fs = (int)syscall(SYS_fsopen, kinds[k].type, FSOPEN_CLOEXEC), mnt;

	for (int i = 0; i < 3 && kinds[k].keys[i][0]; i++)
		syscall(SYS_fsconfig, fs,
			kinds[k].keys[i][1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG,
			kinds[k].keys[i][0], kinds[k].keys[i][1], 0);
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	close(fs);
	return mnt;
}

static int attach(int mnt)
{
	int r = (int)syscall(SYS_move_mount, mnt, "", AT_FDCWD, "/mnt", MOVE_MOUNT_F_EMPTY_PATH);

	close(mnt);
	return r;
}

static void new_body(long k)
{
	double start;
	int mnt;

	if (make_private() < 0)
		return;
	start = now_us();
	mnt = detached(k);
	if (mnt >= 0 && attach(mnt) == 0)
		child_result[0] = now_us() - start;
}

static double new_mount(long k)
{
	return in_child(FRESH, new_body, k);
}

static void umount_body(long flags)
{
	double start;

	if (make_private() < 0 || mount("x", "/mnt", "tmpfs", 0, NULL) < 0)
		return;
	start = now_us();
	if (umount2("/mnt", (int)flags) == 0)
		child_result[0] = now_us() - start;
}

static double unmount(long flags)
{
	return in_child(FRESH, umount_body, flags);
}

static void propagation_body(long flags)
{
	double start = now_us();

	if (mount(NULL, "/", NULL, (unsigned long)flags, NULL) == 0)
		child_result[0] = now_us() - start;
}

static double propagation(long flags)
{
	return in_child(CLONE_NEWNS, propagation_body, flags);
}

static void bind_body(long by_descriptor)
{
	double start;
	int r;

	if (make_private() < 0)
		return;
	start = now_us();
	if (by_descriptor)
		r = attach((int)syscall(SYS_open_tree, AT_FDCWD, "/tmp",
					OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	else
		r = mount("/tmp", "/mnt", NULL, MS_BIND, NULL);
	if (r == 0)
		child_result[0] = now_us() - start;
}

static double bind_mount(long by_descriptor)
{
	return in_child(CLONE_NEWNS, bind_body, by_descriptor);
}

static const struct probe probes[] = {
	{"proc, mount", old_mount, 0},
	{"proc, fsopen .. move_mount", new_mount, 0},
	{"tmpfs, mount", old_mount, 1},
	{"tmpfs, fsopen .. move_mount", new_mount, 1},
	{"devpts, mount", old_mount, 2},
	{"devpts, fsopen .. move_mount", new_mount, 2},
	{"mqueue, mount", old_mount, 3},
	{"mqueue, fsopen .. move_mount", new_mount, 3},
	{"sysfs, mount", old_mount, 4},
	{"sysfs, fsopen .. move_mount", new_mount, 4},
	{"bind, mount", bind_mount, 0},
	{"bind, open_tree, move_mount", bind_mount, 1},
	{"umount2 of a tmpfs", unmount, 0},
	{"umount2 of a tmpfs, MNT_DETACH", unmount, DETACH},
	{"rprivate on /", propagation, MS_REC | MS_PRIVATE},
	{"rslave on /", propagation, MS_REC | MS_SLAVE},
};

const struct group mounts_group = {"mounts", probes, sizeof(probes) / sizeof(*probes)};
