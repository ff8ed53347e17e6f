// SPDX-License-Identifier: Apache-2.0
/*
 * Why a program cannot start in a root: the root is examined from outside, by descriptors
 * (openat2 RESOLVE_IN_ROOT), and nothing in it is run.
 */
#ifndef KOKON_DIAGNOSE_H
#define KOKON_DIAGNOSE_H

#include "err.h"

struct diagnosis {
	int root;            /* descriptor of the root */
	const char *command; /* a name, looked up in `path`, or a path */
	const char *path;    /* PATH; NULL: the usual one */
	const char *cwd;     /* for a relative path; NULL: "/" */
	const char *dir;     /* the root's path as the user knows it, for the remedy; or NULL */
	const char *image;   /* the image's name, "host:bash,ls", for the remedy; or NULL */
	int code;            /* errno of the exec that failed; 0: not tried */
};

/*
 * 0: the program would start, as far as can be seen. Else -errno: the message says what is in
 * the way, the remedy what helps, and err->exit is 127 (not found) or 126.
 */
int diagnose(const struct diagnosis *d, struct err *err);

#endif
