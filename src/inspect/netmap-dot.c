// SPDX-License-Identifier: Apache-2.0
/* The map in the language of Graphviz (dot(1)), for those who want another layout. */
#include "netmap.h"
#include "table.h"

/* Raw text within a quoted string: dot knows escapes of its own, "\N" and the like. */
static void put_quoted(struct out *o, const char *raw)
{
	OUT_CLEANUP struct out safe = {0};

	out_puts(&safe, "");
	out_safe_text(&safe, raw, false);
	for (const char *s = safe.text; *s; s++) {
		if (*s == '"' || *s == '\\')
			out_puts(o, "\\");
		out_put(o, s, 1);
	}
}

static void put_processes(const struct netmap_ns *ns, uint32_t at, struct out *o)
{
	size_t n = MIN(ns->n_listed, (size_t)5);

	if (!ns->n_processes)
		return;
	out_printf(o, "\t\tp%u [shape=note, label=\"", at);
	for (size_t i = 0; i < n; i++) {
		put_quoted(o, ns->processes[i].command);
		out_printf(o, " %d\\l", ns->processes[i].pid);
	}
	if (ns->n_processes > n)
		out_printf(o, "%s%zu more\\l", n ? "and " : "", ns->n_processes - n);
	out_puts(o, "\"];\n");
}

static void put_link(const struct netmap_link *l, uint32_t ns, size_t at, struct out *o)
{
	out_printf(o, "\t\tn%u_%zu [label=\"", ns, at);
	put_quoted(o, l->dev.name);
	for (size_t i = 0; i < l->n_addresses; i++) {
		if (!netmap_is_worth_showing(l, &l->addresses[i]))
			continue;
		out_puts(o, "\\n");
		netmap_put_cidr(o, &l->addresses[i].ip);
	}
	out_puts(o, "\"");
	if (netmap_is_bridge(l))
		out_puts(o, ", style=filled, fillcolor=\"#cfdcf0\"");
	if (!netmap_is_up(l))
		out_puts(o, ", color=red, fontcolor=red");
	out_puts(o, "];\n");
}

static void put_namespace(const struct netmap *m, uint32_t at, struct out *o)
{
	const struct netmap_ns *ns = &m->ns[at];

	out_printf(o, "\tsubgraph cluster_%u {\n\t\tlabel=\"", at);
	put_quoted(o, ns->title);
	out_printf(o, "\\nnet:[%llu]\";\n", (unsigned long long)ns->inode);
	if (ns->here)
		out_puts(o, "\t\tcolor=blue;\n");
	if (!ns->n_links && !ns->n_processes) /* dot draws no empty cluster */
		out_printf(o, "\t\te%u [shape=plain, label=\"\"];\n", at);
	put_processes(ns, at, o);
	for (size_t i = 0; i < ns->n_links; i++)
		put_link(&ns->links[i], at, i, o);
	for (size_t i = 0; i < ns->n_links; i++)
		if (ns->links[i].bridge != NETMAP_NONE)
			out_printf(o, "\t\tn%u_%u -- n%u_%zu [style=bold];\n", at,
				   ns->links[i].bridge, at, i);
	out_puts(o, "\t}\n");
}

static bool is_drawn(const struct netmap *m, uint32_t at)
{
	if (m->only == NETMAP_NONE || m->only == at)
		return true;
	for (size_t i = 0; i < m->ns[m->only].n_links; i++)
		if (m->ns[m->only].links[i].peer.ns == at)
			return true;
	return false;
}

void netmap_dot(const struct netmap *m, struct out *o)
{
	out_puts(o, "graph kokon {\n"
		    "\tgraph [rankdir=LR, fontname=\"monospace\"];\n"
		    "\tnode [shape=box, fontname=\"monospace\", fontsize=10];\n");
	for (uint32_t i = 0; i < m->n_ns; i++)
		if (is_drawn(m, i))
			put_namespace(m, i, o);
	for (uint32_t i = 0; i < m->n_ns; i++) {
		for (uint32_t k = 0; is_drawn(m, i) && k < m->ns[i].n_links; k++) {
			const struct netmap_link *l = &m->ns[i].links[k];
			struct netmap_end peer = l->peer;
			bool pair = netmap_is_pair(l);

			if (peer.ns == NETMAP_NONE || !is_drawn(m, peer.ns) ||
			    (pair && (peer.ns < i || (peer.ns == i && peer.link < k))))
				continue;
			out_printf(o, "\tn%u_%u -- n%u_%u%s;\n", i, k, peer.ns, peer.link,
				   pair ? " [color=darkgreen, penwidth=2]" : " [style=dotted]");
		}
	}
	out_puts(o, "}\n");
}
