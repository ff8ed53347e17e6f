// SPDX-License-Identifier: Apache-2.0
/*
 * Removing a folder with all below it: through descriptors, no link followed, no mount crossed.
 */
#ifndef KOKON_REMOVE_H
#define KOKON_REMOVE_H

#include <signal.h>
#include "err.h"

/* Remove `name` in `parent`, whatever it is; absent is fine. Stays on its mount: a mount below
 * ends it with EXDEV or EBUSY. 0 or -errno, `err` (may be NULL) names what stood in the way. */
int remove_tree(int parent, const char *name, struct err *err);
/* The first mount at or below an absolute path without links, into buf. 1: there is one; 0: none;
 * or -errno when the mounts cannot be read. */
int mount_at_or_below(const char *path, char *buf, size_t size);

#endif
