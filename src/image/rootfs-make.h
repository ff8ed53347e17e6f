// SPDX-License-Identifier: Apache-2.0
/*
 * `kokon rootfs create`, `add` and `remove`: roots made of the machine's own programs.
 */
#ifndef KOKON_ROOTFS_MAKE_H
#define KOKON_ROOTFS_MAKE_H

#include "build.h"
#include "programs.h"
#include "rootfs-request.h"

struct rootfs_call {
	const struct rootfs_request *request;
	const char *dir;
	const char *path, *term; /* $PATH, $TERM; may be NULL */
	const volatile sig_atomic_t *stop;
	void (*traced)(void *, const struct build *, const struct node *, int64_t);
	struct out *explain; /* not NULL: put the commands here and change nothing */
	struct out *verbose; /* not NULL: put here what was placed, and why */
};

int rootfs_create(const struct rootfs_call *c, struct err *err);
int rootfs_add(const struct rootfs_call *c, struct err *err);
int rootfs_remove(const struct rootfs_call *c, struct err *err);

#endif
