// SPDX-License-Identifier: Apache-2.0
/* The rules about what lies beyond a namespace's own wires: routes, forwarding, NAT. */
#include <string.h>
#include <sys/socket.h>
#include "netmap-check.h"

#define WHEN  NETMAP_WHEN
#define WORDS NETMAP_WORDS

static const uint8_t families[] = {AF_INET, AF_INET6};

/* --- forwarding off at a gateway --- */

/* The interface of `ns` that has the address, or NULL. */
static const struct netmap_link *owner_of(const struct netmap_ns *ns, const struct ip *ip)
{
	for (size_t i = 0; i < ns->n_links; i++)
		for (size_t k = 0; k < ns->links[i].n_addresses; k++) {
			struct ip own = ns->links[i].addresses[k].ip;

			own.prefix = ip->prefix;
			if (ip_equal(&own, ip))
				return &ns->links[i];
		}
	return NULL;
}

/* Another namespace on one of our segments whose default route leads to us. */
static bool is_gateway_of_another(const struct netmap_view *v, struct netmap_subject *s,
				  uint8_t family)
{
	for (uint32_t i = 0; i < v->m->n_ns; i++) {
		const struct route *r;
		const struct netmap_link *out, *own;

		if (i == s->at.ns)
			continue;
		r = netmap_default_route(&v->m->ns[i], family);
		out = r ? netmap_link_by_index(&v->m->ns[i], r->link) : NULL;
		own = out && r->via.family ? owner_of(s->ns, &r->via) : NULL;
		if (!own || own->segment != out->segment)
			continue;
		s->other = (struct netmap_end){i, (uint32_t)(out - v->m->ns[i].links)};
		s->route = r;
		return true;
	}
	return false;
}

WHEN(forwarding_off)
{
	return (s->ns->forward4 == 0 && is_gateway_of_another(v, s, AF_INET)) ||
	       (s->ns->forward6 == 0 && is_gateway_of_another(v, s, AF_INET6));
}
WORDS(forwarding_off_words)
{
	netmap_put_ip(o, &s->route->via);
	out_printf(o,
		   " here is the gateway of %s, but %s forwarding is off: what it sends to "
		   "other networks is dropped",
		   v->m->ns[s->other.ns].title, s->route->family == AF_INET ? "IPv4" : "IPv6");
}
static void put_forwarding(const struct netmap_subject *s, uint8_t family, struct out *o)
{
	if (netmap_enter(s, o))
		out_printf(o, "sysctl -w net.%s=1",
			   family == AF_INET ? "ipv4.ip_forward" : "ipv6.conf.all.forwarding");
}
WORDS(forwarding_off_remedy)
{
	put_forwarding(s, s->route->family, o);
}

/* A bridge or pair with an address, and a rule that translates: meant to lead outside. */
WHEN(nat_unused)
{
	if (!s->ns->nat || s->ns->forward4 != 0 || is_gateway_of_another(v, s, AF_INET))
		return false;
	for (size_t i = 0; i < s->ns->n_links; i++)
		if ((netmap_is_bridge(&s->ns->links[i]) || netmap_is_pair(&s->ns->links[i])) &&
		    netmap_has_address(&s->ns->links[i], AF_INET))
			return true;
	return false;
}
WORDS(nat_unused_words)
{
	out_puts(o, "rules translate addresses (NAT), but IPv4 forwarding is off: nothing passes "
		    "from one interface to another");
}
WORDS(nat_unused_remedy)
{
	put_forwarding(s, AF_INET, o);
}

/* --- gateways and default routes --- */

/* Could somebody be there whom we do not see? */
static bool is_open(const struct netmap_view *v, uint32_t segment)
{
	size_t n;
	const struct netmap_neighbour *g = netmap_segment(v, segment, &n);

	for (size_t i = 0; i < n; i++) {
		const struct netmap_link *l = netmap_at(v->m, g[i].end);

		if (!netmap_is_bridge(l) && (!netmap_is_pair(l) || l->peer.ns == NETMAP_NONE ||
					     v->m->ns[l->peer.ns].unseen))
			return true;
	}
	return false;
}

static bool somebody_has(const struct netmap_view *v, const struct netmap_link *l,
			 const struct ip *ip)
{
	size_t n;
	const struct netmap_neighbour *g = netmap_segment(v, l->segment, &n);

	for (size_t i = 0; i < n; i++) {
		const struct netmap_link *other = netmap_at(v->m, g[i].end);

		for (size_t k = 0; k < other->n_addresses; k++) {
			struct ip own = other->addresses[k].ip;

			own.prefix = ip->prefix;
			if (ip_equal(&own, ip))
				return true;
		}
	}
	return false;
}

WHEN(gateway_missing)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct route *r = netmap_default_route(s->ns, families[i]);
		const struct netmap_link *l = r ? netmap_link_by_index(s->ns, r->link) : NULL;

		s->route = r;
		if (l && r->via.family && !is_open(v, l->segment) && !somebody_has(v, l, &r->via))
			return true;
	}
	return false;
}
WORDS(gateway_missing_words)
{
	out_puts(o, "its default route leads to ");
	netmap_put_ip(o, &s->route->via);
	out_puts(o, ", which nobody on that network is: nothing beyond it is reached");
}

static bool in_a_network_of(const struct netmap_link *l, const struct address *a)
{
	struct ip point = netmap_point(&a->ip);

	for (size_t i = 0; i < l->n_addresses; i++)
		if (netmap_is_wide(&l->addresses[i]) && ip_in(&point, &l->addresses[i].ip))
			return true;
	return false;
}

/* An address on its network that could be the gateway: the bridge's, else the other end's. */
static const struct address *gateway_for(const struct netmap_view *v,
					 const struct netmap_subject *s, uint8_t family)
{
	const struct address *found = NULL;

	for (size_t i = 0; i < s->ns->n_links; i++) {
		const struct netmap_link *l = &s->ns->links[i];
		size_t n;
		const struct netmap_neighbour *g = netmap_segment(v, l->segment, &n);

		for (size_t k = 0; netmap_has_address(l, family) && k < n; k++) {
			const struct netmap_link *c = netmap_at(v->m, g[k].end);
			bool bridge = netmap_is_bridge(c);

			if (g[k].end.ns == s->at.ns || (!bridge && (found || n > 2)))
				continue;
			for (size_t j = 0; j < c->n_addresses; j++)
				if (c->addresses[j].ip.family == family &&
				    in_a_network_of(l, &c->addresses[j]))
					found = &c->addresses[j];
			if (found && bridge)
				return found;
		}
	}
	return found;
}

static void put_route_change(const struct netmap_view *v, const struct netmap_subject *s,
			     uint8_t family, const char *verb, struct out *o)
{
	const struct address *gateway = gateway_for(v, s, family);

	if (!gateway || !netmap_enter(s, o))
		return;
	out_printf(o, "ip route %s default via ", verb);
	netmap_put_ip(o, &gateway->ip);
}
WORDS(gateway_missing_remedy)
{
	put_route_change(v, s, s->route->family, "replace", o);
}

/* Which family it has addresses of but no default route; 0: none. */
static uint8_t routeless(const struct netmap_ns *ns)
{
	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		for (size_t i = 0; i < ns->n_links; i++)
			if (!netmap_is_loopback(&ns->links[i]) && netmap_is_up(&ns->links[i]) &&
			    netmap_has_address(&ns->links[i], families[f]))
				return netmap_default_route(ns, families[f]) ? 0 : families[f];
	return 0;
}

WHEN(no_route)
{
	return routeless(s->ns) != 0 && s->ns->n_routes == s->ns->all_routes;
}
WORDS(no_route_words)
{
	uint8_t family = routeless(s->ns);
	size_t n = 0;

	out_puts(o, "no default route: it reaches only ");
	for (size_t i = 0; i < s->ns->n_routes && n < 4; i++) {
		const struct route *r = &s->ns->routes[i];

		if (r->family != family || r->type != RTN_UNICAST || r->to.bytes[0] == 0xfe)
			continue;
		out_puts(o, n++ ? ", " : "");
		netmap_put_destination(o, r);
	}
	out_puts(o, n == 4 ? " and others" : n ? "" : "itself");
}
WORDS(no_route_remedy)
{
	put_route_change(v, s, routeless(s->ns), "add", o);
}

/* --- NAT --- */

static bool is_private(const struct ip *ip)
{
	static const struct ip networks[] = {
		{.family = AF_INET, .prefix = 8, .bytes = {10}},
		{.family = AF_INET, .prefix = 12, .bytes = {172, 16}},
		{.family = AF_INET, .prefix = 16, .bytes = {192, 168}},
	};

	struct ip point = netmap_point(ip);

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (ip_in(&point, &networks[i]))
			return true;
	return false;
}

/* Others use us as their gateway, but outside nobody knows their addresses. */
WHEN(no_nat)
{
	const struct route *out = netmap_default_route(s->ns, AF_INET);

	if (s->ns->forward4 != 1 || s->ns->nat || s->ns->nft_rules < 0 || !out)
		return false;
	if (!is_gateway_of_another(v, s, AF_INET) || !is_private(&s->route->via))
		return false;
	return owner_of(s->ns, &s->route->via)->dev.index != out->link;
}
WORDS(no_nat_words)
{
	out_printf(o,
		   "forwards for %s, but no rule of nftables translates its private addresses: "
		   "outside of this machine nobody can answer them",
		   v->m->ns[s->other.ns].title);
}
WORDS(no_nat_remedy)
{
	const struct route *out = netmap_default_route(s->ns, AF_INET);
	const struct netmap_link *l = out ? netmap_link_by_index(s->ns, out->link) : NULL;

	OUT_CLEANUP struct out rule = {0};

	/* nft has no way to write such a name */
	if (!l || strpbrk(l->dev.name, "\"\\") || !netmap_enter(s, o))
		return;
	out_printf(&rule,
		   "table ip nat { chain out { type nat hook postrouting priority srcnat; "
		   "oifname \"%s\" masquerade; }; }",
		   l->dev.name);
	out_puts(o, "nft ");
	out_shell_word(o, rule.text);
}

const struct netmap_rule netmap_route_rules[] = {
	{"forwarding-off", NETMAP_WRONG, false, forwarding_off, forwarding_off_words,
	 forwarding_off_remedy},
	{"nat-unused", NETMAP_WRONG, false, nat_unused, nat_unused_words, nat_unused_remedy},
	{"gateway-missing", NETMAP_WRONG, false, gateway_missing, gateway_missing_words,
	 gateway_missing_remedy},
	{"no-route", NETMAP_NOTE, false, no_route, no_route_words, no_route_remedy},
	{"no-nat", NETMAP_NOTE, false, no_nat, no_nat_words, no_nat_remedy},
	{.id = NULL},
};
