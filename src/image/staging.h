// SPDX-License-Identifier: Apache-2.0
/*
 * Staging: a folder is made beside its place and renamed into it when it is complete.
 *
 * Its name is hidden and tells what it is (".NAME.kokon-new"), and its maker holds a lock
 * (flock(2)) on it. What a killed maker left behind is therefore known by its name, its owner
 * and the missing lock, and the next one that stages in the same folder removes it.
 */
#ifndef KOKON_STAGING_H
#define KOKON_STAGING_H

#include "err.h"

enum { STAGING_NAME_MAX = 256 };

struct staging {
	int parent; /* the caller's */
	int fd;     /* the folder that is being made; -1: none */
	char name[STAGING_NAME_MAX];
};

/* ".NAME.kokon-new"; a long name is cut and told apart by a hash. */
void staging_name(const char *name, char buf[STAGING_NAME_MAX]);
/* Make and lock the folder beside `name` in `parent`. -EBUSY: another process is making it. */
int staging_open(int parent, const char *name, struct staging *ret, struct err *err);
/* Rename it to `name`, which may be an empty folder; the lock ends. */
int staging_commit(struct staging *s, const char *name, struct err *err);
/* Remove it, if it is still there. */
void staging_discard(struct staging *s);
/* Remove what killed processes of the caller's user left in `parent`. */
void staging_clean(int parent);

#endif
