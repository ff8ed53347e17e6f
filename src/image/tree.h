// SPDX-License-Identifier: Apache-2.0
/*
 * Tree: what a root file system is going to hold, decided before anything is touched.
 *
 * Files keep the places they have on the machine, and so do the links on the way to them:
 * /bin -> usr/bin, /usr/bin/pager -> /etc/alternatives/pager -> /usr/bin/less. When the tree
 * is laid over a root that exists, that root's own links and folders decide (openat2
 * RESOLVE_IN_ROOT rules, computed here), so that nothing is ever placed outside of it.
 */
#ifndef KOKON_TREE_H
#define KOKON_TREE_H

#include <stdbool.h>
#include <sys/stat.h>
#include "err.h"
#include "strmap.h"

enum node_kind { NODE_DIR, NODE_LINK, NODE_FILE, NODE_TEXT, NODE_DEVICE, NODE_OTHER };

struct node {
	const char *path; /* in the tree: "/usr/bin/ls"; "/" is the root */
	enum node_kind kind;
	bool exists;        /* in the target already: nothing to do */
	bool replaces;      /* a file takes the place of a differing one */
	const char *why;    /* a comment for --explain */
	const char *source; /* NODE_FILE: the path on the machine; NODE_DIR: or NULL */
	const char *target; /* NODE_LINK */
	const char *text;   /* NODE_TEXT */
	struct stat st;     /* owner, mode, times; of a file: the source's identity */
	struct node *next;  /* in the order of making */
};

struct tree {
	struct arena *arena;
	struct strmap nodes; /* path -> struct node */
	struct node *first, *last;
	int target;              /* an existing root that this is laid over; -1: none */
	const char *target_name; /* its path, for messages */
	bool replace;            /* files that differ are replaced */
};

/* `target` stays the caller's. */
void tree_init(struct tree *t, struct arena *a, int target, const char *target_name);

/*
 * Place the machine's file at an absolute path, with every link and folder on the way.
 * A file that is there already and is the same is left. Returns 0 or -errno.
 */
int tree_place(struct tree *t, const char *path, const char *why, struct err *err);
/* Place a folder with everything below it, on one file system. */
int tree_place_all(struct tree *t, const char *path, const char *why, struct err *err);
/* Things that do not come from the machine: left when something of that name is there. The
 * folders on the way are placed as on the machine. */
int tree_dir(struct tree *t, const char *path, mode_t mode, const char *why, struct err *err);
int tree_link(struct tree *t, const char *path, const char *target, const char *why,
	      struct err *err);
int tree_text(struct tree *t, const char *path, mode_t mode, const char *text, const char *why,
	      struct err *err);
int tree_device(struct tree *t, const char *path, mode_t mode, dev_t dev, const char *why,
		struct err *err);
/* The node that a path leads to inside the tree, links followed; NULL: nothing. */
const struct node *tree_find(struct tree *t, const char *path);

#endif
