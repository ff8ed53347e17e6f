// SPDX-License-Identifier: Apache-2.0
/*
 * The top: a container's writable layer, a directory with `upper` and `work` for overlayfs. When
 * it is removed it is a tree that something hostile has written, owned by ids that only exist in
 * its user namespace.
 */
#ifndef KOKON_TOP_H
#define KOKON_TOP_H

#include <stdbool.h>
#include "arena.h"
#include "err.h"

/* Where the caller's containers have them, each in a directory of its name. */
const char *top_directory(struct arena *a);
/* Make the directory, which must not exist, with both in it. It is in use as long as this process
 * lives. 0 or -errno. */
int top_make(const char *path, struct err *err);
/* Is an entry of the directory `tops` a top that no living process uses, not made just now? The
 * caller knows that no record names it. */
bool top_is_stray(int tops, const char *name);
/* Remove the directory and all below, never crossing a mount and never following a link.
 * `uid_map` and `gid_map` (may be NULL) are the maps of the user namespace whose root may.
 * Absent is fine. 0 or -errno. */
int top_remove(const char *path, const char *uid_map, const char *gid_map, struct err *err);

#endif
