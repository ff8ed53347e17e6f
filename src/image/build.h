// SPDX-License-Identifier: Apache-2.0
/* Making what a tree lists, below a directory descriptor; and telling it as shell commands. */
#ifndef KOKON_BUILD_H
#define KOKON_BUILD_H

#include "copy.h"
#include "out.h"
#include "tree.h"

struct build {
	int root;          /* where the tree is made */
	const char *shown; /* its path, for messages and commands */
	bool live;         /* the root is in use: each file appears at once, complete */
	struct copying copying;
	/* Called after each node with what it took, for --trace; may be NULL. */
	void (*traced)(void *data, const struct build *b, const struct node *n, int64_t ns);
	void *data;
};

/* Make every node of the tree in order, then set the folders' modes and times. */
int build_tree(const struct tree *t, struct build *b, struct err *err);

/* The commands that do the same, each after a comment that says why. */
void build_explain(const struct tree *t, const struct build *b, struct out *o);
/* One node as a command, without the comment. */
void build_explain_node(const struct build *b, const struct node *n, struct out *o);

#endif
