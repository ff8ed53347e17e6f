// SPDX-License-Identifier: Apache-2.0
/*
 * Copying one file with its mode, owner, times and extended attributes, sharing its blocks
 * where the file system can (FICLONE, ioctl_ficlonerange(2)).
 */
#ifndef KOKON_COPY_H
#define KOKON_COPY_H

#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include "err.h"
#include "rootfs-request.h"

struct copying {
	enum link_mode link;
	bool keep_owner;                   /* the caller may give files away */
	bool no_reflink;                   /* learned: this file system cannot */
	const volatile sig_atomic_t *stop; /* set by a signal: give up with EINTR; may be NULL */
};

enum copy_way {
	COPY_PLAIN, /* straight; the caller removes what an error leaves */
	COPY_WHOLE, /* the name appears when the copy is complete, for a root that is in use */
	COPY_OVER,  /* the same, in place of the file that has the name now */
};

/*
 * Copy the machine's file `source`, which was `st` when it was looked at, to `name` in `dir`,
 * where nothing of that name may be, unless it is replaced. `shown` names the copy in messages.
 */
int copy_file(struct copying *c, const char *source, const struct stat *st, int dir,
	      const char *name, const char *shown, enum copy_way way, struct err *err);
/* The same file as when it was looked at: device, inode, size, mtime, ctime. */
bool same_identity(const struct stat *a, const struct stat *b);
bool same_owner(const struct stat *a, const struct stat *b);
/* A failed write: with what to do when the disk is full. Returns -code. */
int write_failed(struct err *err, int code, const char *shown);

#endif
