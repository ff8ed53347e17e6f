// SPDX-License-Identifier: Apache-2.0
/* The map as a JSON document: everything that was read, and what is wrong with it. */
#include "netmap.h"

/* One value after another, with commas between. */
struct json {
	struct out *o;
	int depth;
	bool first;
};

static void next(struct json *j, const char *key)
{
	out_printf(j->o, "%s\n%*s", j->first ? "" : ",", 3 * j->depth, "");
	j->first = false;
	if (key)
		out_printf(j->o, "\"%s\": ", key);
}

static void begin(struct json *j, const char *key, const char *bracket)
{
	next(j, key);
	out_puts(j->o, bracket);
	j->depth++;
	j->first = true;
}

static void end(struct json *j, const char *bracket)
{
	j->depth--;
	if (!j->first)
		out_printf(j->o, "\n%*s", 3 * j->depth, "");
	out_puts(j->o, bracket);
	j->first = false;
}

static void put_text(struct json *j, const char *key, const char *text)
{
	next(j, key);
	out_json_string(j->o, text);
}

static void put_number(struct json *j, const char *key, int64_t n)
{
	next(j, key);
	out_printf(j->o, "%lld", (long long)n);
}

/* A negative number is one that could not be read. */
static void put_known(struct json *j, const char *key, int64_t n)
{
	if (n < 0)
		put_text(j, key, NULL);
	else
		put_number(j, key, n);
}

static void put_bool(struct json *j, const char *key, int value)
{
	next(j, key);
	out_puts(j->o, value < 0 ? "null" : value ? "true" : "false");
}

static void put_end(struct json *j, const char *key, const struct netmap *m, struct netmap_end e)
{
	const struct netmap_link *l = netmap_at(m, e);

	if (!l) {
		put_text(j, key, NULL);
		return;
	}
	begin(j, key, "{");
	put_number(j, "namespace", (int64_t)m->ns[e.ns].inode);
	put_number(j, "index", l->dev.index);
	put_text(j, "name", l->dev.name);
	end(j, "}");
}

static void put_addresses(struct json *j, const struct netmap_link *l)
{
	begin(j, "addresses", "[");
	for (size_t i = 0; i < l->n_addresses; i++) {
		const struct address *a = &l->addresses[i];
		char text[IP_TEXT_MAX];

		begin(j, NULL, "{");
		put_text(j, "address", ip_format(&a->ip, text));
		put_number(j, "prefix", a->ip.prefix);
		put_text(j, "scope",
			 netmap_is_wide(a)           ? "global"
			 : a->scope == RT_SCOPE_LINK ? "link"
						     : "host");
		end(j, "}");
	}
	end(j, "]");
}

static void put_link(struct json *j, const struct netmap *m, const struct netmap_ns *ns,
		     const struct netmap_link *l)
{
	char mac[3 * LINK_ADDRESS_MAX] = "";

	link_format_address(l->dev.address, l->dev.address_len, mac, sizeof(mac));
	begin(j, NULL, "{");
	put_number(j, "index", l->dev.index);
	put_text(j, "name", l->dev.name);
	put_text(j, "kind", netmap_kind(l));
	put_bool(j, "up", netmap_is_up(l));
	put_bool(j, "carrier", netmap_has_carrier(l));
	put_number(j, "mtu", l->dev.mtu);
	put_text(j, "mac", *mac ? mac : NULL);
	put_text(j, "master", l->bridge == NETMAP_NONE ? NULL : ns->links[l->bridge].dev.name);
	put_end(j, netmap_is_pair(l) ? "peer" : "lower", m, l->peer);
	put_addresses(j, l);
	end(j, "}");
}

static void put_routes(struct json *j, const struct netmap_ns *ns)
{
	begin(j, "routes", "[");
	for (size_t i = 0; i < ns->n_routes; i++) {
		const struct route *r = &ns->routes[i];
		const struct netmap_link *l = netmap_link_by_index(ns, r->link);
		char text[IP_TEXT_MAX];

		begin(j, NULL, "{");
		put_text(j, "family", r->family == 2 ? "inet" : "inet6");
		put_text(j, "type", netmap_route_type(r));
		put_text(j, "to", r->to.prefix ? ip_format_cidr(&r->to, text) : "default");
		put_text(j, "via", r->via.family ? ip_format(&r->via, text) : NULL);
		put_text(j, "dev", l ? l->dev.name : NULL);
		put_number(j, "metric", r->metric);
		end(j, "}");
	}
	end(j, "]");
	put_number(j, "routes_in_all", (int64_t)ns->all_routes);
}

static void put_sockets(struct json *j, const struct netmap_sockets *s)
{
	if (!s->known) {
		put_text(j, "sockets", NULL);
		return;
	}
	begin(j, "sockets", "{");
	put_number(j, "tcp_listening", s->tcp_listening);
	put_number(j, "tcp_connected", s->tcp_connected);
	put_number(j, "tcp_closing", s->tcp_closing);
	put_number(j, "udp", s->udp);
	begin(j, "listeners", "[");
	for (size_t i = 0; i < s->n_listeners; i++) {
		const struct netmap_listener *l = &s->listeners[i];
		char text[IP_TEXT_MAX];

		begin(j, NULL, "{");
		put_text(j, "protocol", l->protocol);
		put_text(j, "address", ip_format(&l->ip, text));
		put_number(j, "port", l->port);
		put_known(j, "pid", l->pid ? l->pid : -1);
		put_text(j, "command", l->command);
		end(j, "}");
	}
	end(j, "]");
	end(j, "}");
}

static void put_processes(struct json *j, const struct netmap_ns *ns)
{
	put_number(j, "processes_in_all", ns->n_processes);
	begin(j, "processes", "[");
	for (size_t i = 0; i < ns->n_listed; i++) {
		begin(j, NULL, "{");
		put_number(j, "pid", ns->processes[i].pid);
		put_text(j, "command", ns->processes[i].command);
		put_text(j, "container", ns->processes[i].container);
		end(j, "}");
	}
	end(j, "]");
}

static void put_namespace(struct json *j, const struct netmap *m, const struct netmap_ns *ns)
{
	begin(j, NULL, "{");
	put_number(j, "inode", (int64_t)ns->inode);
	put_text(j, "title", ns->title);
	begin(j, "names", "[");
	for (size_t i = 0; i < ns->n_names; i++)
		put_text(j, NULL, ns->names[i]);
	end(j, "]");
	put_text(j, "target", ns->target);
	put_bool(j, "here", ns->here);
	put_text(j, "held_by", ns->held);
	put_text(j, "unseen", ns->unseen);
	put_processes(j, ns);
	begin(j, "interfaces", "[");
	for (size_t i = 0; i < ns->n_links; i++)
		put_link(j, m, ns, &ns->links[i]);
	end(j, "]");
	put_routes(j, ns);
	put_sockets(j, &ns->sockets);
	put_known(j, "nft_rules", ns->nft_rules);
	put_known(j, "nft_tables", ns->nft_tables);
	put_bool(j, "nat", ns->nft_rules < 0 ? -1 : ns->nat);
	put_bool(j, "forward_ipv4", ns->forward4);
	put_bool(j, "forward_ipv6", ns->forward6);
	end(j, "}");
}

static void put_problem(struct json *j, const struct netmap *m, const struct netmap_problem *p)
{
	const struct netmap_ns *ns = &m->ns[p->ns];

	begin(j, NULL, "{");
	put_text(j, "id", p->id);
	put_text(j, "level", p->level == NETMAP_WRONG ? "wrong" : "note");
	put_number(j, "namespace", (int64_t)ns->inode);
	put_text(j, "title", ns->title);
	put_text(j, "interface", p->link == NETMAP_NONE ? NULL : ns->links[p->link].dev.name);
	put_text(j, "text", p->text);
	put_text(j, "remedy", p->remedy);
	end(j, "}");
}

void netmap_json(const struct netmap *m, struct out *o)
{
	struct json j = {o, 1, true};

	out_puts(o, "{");
	begin(&j, "namespaces", "[");
	for (uint32_t i = 0; i < m->n_ns; i++)
		if (m->only == NETMAP_NONE || m->only == i)
			put_namespace(&j, m, &m->ns[i]);
	end(&j, "]");
	begin(&j, "problems", "[");
	for (size_t i = 0; i < m->n_problems; i++)
		if (m->only == NETMAP_NONE || m->only == m->problems[i].ns)
			put_problem(&j, m, &m->problems[i]);
	end(&j, "]");
	begin(&j, "not_seen", "[");
	for (size_t i = 0; i < m->n_hidden; i++)
		put_text(&j, NULL, m->hidden[i]);
	end(&j, "]");
	out_puts(o, "\n}\n");
}
