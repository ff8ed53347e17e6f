// SPDX-License-Identifier: Apache-2.0
/* The text in the boxes of the map's picture. */
#include <string.h>
#include "netmap-lines.h"
#include "table.h"

enum { MOST_COLUMNS = 42, MOST_PROCESSES = 5, MOST_ROUTES = 2 };

/* Bytes of the character at s, and its columns: two for those of East Asian scripts. */
static size_t step(const char *s, size_t *ret_columns)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	*ret_columns = n == 4 || (n == 3 && u[0] >= 0xe3 && u[0] <= 0xed) ? 2 : 1;
	for (size_t i = 1; i < n; i++)
		if (!u[i])
			return i;
	return n;
}

size_t layout_columns(const char *text)
{
	size_t columns = 0, one;

	for (; *text; text += step(text, &one), columns += one)
		;
	return columns;
}

const char *layout_text(struct arena *a, const char *raw, size_t most)
{
	OUT_CLEANUP struct out o = {0};
	size_t columns = 0, at = 0, one;

	out_puts(&o, "");
	out_safe_text(&o, raw, false);
	if (layout_columns(o.text) <= most)
		return arena_strdup(a, o.text);
	while (o.text[at]) {
		size_t n = step(o.text + at, &one);

		if (columns + one > most - 1)
			break;
		columns += one;
		at += n;
	}
	return arena_printf(a, "%.*s…", (int)at, o.text);
}

struct lines {
	struct arena *a;
	struct layout_box *box;
	size_t room;
};

static void add(struct lines *l, enum layout_words words, struct out *o)
{
	if (l->box->n_lines == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		l->box->lines =
			memcpy(arena_array(l->a, struct layout_line, l->room),
			       l->box->lines ? l->box->lines : (struct layout_line[1]){{0, NULL}},
			       l->box->n_lines * sizeof(*l->box->lines));
	}
	l->box->lines[l->box->n_lines++] =
		(struct layout_line){words, layout_text(l->a, o->text, MOST_COLUMNS)};
	o->len = 0;
}

static void add_processes(struct lines *l, const struct netmap_ns *ns, struct out *o)
{
	size_t n = MIN(ns->n_listed, (size_t)MOST_PROCESSES);

	for (size_t i = 0; i < n; i++) {
		const struct netmap_process *p = &ns->processes[i];

		out_printf(o, "%d %s", p->pid, p->command);
		if (p->container)
			out_printf(o, " (%s)", p->container);
		add(l, LAYOUT_PROCESS, o);
	}
	if (ns->n_processes > n) {
		if (n)
			out_printf(o, "and %zu more", ns->n_processes - n);
		else
			out_printf(o, "%u process%s", ns->n_processes,
				   ns->n_processes == 1 ? "" : "es");
		add(l, LAYOUT_PLAIN, o);
	} else if (!ns->n_processes) {
		out_puts(o, "no process");
		add(l, LAYOUT_PLAIN, o);
	}
}

static void add_routes(struct lines *l, const struct netmap_ns *ns, struct out *o)
{
	size_t n = 0;

	for (size_t i = 0; i < ns->n_routes && n < MOST_ROUTES; i++) {
		if (ns->routes[i].to.prefix)
			continue;
		netmap_put_route(o, ns, &ns->routes[i]);
		add(l, LAYOUT_PLAIN, o);
		n++;
	}
}

static void add_counts(struct lines *l, const struct netmap_ns *ns, struct out *o)
{
	const struct netmap_sockets *s = &ns->sockets;
	bool four = ns->forward4 == 1, six = ns->forward6 == 1;

	if (s->known && s->tcp_listening + s->tcp_connected + s->udp) {
		out_printf(o, "sockets: %u listening, %u connected, %u UDP", s->tcp_listening,
			   s->tcp_connected, s->udp);
		add(l, LAYOUT_PLAIN, o);
	}
	if (ns->nft_rules > 0) {
		out_printf(o, "%lld nftables rule%s%s", (long long)ns->nft_rules,
			   netmap_plural((uint64_t)ns->nft_rules), ns->nat ? ", NAT" : "");
		add(l, LAYOUT_PLAIN, o);
	}
	if (four || six) {
		out_printf(o, "forwards %s%s%s", four ? "IPv4" : "", four && six ? ", " : "",
			   six ? "IPv6" : "");
		add(l, LAYOUT_PLAIN, o);
	}
}

void layout_write_lines(struct layout *l, struct layout_box *box)
{
	const struct netmap_ns *ns = &l->m->ns[box->ns];
	struct lines lines = {.a = l->m->arena, .box = box};
	OUT_CLEANUP struct out o = {0};

	box->title = layout_text(lines.a, ns->title, MOST_COLUMNS - 10);
	for (size_t i = 0; i < ns->n_names; i++) {
		if (strcmp(ns->names[i], ns->title) == 0)
			continue;
		out_printf(&o, "= %s", ns->names[i]);
		add(&lines, LAYOUT_PLAIN, &o);
	}
	add_processes(&lines, ns, &o);
	if (ns->unseen) {
		out_puts(&o, ns->unseen);
		add(&lines, LAYOUT_PLAIN, &o);
		return;
	}
	add_routes(&lines, ns, &o);
	add_counts(&lines, ns, &o);
}

void layout_write_row(struct layout *l, struct layout_row *row, const struct netmap_link *link)
{
	struct arena *a = l->m->arena;
	const char **text = arena_array(a, const char *, link->n_addresses + 2);
	const char *kind = netmap_is_pair(link) || netmap_is_loopback(link) || !*link->dev.kind
				   ? NULL
				   : layout_text(a, link->dev.kind, MOST_COLUMNS);
	OUT_CLEANUP struct out o = {0};

	for (size_t i = 0; i < link->n_addresses; i++) {
		if (!netmap_is_worth_showing(link, &link->addresses[i]))
			continue;
		o.len = 0;
		netmap_put_cidr(&o, &link->addresses[i].ip);
		text[row->n_text++] = arena_strdup(a, o.text);
	}
	o.len = 0;
	out_puts(&o, kind ? kind : "");
	if (strcmp(netmap_state(link), "up") != 0)
		out_printf(&o, "%s%s", kind ? ", " : "", netmap_state(link));
	row->tag = arena_strdup(a, o.text);
	row->text = text;
}
