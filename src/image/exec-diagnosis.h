// SPDX-License-Identifier: Apache-2.0
/*
 * Asking the helper why a program cannot start in a root (diagnose.h), from a program that does
 * not link libelf itself.
 */
#ifndef KOKON_EXEC_DIAGNOSIS_H
#define KOKON_EXEC_DIAGNOSIS_H

#include "err.h"

struct exec_failure {
	int root; /* descriptor of the root that the program was to start in */
	/* A caller that has changed its own root gives the machine's, and the helper's path, which
	 * it asked helper_path() for before. Others: -1 and NULL. */
	int outside;
	const char *helper;
	const char *command; /* argv[0] */
	const char *path;    /* PATH as the program would have it; NULL: the usual one */
	const char *cwd;     /* in the root; NULL: "/" */
	const char *dir;     /* the root's path as the user knows it; NULL: none */
	const char *image;   /* the image's name, "host:bash,ls"; NULL: none */
	int code;            /* errno of execve; 0: it was not tried, or the loader failed later */
};

/*
 * Examine, and put what is found into `err`, with exit status 126 or 127 in err->exit. Returns
 * -errno of that; or 0, with `err` untouched, when nothing is found or the helper cannot run:
 * the caller keeps the message that it has.
 */
int exec_diagnose(const struct exec_failure *f, struct err *err);

#endif
