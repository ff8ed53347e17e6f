// SPDX-License-Identifier: Apache-2.0
/* What wire.c does, as ip(8) commands. */
#include <stdio.h>
#include "wire.h"

/* The name that is asked for, or the one that the kernel would begin with. */
static const char *name_of(const struct wire_end *w, const char *prefix, size_t i, char buf[16])
{
	if (w->name)
		return w->name;
	snprintf(buf, 16, "%s%zu", prefix, i);
	return buf;
}

static void put_pair(const struct wire_end *a, const char *a_name, const struct wire_end *b,
		     const char *b_name, struct out *o)
{
	out_printf(o, "%s link add %s", a->place.ip, a_name);
	if (a->mtu)
		out_printf(o, " mtu %u", a->mtu);
	out_printf(o, " type veth peer name %s", b_name);
	if (b->mtu)
		out_printf(o, " mtu %u", b->mtu);
	if (b->place.netns != a->place.netns) {
		out_puts(o, " netns ");
		/* A shell has its own namespace by its own number. */
		if (b->place.word)
			out_shell_word(o, b->place.word);
		else
			out_puts(o, "$$");
	}
	out_puts(o, "\n");
}

static void put_up(const struct wire_end *w, const char *name, bool loopback, struct out *o)
{
	char text[IP_TEXT_MAX];

	for (size_t i = 0; i < w->n_addresses; i++)
		out_printf(o, "%s address add %s dev %s%s%s\n", w->place.ip,
			   ip_format_cidr(&w->addresses[i], text), name,
			   w->addresses[i].family == AF_INET && w->addresses[i].prefix <= 30
				   ? " broadcast +"
				   : "",
			   w->addresses[i].family == AF_INET6 ? " nodad" : "");
	out_printf(o, "%s link set %s up\n", w->place.ip, name);
	if (loopback)
		out_printf(o, "%s link set lo up\n", w->place.ip);
}

void wire_explain_veth(const struct wire_end *a, const struct wire_end *b, struct out *o)
{
	char first[16], second[16];
	bool same = a->place.netns == b->place.netns;
	/* Of two that the kernel names in one namespace it makes the second first. */
	const char *a_name = name_of(a, "eth", same && !b->name, first);
	const char *b_name = name_of(b, "eth", 0, second);

	put_pair(a, a_name, b, b_name, o);
	put_up(a, a_name, true, o);
	put_up(b, b_name, !same, o);
}

void wire_explain_bridge(const struct wire_end *bridge, const struct wire_end *targets, size_t n,
			 struct out *o)
{
	struct wire_end port = {.place = bridge->place, .mtu = bridge->mtu};
	char name[16];

	out_printf(o, "%s link add %s", bridge->place.ip, bridge->name);
	if (bridge->mtu)
		out_printf(o, " mtu %u", bridge->mtu);
	out_printf(o, " type bridge\n%s link set %s alias 'kokon bridge %s'\n", bridge->place.ip,
		   bridge->name, bridge->name);
	put_up(bridge, bridge->name, true, o);
	for (size_t i = 0; i < n; i++) {
		const char *inside = name_of(&targets[i], "eth", 0, name);
		char outside[16];

		snprintf(outside, sizeof(outside), "veth%u", (unsigned int)i % 100000);
		put_pair(&port, outside, &targets[i], inside, o);
		out_printf(o, "%s link set %s master %s alias 'kokon bridge %s'\n",
			   bridge->place.ip, outside, bridge->name, bridge->name);
		put_up(&port, outside, false, o);
		put_up(&targets[i], inside, true, o);
	}
}
