// SPDX-License-Identifier: Apache-2.0
/*
 * The top: a container's writable layer, a directory with `upper` and `work` for overlayfs. When
 * it is removed it is a tree that something hostile has written, owned by ids that only exist in
 * its user namespace.
 */
#ifndef KOKON_TOP_H
#define KOKON_TOP_H

#include "err.h"

/* Make the directory, which must not exist, with both in it. 0 or -errno. */
int top_make(const char *path, struct err *err);
/* Remove the directory and all below, never crossing a mount and never following a link.
 * `uid_map` and `gid_map` (may be NULL) are the maps of the user namespace whose root may.
 * Absent is fine. 0 or -errno. */
int top_remove(const char *path, const char *uid_map, const char *gid_map, struct err *err);

#endif
