// SPDX-License-Identifier: Apache-2.0
/*
 * Planning a root file system: programs by name, what they need, and the little that every
 * root needs, put into a tree. Reads the machine, changes nothing.
 */
#ifndef KOKON_PROGRAMS_H
#define KOKON_PROGRAMS_H

#include "closure.h"
#include "tree.h"

struct planning {
	struct view *host; /* the machine's own root */
	struct tree *tree;
	const char *path; /* $PATH */
	const char *term; /* $TERM; NULL: none */
};

/* The machine's file for a name (looked up in PATH, then in the usual folders) or a path.
 * In the arena. */
int program_find(const struct planning *p, const char *name, const char **ret, struct err *err);
/* Place a program with all that it needs to start. `why` says who wants it. */
int program_place(struct planning *p, const char *path, const char *why, struct err *err);

/* The folders and files of every root: links of a merged /usr, /etc, /dev, /proc, /sys, /tmp.
 * `devices`: also the nodes of /dev that programs cannot do without. */
int skeleton_place(struct planning *p, bool devices, struct err *err);
/* Data for `with`, a set of enum with_data. */
int data_place(struct planning *p, unsigned int with, struct err *err);
/* The description of a terminal, if the machine has it; returns 1 if placed, 0 if not. */
int terminfo_place(struct planning *p, const char *term, struct err *err);

/* The programs of "host:" alone; ends with NULL. */
extern const char *const default_programs[];

#endif
