// SPDX-License-Identifier: Apache-2.0
/*
 * The closure of a program: every file that the kernel and the dynamic loader open before its
 * first instruction, found without running anything.
 */
#ifndef KOKON_CLOSURE_H
#define KOKON_CLOSURE_H

#include "library.h"

struct missing {
	const char *name;        /* a library, or the path of an interpreter */
	const struct object *by; /* who needs it */
	const char *hint;        /* a file that does not fit; "" or NULL: none */
	bool interpreter;        /* PT_INTERP or "#!" */
	struct missing *next;
};

struct closure {
	struct object *program; /* the first of the list */
	struct object *interp;  /* its loader, or a script's interpreter; NULL: none or missing */
	size_t count;
	struct missing *missing;
	/* A script: the closure of its interpreter, and for "#!/usr/bin/env NAME" the NAME. */
	struct closure *script;
	const char *env_name;
};

/*
 * The closure of the file at an absolute path of the view. What is missing is in
 * (*ret)->missing and is no error; err tells of a program that cannot be examined at all.
 */
int closure_find(struct view *v, const char *path, struct closure **ret, struct err *err);
/* What is missing for the program, or for the interpreter of its script. */
const struct missing *closure_missing(const struct closure *c);

#endif
