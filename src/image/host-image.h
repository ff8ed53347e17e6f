// SPDX-License-Identifier: Apache-2.0
/*
 * Images named "host:": a layer made of the machine's own programs, from the cache, or made now.
 */
#ifndef KOKON_HOST_IMAGE_H
#define KOKON_HOST_IMAGE_H

#include <stdbool.h>
#include "err.h"
#include "sha256.h"

struct host_image {
	int root; /* O_PATH descriptor of the layer's root folder; read only for its users */
	int lock; /* keep it open (CLOEXEC) while the layer is in use: it cannot be removed then */
	char digest[SHA256_HEX];
	char *path;     /* of `root`, absolute; owned */
	char *left_out; /* of "host:" alone: names that this machine lacks, joined by ','; owned */
};

/*
 * The layer for what stands behind "host:" ("bash,ls,ps"; "" is the default set), built when no
 * cached one is up to date. A cached one costs one file to read and one stat per source; a build
 * runs the helper kokon-rootfs. Many at once build once. Reads PATH and TERM.
 * Returns 0 or -errno.
 */
int host_image_open(const char *names, struct host_image *ret, struct err *err);
/* The same, but nothing is built or made: -ENOENT when there is no layer that is up to date. */
int host_image_find(const char *names, struct host_image *ret, struct err *err);
void host_image_close(struct host_image *image);
#define HOST_IMAGE_CLEANUP __attribute__((cleanup(host_image_close)))
/* Before the first use of the cleanup attribute. */
#define HOST_IMAGE_NONE                                                                            \
	{                                                                                          \
		.root = -1, .lock = -1                                                             \
	}

#endif
