// SPDX-License-Identifier: Apache-2.0
/*
 * Where everything of the map's picture lies: a box per namespace, in it a row per interface,
 * bridges as bars beside the rows of their ports.
 *
 * Namespaces that pairs join form a tree, from the one with the most pairs to those they lead
 * to at its right, each beside the row of the port that leads to it: the row is moved down until
 * both are level, so that the wire between them is straight and crosses no other. What is left over
 * (rings, two pairs between the same two) is drawn as curves. Namespaces that nothing joins are set
 * in rows below. Lengths are in pixels.
 */
#ifndef KOKON_NETMAP_LAYOUT_H
#define KOKON_NETMAP_LAYOUT_H

#include "netmap.h"

enum {
	LAYOUT_CHAR = 8,      /* a character of 13px monospace, rounded up */
	LAYOUT_LINE = 18,     /* a line of text */
	LAYOUT_PAD = 14,      /* within a box */
	LAYOUT_GAP = 22,      /* between boxes */
	LAYOUT_CHANNEL = 140, /* between columns, for the wires */
	LAYOUT_MARGIN = 24,
	LAYOUT_TOP = 92,    /* for the heading of the picture and its legend */
	LAYOUT_INDENT = 22, /* of ports, for the bar of their bridge */
	LAYOUT_NAMES = 17 * LAYOUT_CHAR,
};

enum layout_words { LAYOUT_PLAIN, LAYOUT_PROCESS };

struct layout_line {
	enum layout_words words;
	const char *text; /* safe to show, cut to what a box holds */
};

struct layout_row {
	uint32_t link;           /* position among the links of the namespace */
	int y;                   /* middle of its first line */
	const char *const *text; /* an address each */
	size_t n_text;
	const char *tag; /* kind and state, where they are worth a word; else "" */
	bool port;       /* beside the bar of its bridge */
	int bar_end;     /* of a bridge: middle of its last port's row; 0: no port */
};

struct layout_box {
	uint32_t ns; /* position on the map */
	const char *title;
	int x, y, width, height;
	int depth; /* column, from 0 */
	bool shown;
	uint32_t degree; /* ends of pairs that lead to others that are shown */
	uint32_t parent; /* box that leads to it, or NETMAP_NONE */
	uint32_t uplink; /* its link through which that is, or NETMAP_NONE */
	struct layout_row *rows;
	size_t n_rows;
	struct layout_line *lines; /* above the rows */
	size_t n_lines;
};

struct layout {
	const struct netmap *m;
	struct layout_box *boxes; /* one per namespace, by its position */
	int width, height;
};

struct layout netmap_layout(const struct netmap *m);
/* The row of an interface, or NULL when it is not drawn. */
const struct layout_row *layout_row(const struct layout *l, struct netmap_end e);
int layout_lines(const struct layout_row *row);         /* of text */
size_t layout_tag_column(const struct layout_row *row); /* where its tag begins */
/* Raw text made safe, cut to `most` columns. In the arena. */
const char *layout_text(struct arena *a, const char *raw, size_t most);
/* How many columns safe text takes. */
size_t layout_columns(const char *text);

#endif
