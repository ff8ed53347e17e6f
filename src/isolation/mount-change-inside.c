// SPDX-License-Identifier: Apache-2.0
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "mount.h"
#include "mounts.h"
#include "names.h"

#ifndef NFS_SUPER_MAGIC
#define NFS_SUPER_MAGIC 0x6969
#endif
#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/* statfs(2) knows file systems by number. */
static const struct name file_systems[] = {
	{"ext4", EXT4_SUPER_MAGIC},
	{"xfs", 0x58465342},
	{"btrfs", BTRFS_SUPER_MAGIC},
	{"tmpfs", TMPFS_MAGIC},
	{"overlay", OVERLAYFS_SUPER_MAGIC},
	{"nfs", NFS_SUPER_MAGIC},
	{"fuse", FUSE_SUPER_MAGIC},
	{"9p", 0x01021997},
	{"vfat", MSDOS_SUPER_MAGIC},
	{"squashfs", SQUASHFS_MAGIC},
	{"proc", PROC_SUPER_MAGIC},
	{"sysfs", SYSFS_MAGIC},
	{NULL, 0},
};

static int idmap_refused(int mount, int code, const char *shown, struct err *err)
{
	char number[24] = "unknown";
	const char *type = NULL;
	struct statfs fs;

	if (fstatfs(mount, &fs) == 0) {
		type = value_to_name(file_systems, (int64_t)(uint32_t)fs.f_type);
		snprintf(number, sizeof(number), "%#x", (unsigned int)fs.f_type);
	}
	err_set(err, -code, "cannot map the ids of '%s', a file system of type '%s'", shown,
		type ? type : number);
	if (code == -EPERM)
		return err_remedy(err, "only who may mount this file system may map its ids: run "
				       "it as root, or map a file system that the container "
				       "mounts itself (tmpfs)");
	return err_remedy(err, "this file system does not support id-mapped mounts on this "
			       "kernel; leave out the map");
}

int mount_change_apply(int mount, const struct mount_change *c, const int *handles,
		       const char *shown, struct err *err)
{
	int r = 0;

	if (c->idmap) {
		r = mount_set(mount, MOUNT_ATTR_IDMAP, 0, 0, handles[c->userns],
			      c->idmap == MOUNT_IDMAP_RECURSIVE);
		if (r < 0)
			return idmap_refused(mount, r, shown, err);
	}
	if (c->set || c->clear)
		r = mount_set(mount, c->set, c->clear, 0, -1, 0);
	if (r == 0 && (c->rec_set || c->rec_clear))
		r = mount_set(mount, c->rec_set, c->rec_clear, 0, -1, 1);
	if (r < 0) {
		err_set(err, -r, "cannot set the mount options of '%s'", shown);
		if (r == -EPERM)
			err_remedy(err, "in a user namespace what is mounted read-only, nosuid, "
					"nodev or noexec outside stays so, and its access times "
					"are kept as they are outside");
		return r;
	}
	for (uint32_t i = 0; i < c->n_propagations; i++) {
		r = mount_set(mount, 0, 0, c->propagations[i] & ~(uint64_t)MS_REC, -1,
			      (c->propagations[i] & MS_REC) != 0);
		if (r < 0)
			return err_set(err, -r, "cannot set the propagation of '%s'", shown);
	}
	return 0;
}
