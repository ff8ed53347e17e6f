// SPDX-License-Identifier: Apache-2.0
/* kokon network ls, inspect. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "link.h"
#include "macros.h"
#include "network-do.h"
#include "pool.h"
#include "table.h"

static uint32_t used(const struct network_context *c, const char *name)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	struct err ignored = {0};

	return pool_open(c->directory, name, &pool, &ignored) < 0 ? 0 : pool_used(&pool);
}

static const char *options_of(const struct network *n)
{
	static const char *const words[] = {"", "internal", "isolated", "internal,isolated"};

	return words[n->flags & (NETWORK_INTERNAL | NETWORK_ISOLATED)];
}

static const struct table_column columns[] = {
	{.name = "NAME"},      {.name = "DRIVER"},
	{.name = "INTERFACE"}, {.name = "SUBNET"},
	{.name = "GATEWAY"},   {.name = "CONTAINERS", .flags = COLUMN_RIGHT, .type = TABLE_NUMBER},
	{.name = "OPTIONS"},
};

static void join_ips(const struct ip ips[FAMILIES], bool cidr, char *buf, size_t size)
{
	char a[IP_TEXT_MAX] = "", b[IP_TEXT_MAX] = "";

	if (ips[V4].family)
		cidr ? ip_format_cidr(&ips[V4], a) : ip_format(&ips[V4], a);
	if (ips[V6].family)
		cidr ? ip_format_cidr(&ips[V6], b) : ip_format(&ips[V6], b);
	snprintf(buf, size, "%s%s%s", a, *a && *b ? "," : "", b);
}

int network_ls(const struct network_request *q, struct out *o, struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	TABLE_CLEANUP struct table t;
	int r = network_context_open(&c, err);

	if (r < 0)
		return r;
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < c.list.n; i++) {
		const struct network *n = &c.list.v[i];
		char text[2 * IP_TEXT_MAX];
		size_t row;

		if (q->quiet) {
			out_printf(o, "%s\n", n->name);
			continue;
		}
		row = table_add_row(&t, TABLE_NO_PARENT);
		table_set(&t, row, 0, n->name);
		table_set(&t, row, 1, n->driver);
		table_set(&t, row, 2, n->interface);
		join_ips(n->subnet, true, text, sizeof(text));
		table_set(&t, row, 3, text);
		join_ips(n->gateway, false, text, sizeof(text));
		table_set(&t, row, 4, text);
		table_setf(&t, row, 5, "%u", used(&c, n->name));
		table_set(&t, row, 6, options_of(n));
	}
	if (!q->quiet)
		table_print(&t,
			    &(struct table_style){.format = q->json ? TABLE_JSON : TABLE_ALIGNED,
						  .width = q->json ? 0 : terminal_width(1),
						  .name = "networks"},
			    o);
	table_free(&t);
	table_init(&t, columns, 0);
	return 0;
}

/* --- inspect: always JSON --- */

static void put_member(const struct network *n, const struct lease *l, bool first, struct out *o)
{
	char mac[18], port[PUBLISH_TEXT_MAX], ip[IP_TEXT_MAX];

	out_printf(o, "%s\n      {\"name\": ", first ? "" : ",");
	out_json_string(o, l->owner);
	out_puts(o, ", \"interface\": ");
	out_json_string(o, l->inside);
	link_format_address(l->mac, 6, mac, sizeof(mac));
	out_printf(o, ", \"mac\": \"%s\", \"addresses\": [", mac);
	for (int f = 0, k = 0; f < FAMILIES; f++) {
		struct ip a = network_address(n, f, l->place);

		if (a.family)
			out_printf(o, "%s\"%s\"", k++ ? ", " : "", ip_format_cidr(&a, ip));
	}
	out_puts(o, "], \"aliases\": ");
	out_json_string(o, l->aliases);
	out_puts(o, ", \"ports\": [");
	for (size_t i = 0; i < MIN(l->n_ports, LEASE_PORTS); i++)
		out_printf(o, "%s\"%s\"", i ? ", " : "", publish_format(&l->ports[i], port));
	out_puts(o, "]}");
}

static void put_subnets(const struct network *n, struct out *o)
{
	char text[IP_TEXT_MAX];
	int k = 0;

	out_puts(o, "    \"subnets\": [");
	for (int f = 0; f < FAMILIES; f++) {
		if (!n->subnet[f].family)
			continue;
		out_printf(o, "%s{\"subnet\": \"%s\"", k++ ? ", " : "",
			   ip_format_cidr(&n->subnet[f], text));
		if (n->gateway[f].family)
			out_printf(o, ", \"gateway\": \"%s\"", ip_format(&n->gateway[f], text));
		out_puts(o, "}");
	}
	out_puts(o, "],\n");
}

static void put_network(const struct network_context *c, const struct network *n, struct out *o)
{
	POOL_CLEANUP struct pool pool = POOL_NONE;
	struct err ignored = {0};
	const struct lease *l;
	struct tm tm;
	char created[32];
	time_t at = (time_t)n->created;
	uint32_t place = 1;
	bool first = true;

	gmtime_r(&at, &tm);
	strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", &tm);
	out_printf(o,
		   "  {\n    \"name\": \"%s\",\n    \"driver\": \"%s\",\n    \"interface\": "
		   "\"%s\",\n    \"created\": \"%s\",\n",
		   n->name, n->driver, n->interface, created);
	put_subnets(n, o);
	if (network_mode(n))
		out_printf(o, "    \"mode\": \"%s\",\n", network_mode_word(network_mode(n)));
	if (n->vlan)
		out_printf(o, "    \"vlan\": %u,\n", n->vlan);
	out_printf(o,
		   "    \"mtu\": %u,\n    \"internal\": %s,\n    \"isolated\": %s,\n    \"dns\": "
		   "%s,\n    \"containers\": [",
		   n->mtu, n->flags & NETWORK_INTERNAL ? "true" : "false",
		   n->flags & NETWORK_ISOLATED ? "true" : "false",
		   n->flags & NETWORK_NO_NAMES ? "false" : "true");
	if (pool_open(c->directory, n->name, &pool, &ignored) == 0) {
		while ((l = pool_next(&pool, &place))) {
			put_member(n, l, first, o);
			first = false;
		}
	}
	out_printf(o, "%s]\n  }", first ? "" : "\n    ");
}

int network_inspect(const struct network_request *q UNUSED, char *const *names, struct out *o,
		    struct err *err)
{
	NETWORK_CONTEXT_CLEANUP struct network_context c = {.directory = -1, .guard = -1};
	int r = network_context_open(&c, err);

	out_puts(o, "[\n");
	for (size_t i = 0; r == 0 && names[i]; i++) {
		const struct network *n = network_of(&c.list, names[i], err);

		if (!n)
			return -ENOENT;
		if (i)
			out_puts(o, ",\n");
		put_network(&c, n, o);
	}
	out_puts(o, "\n]\n");
	return r;
}
