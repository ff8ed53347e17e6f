// SPDX-License-Identifier: Apache-2.0
/*
 * The map as an SVG picture (SVG 1.1, one file: no script, no font, no image from elsewhere).
 * Names come from whoever made the interface or the process: they are first made safe text, so
 * that no byte is left that XML forbids, then its five special characters are replaced.
 */
#include <stdio.h>
#include <string.h>
#include "netmap-layout.h"
#include "table.h"

static const char style[] =
	"text{font:13px ui-monospace,\"DejaVu Sans Mono\",Menlo,Consolas,\"Liberation Mono\","
	"monospace;fill:#1d2330}"
	".heading{font-size:17px;font-weight:bold}"
	".title{font-weight:bold}.muted{fill:#667085}.small{font-size:11px}"
	".box{fill:#fafbfd;stroke:#98a2b3;stroke-width:1.2}"
	".here{fill:#f2f7ff;stroke:#2b5fb4;stroke-width:2}"
	".unseen{fill:#f4f4f4;stroke-dasharray:5 4}"
	".row{fill:#e9eef6}.row.off{fill:#fbe6e1}"
	".bar{fill:#5b7bb2}.bar.off{fill:#c9614c}"
	".stub{stroke:#5b7bb2;stroke-width:2}"
	".up{fill:#2e8b57}.down{fill:#c0392b}.nocarrier{fill:#e0a030}"
	".wire{fill:none;stroke:#2e8b57;stroke-width:2}"
	".wire.off{stroke:#c0392b;stroke-dasharray:6 4}"
	".wire.lower{stroke:#667085;stroke-dasharray:2 3}"
	".plug{fill:#fff;stroke:#1d2330}"
	".wrong{fill:#c0392b}.note{fill:#b7791f}.number{fill:#fff;font-size:11px;font-weight:bold;"
	"text-anchor:middle}"
	".command{fill:#24508f}";

struct drawing {
	const struct netmap *m;
	const struct layout *l;
	struct out *o;
	size_t *number; /* of each problem in the list below the picture, from 1; 0: not shown */
};

/* Safe text as the contents of an element or attribute. */
static void put_xml(struct out *o, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<': out_puts(o, "&lt;"); break;
		case '>': out_puts(o, "&gt;"); break;
		case '&': out_puts(o, "&amp;"); break;
		case '"': out_puts(o, "&quot;"); break;
		case '\'': out_puts(o, "&#39;"); break;
		default: out_put(o, s, 1); break;
		}
	}
}

static void put_raw(const struct drawing *d, const char *raw)
{
	OUT_CLEANUP struct out safe = {0};

	out_puts(&safe, "");
	out_safe_text(&safe, raw, false);
	put_xml(d->o, safe.text);
}

static void put_text(const struct drawing *d, int x, int y, const char *class, const char *safe)
{
	if (!*safe)
		return;
	out_printf(d->o, "<text x=\"%d\" y=\"%d\"", x, y);
	if (class)
		out_printf(d->o, " class=\"%s\"", class);
	out_puts(d->o, ">");
	put_xml(d->o, safe);
	out_puts(d->o, "</text>\n");
}

/* --- problems --- */

static void number_problems(struct drawing *d)
{
	size_t n = 0;

	d->number = arena_array(d->m->arena, size_t, d->m->n_problems + 1);
	for (size_t i = 0; i < d->m->n_problems; i++) {
		const struct netmap_problem *p = &d->m->problems[i];

		if (d->l->boxes[p->ns].shown && (d->m->only == NETMAP_NONE || d->m->only == p->ns))
			d->number[i] = ++n;
	}
}

static void put_badge(const struct drawing *d, int x, int y, const struct netmap_problem *p,
		      size_t number)
{
	out_printf(d->o, "<circle cx=\"%d\" cy=\"%d\" r=\"9\" class=\"%s\"/>", x, y,
		   p->level == NETMAP_WRONG ? "wrong" : "note");
	out_printf(d->o, "<text x=\"%d\" y=\"%d\" class=\"number\">%zu</text>\n", x, y + 4, number);
}

/* The badges of an interface, or of the namespace itself (NETMAP_NONE), leftwards from x. */
static void put_badges(const struct drawing *d, struct netmap_end at, int x, int y)
{
	for (size_t i = 0; i < d->m->n_problems; i++) {
		const struct netmap_problem *p = &d->m->problems[i];

		if (!d->number[i] || p->ns != at.ns || p->link != at.link)
			continue;
		put_badge(d, x, y, p, d->number[i]);
		x -= 21;
	}
}

/* Safe text in lines of at most `columns`, broken at blanks. Returns the y of the next line. */
static int put_wrapped(const struct drawing *d, int x, int y, size_t columns, const char *class,
		       const char *safe)
{
	while (*safe) {
		size_t n = 0, blank = 0;
		char *line;

		for (; safe[n] && (n < columns || !blank); n++)
			if (safe[n] == ' ')
				blank = n;
		if (safe[n])
			n = blank;
		line = arena_strndup(d->m->arena, safe, n);
		put_text(d, x, y, class, line);
		y += LAYOUT_LINE;
		safe += n;
		safe += *safe == ' ';
	}
	return y;
}

static int put_problem(const struct drawing *d, const struct netmap_problem *p, size_t number,
		       size_t columns, int y)
{
	const struct netmap_ns *ns = &d->m->ns[p->ns];
	OUT_CLEANUP struct out o = {0};
	int x = LAYOUT_MARGIN + 28;

	put_badge(d, LAYOUT_MARGIN + 10, y - 4, p, number);
	out_safe_text(&o, ns->title, false);
	if (p->link != NETMAP_NONE) {
		out_puts(&o, " ");
		out_safe_text(&o, ns->links[p->link].dev.name, false);
	}
	out_puts(&o, ": ");
	out_safe_text(&o, p->text, false);
	y = put_wrapped(d, x, y, columns, NULL, o.text);
	if (!p->remedy)
		return y + 6;
	o.len = 0;
	out_safe_text(&o, p->remedy, false);
	return put_wrapped(d, x, y, columns, "command", o.text) + 6;
}

static int put_problems(const struct drawing *d, int width, int y)
{
	size_t columns = (size_t)(width - 2 * LAYOUT_MARGIN - 28) / LAYOUT_CHAR;
	bool any = false;

	for (size_t i = 0; i < d->m->n_problems; i++) {
		if (!d->number[i])
			continue;
		if (!any)
			put_text(d, LAYOUT_MARGIN, y, "title", "What is wrong, and what helps");
		if (!any)
			y += 26;
		any = true;
		y = put_problem(d, &d->m->problems[i], d->number[i], columns, y);
	}
	return y + (any ? 12 : 0);
}

/* --- boxes --- */

static const char *dot_class(const struct netmap_link *l)
{
	return !netmap_is_up(l) ? "down" : netmap_has_carrier(l) ? "up" : "nocarrier";
}

static void put_row(const struct drawing *d, const struct layout_box *box,
		    const struct layout_row *row)
{
	const struct netmap_link *link = &d->m->ns[box->ns].links[row->link];
	int x = box->x + LAYOUT_PAD + (row->port ? LAYOUT_INDENT : 0);
	int text = box->x + LAYOUT_PAD + LAYOUT_INDENT + 20 + LAYOUT_NAMES;
	int top = row->y - LAYOUT_LINE / 2, right = box->x + box->width - LAYOUT_PAD;

	if (row->bar_end)
		out_printf(d->o,
			   "<rect x=\"%d\" y=\"%d\" width=\"7\" height=\"%d\" rx=\"3\" "
			   "class=\"bar%s\"/>\n",
			   x + 2, row->y + LAYOUT_LINE / 2, row->bar_end - row->y,
			   netmap_is_up(link) ? "" : " off");
	if (row->port)
		out_printf(d->o, "<path d=\"M%d %dH%d\" class=\"stub\"/>\n",
			   box->x + LAYOUT_PAD + 9, row->y, x);
	out_printf(
		d->o,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\" class=\"row%s\"/>\n",
		x, top, right - x, LAYOUT_LINE * layout_lines(row),
		netmap_is_up(link) ? "" : " off");
	out_printf(d->o, "<circle cx=\"%d\" cy=\"%d\" r=\"4\" class=\"%s\"/>\n", x + 10, row->y,
		   dot_class(link));
	put_text(d, x + 20, row->y + 5, "title", layout_text(d->m->arena, link->dev.name, 15));
	for (size_t i = 0; i < row->n_text; i++)
		put_text(d, text, row->y + 5 + LAYOUT_LINE * (int)i, NULL, row->text[i]);
	put_text(d, text + LAYOUT_CHAR * (int)layout_tag_column(row), row->y + 5, "muted",
		 row->tag);
	put_badges(d, (struct netmap_end){box->ns, row->link}, right - 11, row->y);
}

/* What shows when the pointer rests on it. */
static void put_tooltip(const struct drawing *d, const struct netmap_ns *ns)
{
	out_puts(d->o, "<title>");
	put_raw(d, ns->title);
	out_printf(d->o, ", net:[%llu]", (unsigned long long)ns->inode);
	for (size_t i = 0; i < ns->n_listed && i < 40; i++) {
		out_puts(d->o, "\n");
		put_raw(d, ns->processes[i].command);
		out_printf(d->o, " %d", ns->processes[i].pid);
	}
	out_puts(d->o, "</title>\n");
}

static void put_box(const struct drawing *d, const struct layout_box *box)
{
	const struct netmap_ns *ns = &d->m->ns[box->ns];
	int x = box->x + LAYOUT_PAD, y = box->y + LAYOUT_PAD + 12;
	char inode[32];

	out_puts(d->o, "<g>\n");
	put_tooltip(d, ns);
	out_printf(
		d->o,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\" class=\"box%s%s\"/>\n",
		box->x, box->y, box->width, box->height, ns->here ? " here" : "",
		ns->unseen ? " unseen" : "");
	put_text(d, x, y, "title", box->title);
	snprintf(inode, sizeof(inode), "%llu", (unsigned long long)ns->inode);
	put_text(d, x + LAYOUT_CHAR * (int)(layout_columns(box->title) + 1), y, "muted small",
		 inode);
	put_badges(d, (struct netmap_end){box->ns, NETMAP_NONE},
		   box->x + box->width - LAYOUT_PAD - 11, y - 5);
	for (size_t i = 0; i < box->n_lines; i++) {
		bool process = box->lines[i].words == LAYOUT_PROCESS;

		y += LAYOUT_LINE;
		if (process)
			out_printf(d->o,
				   "<rect x=\"%d\" y=\"%d\" width=\"7\" height=\"7\" rx=\"1\" "
				   "class=\"bar\"/>\n",
				   x + 2, y - 8);
		put_text(d, x + 16, y, process ? NULL : "muted", box->lines[i].text);
	}
	for (size_t i = 0; i < box->n_rows; i++)
		put_row(d, box, &box->rows[i]);
	out_puts(d->o, "</g>\n");
}

/* --- wires --- */

static void put_plug(const struct drawing *d, int x, int y)
{
	out_printf(d->o,
		   "<rect x=\"%d\" y=\"%d\" width=\"8\" height=\"8\" rx=\"2\" class=\"plug\"/>",
		   x - 4, y - 4);
}

static void put_wire(const struct drawing *d, struct netmap_end from, struct netmap_end to)
{
	const struct layout_row *a = layout_row(d->l, from), *b = layout_row(d->l, to);
	const struct layout_box *left = &d->l->boxes[from.ns], *right = &d->l->boxes[to.ns];
	const struct netmap_link *la = netmap_at(d->m, from), *lb = netmap_at(d->m, to);
	bool off = !netmap_is_up(la) || !netmap_is_up(lb);
	int x1, x2, bend;

	if (!a || !b)
		return;
	if (left->x > right->x) {
		const struct layout_box *box = left;
		const struct layout_row *row = a;

		left = right, right = box;
		a = b, b = row;
	}
	x1 = left->x + left->width;
	/* in one column: both ends at the right, and a bend that others leave room for */
	x2 = left->x == right->x ? right->x + right->width : right->x;
	bend = left->x == right->x ? MIN(20 + abs(a->y - b->y) / 4, LAYOUT_CHANNEL - 20)
				   : (x2 - x1) / 2;
	out_printf(d->o, "<path d=\"M%d %dC%d %d %d %d %d %d\" class=\"wire%s\"/>", x1, a->y,
		   x1 + bend, a->y, left->x == right->x ? x2 + bend : x2 - bend, b->y, x2, b->y,
		   !netmap_is_pair(la) ? " lower"
		   : off               ? " off"
				       : "");
	put_plug(d, x1, a->y);
	put_plug(d, x2, b->y);
	out_puts(d->o, "\n");
}

static void put_wires(const struct drawing *d)
{
	for (uint32_t i = 0; i < d->m->n_ns; i++) {
		for (uint32_t k = 0; d->l->boxes[i].shown && k < d->m->ns[i].n_links; k++) {
			struct netmap_end own = {i, k}, peer = d->m->ns[i].links[k].peer;
			bool pair = netmap_is_pair(&d->m->ns[i].links[k]);

			if (peer.ns == NETMAP_NONE)
				continue;
			/* a pair once, though each of its ends knows the other */
			if (!pair || own.ns < peer.ns ||
			    (own.ns == peer.ns && own.link < peer.link))
				put_wire(d, own, peer);
		}
	}
}

/* --- the page --- */

static int legend_entry(const struct drawing *d, int x, int y, const char *mark, int width,
			const char *text)
{
	out_printf(d->o, "<g transform=\"translate(%d %d)\">%s</g>\n", x, y, mark);
	put_text(d, x + width + 6, y + 4, "muted small", text);
	return x + width + 6 + (int)strlen(text) * 7 + 12;
}

static void put_legend(const struct drawing *d, int y)
{
	static const struct {
		const char *mark;
		int width;
		const char *text;
	} entries[] = {
		{"<rect x=\"0\" y=\"-8\" width=\"26\" height=\"16\" rx=\"4\" class=\"box here\"/>",
		 26, "where kokon was called"},
		{"<rect x=\"0\" y=\"-8\" width=\"26\" height=\"16\" rx=\"4\" class=\"box\"/>", 26,
		 "network namespace"},
		{"<rect x=\"8\" y=\"-9\" width=\"7\" height=\"18\" rx=\"3\" class=\"bar\"/>"
		 "<path d=\"M15 0H26\" class=\"stub\"/>",
		 26, "bridge and port"},
		{"<path d=\"M0 0H26\" class=\"wire\"/>", 26, "pair (veth)"},
		{"<path d=\"M0 0H26\" class=\"wire off\"/>", 26, "an end is down"},
		{"<circle cx=\"6\" r=\"4\" class=\"up\"/>", 12, "up"},
		{"<circle cx=\"6\" r=\"4\" class=\"nocarrier\"/>", 12, "no carrier"},
		{"<circle cx=\"6\" r=\"4\" class=\"down\"/>", 12, "down"},
		{"<rect x=\"8\" y=\"-3\" width=\"7\" height=\"7\" rx=\"1\" class=\"bar\"/>", 16,
		 "process"},
	};
	int x = LAYOUT_MARGIN;

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		x = legend_entry(d, x, y, entries[i].mark, entries[i].width, entries[i].text);
}

static int put_unseen(const struct drawing *d, int width, int y)
{
	size_t columns = (size_t)(width - 2 * LAYOUT_MARGIN) / LAYOUT_CHAR;

	for (size_t i = 0; i < d->m->n_hidden; i++) {
		OUT_CLEANUP struct out o = {0};

		out_puts(&o, "Not seen: ");
		out_safe_text(&o, d->m->hidden[i], false);
		y = put_wrapped(d, LAYOUT_MARGIN, y, columns, "muted", o.text);
	}
	return y;
}

static void put_heading(const struct drawing *d)
{
	size_t n = 0;
	char *text;

	for (size_t i = 0; i < d->m->n_ns; i++)
		n += d->l->boxes[i].shown;
	if (d->m->only == NETMAP_NONE)
		text = arena_printf(d->m->arena, "%zu network namespace%s", n, netmap_plural(n));
	else
		text = arena_printf(d->m->arena, "%s and what it is joined to",
				    layout_text(d->m->arena, d->m->ns[d->m->only].title, 60));
	put_text(d, LAYOUT_MARGIN, 38, "heading", text);
}

void netmap_svg(const struct netmap *m, struct out *o)
{
	struct layout l = netmap_layout(m);
	OUT_CLEANUP struct out body = {0};
	struct drawing d = {m, &l, &body, NULL};
	int width = MAX(l.width + LAYOUT_MARGIN, 1100), y;

	number_problems(&d);
	put_heading(&d);
	put_legend(&d, 64);
	for (size_t i = 0; i < m->n_ns; i++)
		if (l.boxes[i].shown)
			put_box(&d, &l.boxes[i]);
	put_wires(&d);
	y = put_problems(&d, width, l.height + 16);
	y = put_unseen(&d, width, y) + 10;
	out_printf(o,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		   "viewBox=\"0 0 %d %d\" role=\"img\">\n"
		   "<title>Network namespaces</title>\n<style>%s</style>\n"
		   "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		   width, y, width, y, style);
	out_put(o, body.text, body.len);
	out_puts(o, "</svg>\n");
}
