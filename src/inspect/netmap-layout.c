// SPDX-License-Identifier: Apache-2.0
#include "netmap-layout.h"

#include <stdlib.h>
#include <string.h>
#include "netmap-lines.h"

enum {
	HALF = LAYOUT_LINE / 2,
	BELOW_ROW = 4,
	LEAST_WIDTH = 1100,
	DEEPEST = 8, /* interfaces that are ports of ports */
};

static bool is_box_shown(const struct netmap *m, uint32_t ns)
{
	if (m->only == NETMAP_NONE || m->only == ns)
		return true;
	for (size_t i = 0; i < m->ns[m->only].n_links; i++)
		if (m->ns[m->only].links[i].peer.ns == ns)
			return true;
	return false;
}

/* Of the neighbours of the one that was asked for, only what joins it. */
static bool is_link_shown(const struct netmap *m, uint32_t ns, uint32_t link)
{
	const struct netmap_ns *target;

	if (m->only == NETMAP_NONE || m->only == ns)
		return true;
	target = &m->ns[m->only];
	for (size_t i = 0; i < target->n_links; i++) {
		struct netmap_end e = target->links[i].peer;

		if (e.ns == ns && (e.link == link || netmap_at(m, e)->bridge == link))
			return true;
	}
	return false;
}

static bool is_joined(const struct layout *l, struct netmap_end e)
{
	struct netmap_end peer = netmap_at(l->m, e)->peer;

	return peer.ns != NETMAP_NONE && peer.ns != e.ns && l->boxes[peer.ns].shown &&
	       is_link_shown(l->m, e.ns, e.link) && is_link_shown(l->m, peer.ns, peer.link);
}

/* --- the tree of namespaces --- */

static void make_tree_from(struct layout *l, uint32_t root, uint32_t *queue)
{
	size_t first = 0, last = 0;

	queue[last++] = root;
	while (first < last) {
		uint32_t at = queue[first++];
		const struct netmap_ns *ns = &l->m->ns[at];

		for (uint32_t k = 0; k < ns->n_links; k++) {
			struct netmap_end peer = ns->links[k].peer;

			if (!is_joined(l, (struct netmap_end){at, k}) ||
			    l->boxes[peer.ns].depth >= 0)
				continue;
			l->boxes[peer.ns].depth = l->boxes[at].depth + 1;
			l->boxes[peer.ns].parent = at;
			l->boxes[peer.ns].uplink = peer.link;
			queue[last++] = peer.ns;
		}
	}
}

static uint32_t next_root(const struct layout *l)
{
	uint32_t best = NETMAP_NONE;

	for (uint32_t i = 0; i < l->m->n_ns; i++) {
		const struct layout_box *b = &l->boxes[i];

		if (b->shown && b->depth < 0 && b->degree &&
		    (best == NETMAP_NONE || b->degree > l->boxes[best].degree))
			best = i;
	}
	return best;
}

static void make_trees(struct layout *l)
{
	uint32_t *queue = arena_array(l->m->arena, uint32_t, l->m->n_ns + 1);
	uint32_t root;

	while ((root = next_root(l)) != NETMAP_NONE) {
		l->boxes[root].depth = 0;
		make_tree_from(l, root, queue);
	}
}

/* --- rows --- */

static void add_row(struct layout *l, struct layout_box *box, uint32_t link, bool port)
{
	struct layout_row *row;

	if (box->n_rows == l->m->ns[box->ns].n_links) /* a master of its own ports */
		return;
	row = &box->rows[box->n_rows++];
	*row = (struct layout_row){.link = link, .port = port};
	layout_write_row(l, row, &l->m->ns[box->ns].links[link]);
}

/* Is `link` the uplink, or the bridge that it is a port of? */
static bool leads_up(const struct layout *l, const struct layout_box *box, uint32_t link)
{
	uint32_t at = box->uplink;

	for (int i = 0; at != NETMAP_NONE && i < DEEPEST; i++) {
		if (at == link)
			return true;
		at = l->m->ns[box->ns].links[at].bridge;
	}
	return false;
}

/* An interface and its ports. What the box is reached through comes first, so that its height
 * in the box is known. */
static void add_group(struct layout *l, struct layout_box *box, uint32_t link, int depth)
{
	const struct netmap_ns *ns = &l->m->ns[box->ns];

	add_row(l, box, link, depth > 0);
	for (int up = 1; up >= 0 && depth < DEEPEST; up--)
		for (uint32_t k = 0; k < ns->n_links; k++)
			if (ns->links[k].bridge == link && leads_up(l, box, k) == up &&
			    is_link_shown(l->m, box->ns, k))
				add_group(l, box, k, depth + 1);
}

static void add_rows(struct layout *l, struct layout_box *box)
{
	const struct netmap_ns *ns = &l->m->ns[box->ns];

	box->rows = arena_array(l->m->arena, struct layout_row, ns->n_links + 1);
	for (int up = 1; up >= 0; up--)
		for (uint32_t k = 0; k < ns->n_links; k++)
			if (ns->links[k].bridge == NETMAP_NONE && leads_up(l, box, k) == up &&
			    is_link_shown(l->m, box->ns, k))
				add_group(l, box, k, 0);
}

size_t layout_tag_column(const struct layout_row *row)
{
	return row->n_text ? layout_columns(row->text[0]) + 2 : 0;
}

int layout_lines(const struct layout_row *row)
{
	return (int)MAX(row->n_text, (size_t)1);
}

static int header_height(const struct layout_box *box)
{
	return LAYOUT_PAD + LAYOUT_LINE * (int)(1 + box->n_lines) + 8;
}

static int row_height(const struct layout_row *row)
{
	return LAYOUT_LINE * layout_lines(row) + BELOW_ROW;
}

static int box_width(const struct layout_box *box)
{
	size_t most = layout_columns(box->title) + 18; /* the inode, at its right */

	for (size_t i = 0; i < box->n_lines; i++)
		most = MAX(most, layout_columns(box->lines[i].text) + 2);
	for (size_t i = 0; i < box->n_rows; i++) {
		const struct layout_row *row = &box->rows[i];

		for (size_t k = 0; k < row->n_text; k++)
			most = MAX(most, layout_columns(row->text[k]) + 26);
		most = MAX(most, layout_tag_column(row) + layout_columns(row->tag) + 26);
	}
	return 2 * LAYOUT_PAD + LAYOUT_CHAR * (int)most;
}

/* --- places --- */

/* The box that a row leads to as its parent, or NULL. */
static struct layout_box *child_of(struct layout *l, const struct layout_box *box,
				   const struct layout_row *row)
{
	struct netmap_end peer = l->m->ns[box->ns].links[row->link].peer;
	struct layout_box *child = peer.ns == NETMAP_NONE ? NULL : &l->boxes[peer.ns];

	return child && child->depth > 0 && child->parent == box->ns && child->uplink == peer.link
		       ? child
		       : NULL;
}

/* From the top of a box to the middle of its uplink's row. */
static int uplink_offset(const struct layout_box *box)
{
	int at = header_height(box) + HALF;

	for (size_t i = 0; i < box->n_rows && box->rows[i].link != box->uplink; i++)
		at += row_height(&box->rows[i]);
	return at;
}

static void end_bars(const struct layout *l, struct layout_box *box)
{
	const struct netmap_ns *ns = &l->m->ns[box->ns];

	for (size_t i = 0, bridge = 0; i < box->n_rows; i++) {
		if (!box->rows[i].port)
			bridge = i;
		else if (ns->links[box->rows[i].link].bridge == box->rows[bridge].link)
			box->rows[bridge].bar_end = box->rows[i].y;
	}
}

/* Puts a box at `y` and all that it leads to at its right. Returns the bottom of it all. */
static int place(struct layout *l, struct layout_box *box, int y)
{
	int at = y + header_height(box), free_from = y;

	box->y = y;
	for (size_t i = 0; i < box->n_rows; i++) {
		struct layout_row *row = &box->rows[i];
		struct layout_box *child = child_of(l, box, row);

		if (child) {
			int offset = uplink_offset(child);
			int child_y = MAX(free_from, at + HALF - offset);

			free_from = place(l, child, child_y) + LAYOUT_GAP;
			at = child_y + offset - HALF;
		}
		row->y = at + HALF;
		at += row_height(row);
	}
	end_bars(l, box);
	box->height = at + LAYOUT_PAD - BELOW_ROW - y;
	return MAX(y + box->height, free_from - LAYOUT_GAP);
}

static int set_columns(struct layout *l)
{
	int *width = arena_array(l->m->arena, int, l->m->n_ns + 2);
	int right = 0, deepest = -1;

	for (size_t i = 0; i < l->m->n_ns; i++) {
		const struct layout_box *b = &l->boxes[i];

		if (b->depth < 0)
			continue;
		width[b->depth] = MAX(width[b->depth], b->width);
		deepest = MAX(deepest, b->depth);
	}
	for (int d = 0, x = LAYOUT_MARGIN; d <= deepest; d++) {
		for (size_t i = 0; i < l->m->n_ns; i++)
			if (l->boxes[i].depth == d)
				l->boxes[i].x = x, l->boxes[i].width = width[d];
		right = x + width[d];
		x = right + LAYOUT_CHANNEL;
	}
	return right;
}

/* Those that nothing joins, in rows. Returns the bottom. */
static int place_rest(struct layout *l, int y)
{
	int x = LAYOUT_MARGIN, bottom = y, right = MAX(l->width, (int)LEAST_WIDTH);

	for (size_t i = 0; i < l->m->n_ns; i++) {
		struct layout_box *b = &l->boxes[i];

		if (!b->shown || b->depth >= 0)
			continue;
		if (x > LAYOUT_MARGIN && x + b->width > right) {
			x = LAYOUT_MARGIN;
			y = bottom + LAYOUT_GAP;
		}
		b->x = x;
		bottom = MAX(bottom, place(l, b, y));
		x += b->width + LAYOUT_GAP;
		l->width = MAX(l->width, b->x + b->width);
	}
	return bottom;
}

struct layout netmap_layout(const struct netmap *m)
{
	struct layout l = {.m = m, .boxes = arena_array(m->arena, struct layout_box, m->n_ns + 1)};
	int y = LAYOUT_TOP;

	for (uint32_t i = 0; i < m->n_ns; i++)
		l.boxes[i] = (struct layout_box){.ns = i,
						 .depth = -1,
						 .shown = is_box_shown(m, i),
						 .parent = NETMAP_NONE,
						 .uplink = NETMAP_NONE};
	for (uint32_t i = 0; i < m->n_ns; i++)
		for (uint32_t k = 0; l.boxes[i].shown && k < m->ns[i].n_links; k++)
			l.boxes[i].degree += is_joined(&l, (struct netmap_end){i, k});
	make_trees(&l);
	for (uint32_t i = 0; i < m->n_ns; i++) {
		if (!l.boxes[i].shown)
			continue;
		layout_write_lines(&l, &l.boxes[i]);
		add_rows(&l, &l.boxes[i]);
		l.boxes[i].width = box_width(&l.boxes[i]);
	}
	l.width = set_columns(&l);
	for (uint32_t i = 0; i < m->n_ns; i++)
		if (l.boxes[i].depth == 0)
			y = place(&l, &l.boxes[i], y) + LAYOUT_GAP;
	l.height = place_rest(&l, y) + LAYOUT_GAP;
	return l;
}

const struct layout_row *layout_row(const struct layout *l, struct netmap_end e)
{
	const struct layout_box *box = e.ns == NETMAP_NONE ? NULL : &l->boxes[e.ns];

	for (size_t i = 0; box && box->shown && i < box->n_rows; i++)
		if (box->rows[i].link == e.link)
			return &box->rows[i];
	return NULL;
}
