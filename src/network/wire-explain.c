// SPDX-License-Identifier: Apache-2.0
/* What wire.c and wire-parts.c do, as ip(8) commands. */
#include <stdio.h>
#include "wire.h"

/* The name that is asked for, or the one that the kernel would begin with. */
static struct wire_end named(const struct wire_end *w, const char *prefix, size_t i, char buf[16])
{
	struct wire_end copy = *w;

	snprintf(buf, 16, "%s%zu", prefix, i);
	if (!copy.name)
		copy.name = buf;
	return copy;
}

static void put_alias(const struct wire_end *w, struct out *o)
{
	if (w->alias)
		out_printf(o, " alias '%s'", w->alias);
}

static void put_loopback(const struct wire_end *w, struct out *o)
{
	out_printf(o, "%s link set lo up\n", w->place.ip);
}

void wire_explain_make_bridge(const struct wire_end *w, struct out *o)
{
	out_printf(o, "%s link add %s", w->place.ip, w->name);
	if (w->mtu)
		out_printf(o, " mtu %u", w->mtu);
	out_puts(o, " type bridge");
	if (w->vlan)
		out_printf(o, " vlan_filtering 1 vlan_default_pvid %u", w->vlan);
	out_puts(o, "\n");
	wire_explain_up(w, o);
}

void wire_explain_pair(const struct wire_end *first, const struct wire_end *second,
		       const char *bridge, struct out *o)
{
	out_printf(o, "%s link add %s", first->place.ip, first->name);
	if (first->mtu)
		out_printf(o, " mtu %u", first->mtu);
	if (bridge)
		out_printf(o, " master %s", bridge);
	out_printf(o, " type veth peer name %s", second->name);
	if (second->mtu)
		out_printf(o, " mtu %u", second->mtu);
	if (second->place.netns != first->place.netns) {
		out_puts(o, " netns ");
		/* A shell has its own namespace by its own number. */
		if (second->place.word)
			out_shell_word(o, second->place.word);
		else
			out_puts(o, "$$");
	}
	out_puts(o, "\n");
}

void wire_explain_up(const struct wire_end *w, struct out *o)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < w->n_addresses; i++)
		out_printf(o, "%s address add %s dev %s%s%s\n", w->place.ip,
			   ip_format_cidr(&w->addresses[i], text), w->name,
			   w->addresses[i].family == AF_INET && w->addresses[i].prefix <= 30
				   ? " broadcast +"
				   : "",
			   w->addresses[i].family == AF_INET6 ? " nodad" : "");
	out_printf(o, "%s link set %s", w->place.ip, w->name);
	put_alias(w, o);
	out_puts(o, " up\n");
	for (size_t i = 0; i < w->n_gateways; i++)
		out_printf(o, "%s route add default via %s\n", w->place.ip,
			   ip_format(&w->gateways[i], text));
}

void wire_explain_veth(const struct wire_end *a, const struct wire_end *b, struct out *o)
{
	char first[16], second[16];
	bool same = a->place.netns == b->place.netns;
	/* Of two that the kernel names in one namespace it makes the second first. */
	struct wire_end one = named(a, "eth", same && !b->name, first);
	struct wire_end two = named(b, "eth", 0, second);

	wire_explain_pair(&one, &two, NULL, o);
	wire_explain_up(&one, o);
	put_loopback(&one, o);
	wire_explain_up(&two, o);
	if (!same)
		put_loopback(&two, o);
}

void wire_explain_bridge(const struct wire_end *bridge, const struct wire_end *targets, size_t n,
			 struct out *o)
{
	char alias[sizeof(WIRE_MARK) + IFNAMSIZ], outside[24], inside[16];
	struct wire_end marked = *bridge;

	snprintf(alias, sizeof(alias), WIRE_MARK "%s", bridge->name);
	marked.alias = alias;
	wire_explain_make_bridge(&marked, o);
	put_loopback(bridge, o);
	for (size_t i = 0; i < n; i++) {
		struct wire_end port = {.place = bridge->place,
					.name = outside,
					.mtu = bridge->mtu,
					.alias = alias};
		struct wire_end target = named(&targets[i], "eth", 0, inside);

		snprintf(outside, sizeof(outside), "veth%zu", i);
		wire_explain_pair(&port, &target, bridge->name, o);
		wire_explain_up(&port, o);
		wire_explain_up(&target, o);
		put_loopback(&target, o);
	}
}
