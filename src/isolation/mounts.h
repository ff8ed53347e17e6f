// SPDX-License-Identifier: Apache-2.0
/*
 * Mounts: a list of operations, each decided beforehand (mount(2), mount_setattr(2), fsopen(2)).
 *
 * Targets are paths. With a root descriptor they are resolved by openat2(2) RESOLVE_IN_ROOT
 * below it, so links of a hostile root cannot lead outside; without one (the tools that work
 * on the caller's own view) they are ordinary paths.
 */
#ifndef KOKON_MOUNTS_H
#define KOKON_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"

enum mount_kind {
	MOUNT_PROPAGATE,  /* change the propagation of what is mounted at the target */
	MOUNT_FILESYSTEM, /* a new file system of `type` */
	MOUNT_TREE,       /* attach the detached tree of `handle` */
	MOUNT_OVERLAY,    /* an overlay over the detached tree of `handle`, its changes in memory */
	MOUNT_ATTRIBUTES, /* change the attributes of what is mounted at the target */
	MOUNT_MASK, /* hide the target: /dev/null over a file, an empty tmpfs over a directory */
	MOUNT_READONLY,  /* bind the target over itself, read-only */
	MOUNT_DIRECTORY, /* make a directory, with `mode` */
	MOUNT_LINK,      /* make a symbolic link to `source` */
	MOUNT_NODE,      /* make a character device, with `mode`, `major`, `minor` */
};

enum mount_flags {
	MOUNT_MAKE_DIRECTORY = 1 << 0, /* make a missing target, as a directory */
	MOUNT_MAKE_FILE = 1 << 1,      /* make a missing target, as a file */
	MOUNT_MAKE_LIKE = 1 << 4,      /* make a missing target, of the kind that the handle is */
	MOUNT_RECURSIVE = 1 << 2,
	MOUNT_NO_LINKS = 1 << 5,  /* no part of the target may be a symbolic link */
	MOUNT_OPTIONAL = 1 << 3,  /* a target that is missing or no mount point is passed over */
	MOUNT_GIVE = 1 << 7,      /* the tree is given to the program's user, once that is known */
	MOUNT_USERXATTR = 1 << 8, /* OVERLAY: in a user namespace */
	MOUNT_NOT_PROC = 1 << 9,  /* refused on the root's /proc, unless it is procfs */
	MOUNT_COPY_UP = 1 << 6,   /* a new file system is filled with what the target held */
	MOUNT_OF_PID = 1 << 10,   /* FILESYSTEM: a procfs of the PID namespace of `handle` */
};

/* What is changed of a mount once it is made, in this order (mount_setattr(2)). */
enum mount_idmap {
	MOUNT_IDMAP_NONE,
	MOUNT_IDMAP_TOP,       /* the mount itself */
	MOUNT_IDMAP_RECURSIVE, /* and all below it */
};

struct mount_change {
	uint32_t idmap;               /* enum mount_idmap */
	int32_t userns;               /* handle of the user namespace that maps */
	uint64_t set, clear;          /* MOUNT_ATTR_*, of the mount itself */
	uint64_t rec_set, rec_clear;  /* of it and all below */
	const uint64_t *propagations; /* MS_*, perhaps with MS_REC, one after the other */
	uint32_t n_propagations;
	uint32_t unused;
};

struct mount_op {
	uint32_t kind;  /* enum mount_kind */
	uint32_t flags; /* enum mount_flags */
	const char *target;
	const char *type;   /* file system type */
	const char *source; /* what the file system is called in mountinfo, or a link's text */
	const char *const *options; /* key, value or NULL, …, NULL: for fsconfig(2) */
	uint64_t set, clear;        /* MOUNT_ATTR_* */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE; 0: unchanged */
	int32_t handle;       /* for MOUNT_TREE, and with MOUNT_OF_PID */
	const char *const *directories;    /* FILESYSTEM: made in it; NULL: none */
	const struct mount_change *change; /* FILESYSTEM, ATTRIBUTES: besides; NULL: nothing */
	uint32_t mode;                     /* for MOUNT_DIRECTORY */
	uint32_t major, minor;
	int32_t otherwise;       /* index of the operation to do instead when this one is refused
				  * (EPERM, EINVAL, EBUSY, ENODEV); 0: none */
	uint32_t only_otherwise; /* done only as another's alternative */
	const char *why;         /* for explanations; NULL: none */
	const char *shown;       /* the target as the caller knows it; NULL: as it is */
};

struct mounts_plan {
	const struct mount_op *ops;
	uint32_t n;
};

/* Both halves: `mount` is a descriptor of the mount, `shown` what it is called in messages. */
int mount_change_apply(int mount, const struct mount_change *change, const int *handles,
		       const char *shown, struct err *err);

/* Inside half: MOUNT_OVERLAY, on the descriptor of its target. */
int mount_overlay(const struct mount_op *op, int target, const int *handles, struct err *err);
/* Inside half: the trees of MOUNT_GIVE become uid:gid's. */
int mounts_give(const struct mounts_plan *plan, int root, uint32_t uid, uint32_t gid,
		struct err *err);

/* Inside half. `root` is a descriptor of the new root, or -1 for ordinary paths. */
int mounts_apply(const struct mounts_plan *plan, int root, const int *handles, struct err *err);
/* Make an operation's target, if it is missing, with the directories above it. 0 or -errno. */
int mounts_make_target(const struct mount_op *op, int root, bool directory);

#endif
