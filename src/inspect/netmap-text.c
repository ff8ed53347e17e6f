// SPDX-License-Identifier: Apache-2.0
/*
 * The map for a terminal: a tree of namespaces, interfaces and bridge ports with what each is
 * joined to, and below it what is wrong. Of one namespace, its routes and sockets besides.
 */
#include <string.h>
#include "netmap.h"
#include "table.h"

enum {
	DEEPEST = 8, /* interfaces that are ports of ports */
	INDENT = 2,
};
enum { NAME, STATE, ADDRESSES, JOINED, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[NAME] = {"NAME", COLUMN_TREE, 0, TABLE_STRING},
	[STATE] = {"STATE", 0, 0, TABLE_STRING},
	[ADDRESSES] = {"ADDRESS", COLUMN_LINES, 0, TABLE_STRING},
	[JOINED] = {"JOINED TO", COLUMN_TRUNCATE, 0, TABLE_STRING},
};

static const struct table_column listener_columns[] = {
	{"PROTOCOL", 0, 0, TABLE_STRING},
	{"ADDRESS", 0, 0, TABLE_STRING},
	{"PORT", COLUMN_RIGHT, 0, TABLE_STRING},
	{"PROCESS", COLUMN_TRUNCATE, 0, TABLE_STRING},
};

static struct table_style table_style(const struct netmap_style *style)
{
	return (struct table_style){.format = TABLE_ALIGNED,
				    .ascii = style->ascii,
				    .width = style->width};
}

static void put_processes(const struct netmap_ns *ns, size_t most, struct out *o)
{
	size_t n = MIN(ns->n_listed, most);

	if (!ns->n_processes) {
		out_puts(o, "no process");
		if (ns->held)
			out_printf(o, ", held by %s", ns->held);
		return;
	}
	out_printf(o, "%u process%s", ns->n_processes, ns->n_processes == 1 ? "" : "es");
	for (size_t i = 0; i < n; i++) {
		const struct netmap_process *p = &ns->processes[i];

		out_printf(o, "%s%d %s", i ? ", " : ": ", p->pid, p->command);
		if (p->container)
			out_printf(o, " (%s)", p->container);
	}
	if (n && n < ns->n_processes)
		out_printf(o, " and %zu more", (size_t)ns->n_processes - n);
}

static void put_joined(const struct netmap *m, uint32_t at, const struct netmap_link *l,
		       struct out *o)
{
	if (l->peer.ns != NETMAP_NONE) {
		if (!netmap_is_pair(l))
			out_puts(o, "on ");
		netmap_put_end(o, m, l->peer, at);
	} else if (netmap_is_pair(l)) {
		out_puts(o, "(an end that cannot be seen)");
	}
	if (l->dev.master && l->bridge == NETMAP_NONE)
		out_printf(o, "%sport of %d", o->len ? ", " : "", l->dev.master);
	if (!netmap_is_pair(l) && !netmap_is_loopback(l) && *l->dev.kind)
		out_printf(o, "%s%s", o->len ? ", " : "", l->dev.kind);
}

static void set_text(struct table *t, size_t row, size_t column, struct out *o)
{
	if (o->len)
		table_set(t, row, column, o->text);
	o->len = 0;
}

static void add_link(const struct netmap *m, uint32_t at, const struct netmap_link *l,
		     struct table *t, size_t parent, int depth)
{
	const struct netmap_ns *ns = &m->ns[at];
	OUT_CLEANUP struct out o = {0};
	size_t row = table_add_row(t, parent);

	table_set(t, row, NAME, l->dev.name);
	table_set(t, row, STATE, netmap_state(l));
	for (size_t i = 0; i < l->n_addresses; i++) {
		if (m->only == NETMAP_NONE && !netmap_is_worth_showing(l, &l->addresses[i]))
			continue;
		out_puts(&o, o.len ? "\n" : "");
		netmap_put_cidr(&o, &l->addresses[i].ip);
	}
	set_text(t, row, ADDRESSES, &o);
	put_joined(m, at, l, &o);
	set_text(t, row, JOINED, &o);
	for (size_t i = 0; i < ns->n_links; i++)
		if (ns->links[i].bridge == (uint32_t)(l - ns->links) && depth < DEEPEST)
			add_link(m, at, &ns->links[i], t, row, depth + 1);
}

static void add_namespace(const struct netmap *m, uint32_t at, struct table *t)
{
	const struct netmap_ns *ns = &m->ns[at];
	OUT_CLEANUP struct out o = {0};
	size_t row = table_add_row(t, TABLE_NO_PARENT);

	out_puts(&o, ns->title);
	for (size_t i = 0; i < ns->n_names; i++)
		if (strcmp(ns->names[i], ns->title) != 0)
			out_printf(&o, " = %s", ns->names[i]);
	set_text(t, row, NAME, &o);
	put_processes(ns, 3, &o);
	if (ns->unseen)
		out_printf(&o, "; %s", ns->unseen);
	set_text(t, row, JOINED, &o);
	for (size_t i = 0; i < ns->n_links; i++)
		if (ns->links[i].bridge == NETMAP_NONE)
			add_link(m, at, &ns->links[i], t, row, 0);
}

/* Safe text, broken at blanks where the terminal ends; later lines are indented. */
static void put_wrapped(const char *safe, size_t width, struct out *o)
{
	size_t column = 0;

	while (*safe) {
		size_t n = strcspn(safe, " ");

		if (width && column > INDENT && column + n > width) {
			out_printf(o, "\n%*s", INDENT, "");
			column = INDENT;
		}
		out_put(o, safe, n);
		column += n;
		safe += n;
		/* the blank is put only when a word follows on this line */
		if (*safe && (!width || column + 1 + strcspn(safe + 1, " ") <= width)) {
			out_puts(o, " ");
			column++;
		}
		safe += *safe != '\0';
	}
	out_puts(o, "\n");
}

static void put_problem(const struct netmap *m, const struct netmap_problem *p,
			const struct netmap_style *style, struct out *o)
{
	const struct netmap_ns *ns = &m->ns[p->ns];
	OUT_CLEANUP struct out line = {0};

	out_puts(&line, p->level == NETMAP_WRONG ? "! " : "- ");
	out_safe_text(&line, ns->title, style->ascii);
	if (p->link != NETMAP_NONE) {
		out_puts(&line, " ");
		out_safe_text(&line, ns->links[p->link].dev.name, style->ascii);
	}
	out_puts(&line, ": ");
	out_safe_text(&line, p->text, style->ascii);
	put_wrapped(line.text, style->width, o);
	if (!p->remedy)
		return;
	/* in one line, to be copied */
	out_printf(o, "%*s", 2 * INDENT, "");
	out_safe_text(o, p->remedy, style->ascii);
	out_puts(o, "\n");
}

static void put_wrong(const struct netmap *m, const struct netmap_style *style, struct out *o)
{
	size_t wrong = 0, n = 0;

	for (size_t i = 0; i < m->n_problems; i++)
		if (m->only == NETMAP_NONE || m->problems[i].ns == m->only) {
			wrong += m->problems[i].level == NETMAP_WRONG;
			n++;
		}
	if (!n)
		return;
	out_printf(o, "\n%s\n", wrong ? "What is wrong:" : "Worth knowing:");
	for (size_t i = 0; i < m->n_problems; i++)
		if (m->only == NETMAP_NONE || m->problems[i].ns == m->only)
			put_problem(m, &m->problems[i], style, o);
}

static void put_routes(const struct netmap_ns *ns, const struct netmap_style *style, struct out *o)
{
	OUT_CLEANUP struct out line = {0};

	if (!ns->all_routes) {
		out_puts(o, "\nRoutes: none\n");
		return;
	}
	out_puts(o, "\nRoutes:\n");
	for (size_t i = 0; i < ns->n_routes; i++) {
		line.len = 0;
		netmap_put_route(&line, ns, &ns->routes[i]);
		out_puts(o, "  ");
		out_safe_text(o, line.text, style->ascii);
		out_puts(o, "\n");
	}
	if (ns->all_routes > ns->n_routes)
		out_printf(o, "  and %zu more\n", ns->all_routes - ns->n_routes);
}

static void put_listeners(const struct netmap_sockets *s, const struct netmap_style *style,
			  struct out *o)
{
	const struct table_style look = table_style(style);
	TABLE_CLEANUP struct table t;
	OUT_CLEANUP struct out text = {0};

	table_init(&t, listener_columns, ARRAY_SIZE(listener_columns));
	for (size_t i = 0; i < s->n_listeners; i++) {
		const struct netmap_listener *l = &s->listeners[i];
		size_t row = table_add_row(&t, TABLE_NO_PARENT);

		table_set(&t, row, 0, l->protocol);
		netmap_put_ip(&text, &l->ip);
		set_text(&t, row, 1, &text);
		table_setf(&t, row, 2, "%u", l->port);
		if (l->pid)
			table_setf(&t, row, 3, "%d %s", l->pid, l->command);
	}
	table_print(&t, &look, o);
}

static void put_sockets(const struct netmap_ns *ns, const struct netmap_style *style, struct out *o)
{
	const struct netmap_sockets *s = &ns->sockets;

	if (!s->known)
		return;
	out_printf(o, "\nSockets: %u TCP listening, %u connected, %u closing; %u UDP\n",
		   s->tcp_listening, s->tcp_connected, s->tcp_closing, s->udp);
	if (s->n_listeners)
		put_listeners(s, style, o);
}

static const char *on_off(int value)
{
	return value < 0 ? "not known" : value ? "on" : "off";
}

static void put_rest(const struct netmap_ns *ns, struct out *o)
{
	if (ns->nft_rules >= 0)
		out_printf(o, "\nFirewall: %lld nftables rule%s in %lld table%s%s\n",
			   (long long)ns->nft_rules, netmap_plural((uint64_t)ns->nft_rules),
			   (long long)ns->nft_tables, netmap_plural((uint64_t)ns->nft_tables),
			   ns->nat ? ", with NAT" : "");
	else
		out_puts(o, "\nFirewall: the rules of nftables may not be read\n");
	out_printf(o, "Forwarding: IPv4 %s, IPv6 %s\n", on_off(ns->forward4), on_off(ns->forward6));
}

static void put_details(const struct netmap_ns *ns, const struct netmap_style *style, struct out *o)
{
	if (ns->unseen)
		return;
	put_routes(ns, style, o);
	put_sockets(ns, style, o);
	put_rest(ns, o);
}

void netmap_text(const struct netmap *m, const struct netmap_style *style, struct out *o)
{
	const struct table_style look = table_style(style);
	TABLE_CLEANUP struct table t;

	table_init(&t, columns, N_COLUMNS);
	for (uint32_t i = 0; i < m->n_ns; i++)
		if (m->only == NETMAP_NONE || m->only == i)
			add_namespace(m, i, &t);
	table_print(&t, &look, o);
	if (m->only != NETMAP_NONE)
		put_details(&m->ns[m->only], style, o);
	put_wrong(m, style, o);
	if (m->n_hidden)
		out_puts(o, "\nNot seen:\n");
	for (size_t i = 0; i < m->n_hidden; i++) {
		out_puts(o, "  ");
		out_safe_text(o, m->hidden[i], style->ascii);
		out_puts(o, "\n");
	}
}
