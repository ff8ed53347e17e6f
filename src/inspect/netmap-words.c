// SPDX-License-Identifier: Apache-2.0
/* Interfaces, addresses and routes of the map in words. */
#include <net/if_arp.h>
#include <string.h>
#include "netmap.h"

#ifndef IFF_LOWER_UP /* linux/if.h, which no libc lets one include beside net/if.h */
#define IFF_LOWER_UP (1 << 16)
#endif

bool netmap_is_loopback(const struct netmap_link *l)
{
	return l->dev.type == ARPHRD_LOOPBACK;
}

bool netmap_is_bridge(const struct netmap_link *l)
{
	return strcmp(l->dev.kind, "bridge") == 0;
}

bool netmap_is_pair(const struct netmap_link *l)
{
	return strcmp(l->dev.kind, "veth") == 0 || strcmp(l->dev.kind, "netkit") == 0 ||
	       strcmp(l->dev.kind, "vxcan") == 0;
}

bool netmap_is_up(const struct netmap_link *l)
{
	return l->dev.flags & IFF_UP;
}

bool netmap_has_carrier(const struct netmap_link *l)
{
	return l->dev.flags & IFF_LOWER_UP;
}

bool netmap_is_wide(const struct address *a)
{
	return a->scope < RT_SCOPE_LINK;
}

struct ip netmap_point(const struct ip *ip)
{
	struct ip point = *ip;

	point.prefix = (uint8_t)(8 * ip_size(ip));
	return point;
}

bool netmap_is_worth_showing(const struct netmap_link *l, const struct address *a)
{
	return netmap_is_wide(a) || netmap_is_loopback(l);
}

const char *netmap_kind(const struct netmap_link *l)
{
	if (netmap_is_loopback(l))
		return "loopback";
	return *l->dev.kind ? l->dev.kind : "device";
}

const char *netmap_state(const struct netmap_link *l)
{
	if (!netmap_is_up(l))
		return "down";
	return netmap_has_carrier(l) ? "up" : "no carrier";
}

const struct netmap_link *netmap_link_by_index(const struct netmap_ns *ns, int index)
{
	for (size_t i = 0; index && i < ns->n_links; i++)
		if (ns->links[i].dev.index == index)
			return &ns->links[i];
	return NULL;
}

void netmap_put_ip(struct out *o, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	out_puts(o, ip_format(ip, text));
}

void netmap_put_cidr(struct out *o, const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	out_puts(o, ip_format_cidr(ip, text));
}

void netmap_put_destination(struct out *o, const struct route *r)
{
	if (r->to.prefix)
		netmap_put_cidr(o, &r->to);
	else
		out_puts(o, "default");
}

const char *netmap_route_type(const struct route *r)
{
	switch (r->type) {
	case RTN_BLACKHOLE: return "blackhole";
	case RTN_UNREACHABLE: return "unreachable";
	case RTN_PROHIBIT: return "prohibit";
	case RTN_THROW: return "throw";
	case RTN_UNICAST: return "unicast";
	default: return "other";
	}
}

void netmap_put_route(struct out *o, const struct netmap_ns *ns, const struct route *r)
{
	const struct netmap_link *l = netmap_link_by_index(ns, r->link);

	if (r->type != RTN_UNICAST)
		out_printf(o, "%s ", netmap_route_type(r));
	netmap_put_destination(o, r);
	if (r->via.family) {
		out_puts(o, " via ");
		netmap_put_ip(o, &r->via);
	}
	if (l)
		out_printf(o, " dev %s", l->dev.name);
}

void netmap_put_end(struct out *o, const struct netmap *m, struct netmap_end e, uint32_t seen_from)
{
	const struct netmap_link *l = netmap_at(m, e);

	if (!l)
		return;
	out_puts(o, l->dev.name);
	if (e.ns != seen_from)
		out_printf(o, " in %s", m->ns[e.ns].title);
}

const char *netmap_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}
