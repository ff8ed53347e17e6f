// SPDX-License-Identifier: Apache-2.0
/*
 * The mount API by descriptors: open_tree(2), move_mount(2), fsopen(2), mount_setattr(2),
 * pivot_root(2). musl has no wrappers for these. All return a descriptor or 0, or -errno.
 */
#ifndef KOKON_MOUNT_H
#define KOKON_MOUNT_H

#include <stdint.h>

/* A detached copy of the mount at dirfd/path (path "" with the descriptor itself). */
int mount_open_tree(int dirfd, const char *path, unsigned int flags);
/* Attach a detached mount to the directory or file that `target` refers to. */
int mount_attach(int mount, int target);
/* A detached new file system. `options` is a list "key", "value" or "key", NULL (flag), ended
 * by a NULL key; `attributes` are MOUNT_ATTR_*. On failure *ret_key (may be NULL) names the
 * option that was refused, or NULL. */
int mount_new(const char *type, const char *const *options, uint64_t attributes,
	      const char **ret_key);
/* The same from a context of fsopen(2), which becomes this function's. */
int mount_new_from(int fs, const char *const *options, uint64_t attributes, const char **ret_key);
/* Change options of the file system mounted at `target`; as mount_new(). 0 or -errno. */
int mount_reconfigure(int target, const char *const *options, const char **ret_key);
/* mount_setattr(2) on a descriptor; recursive when asked. */
int mount_set(int mount, uint64_t set, uint64_t clear, uint64_t propagation, int userns,
	      int recursive);
int mount_pivot(const char *new_root, const char *put_old);

#endif
