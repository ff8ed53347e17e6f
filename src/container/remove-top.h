// SPDX-License-Identifier: Apache-2.0
/*
 * Removing a container's writable layer: a tree that something hostile has written, owned by ids
 * that only exist in its user namespace.
 */
#ifndef KOKON_REMOVE_TOP_H
#define KOKON_REMOVE_TOP_H

#include "err.h"

/* Remove the directory and all below, never crossing a mount and never following a link.
 * `uid_map` and `gid_map` (may be NULL) are the maps of the user namespace whose root may.
 * Absent is fine. 0 or -errno. */
int remove_top(const char *path, const char *uid_map, const char *gid_map, struct err *err);

#endif
