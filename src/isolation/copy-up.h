// SPDX-License-Identifier: Apache-2.0
/*
 * Walking a tree by descriptors only: filling a new file system with what a directory holds
 * (the mount option tmpcopyup), and giving a tree to another owner (the volume option U).
 * Symbolic links are copied or changed themselves, never followed. Inside half.
 */
#ifndef KOKON_COPY_UP_H
#define KOKON_COPY_UP_H

#include <stdint.h>
#include "err.h"

/* Copy what is in the directory `from` into the directory `to`: modes, owners, times of change. */
int copy_up(int from, int to, struct err *err);
/* Give `top` and, if it is a directory, everything below it to uid:gid. */
int own_tree(int top, uint32_t uid, uint32_t gid, struct err *err);

#endif
