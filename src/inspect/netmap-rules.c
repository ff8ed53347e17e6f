// SPDX-License-Identifier: Apache-2.0
/*
 * The rules: what is looked for, how it is said, what helps. Words follow the subject, so they
 * begin in lower case: "netns:blue eth0: is down". A remedy is a command to type.
 */
#include "netmap-check.h"

#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#define WHEN  NETMAP_WHEN
#define WORDS NETMAP_WORDS

bool netmap_enter(const struct netmap_subject *s, struct out *o)
{
	if (s->ns->enter)
		out_puts(o, s->ns->enter);
	return s->ns->enter != NULL;
}

static void put_other(const struct netmap_view *v, const struct netmap_subject *s, struct out *o)
{
	netmap_put_end(o, v->m, s->other, s->at.ns);
}

/* Carries the traffic of others, or none at all. */
static bool is_inner(const struct netmap_link *l)
{
	return netmap_is_loopback(l) || netmap_is_bridge(l) || l->dev.master;
}

/* Joins its namespace to something: what is meant to have an address. */
static bool is_outward(const struct netmap_link *l)
{
	static const char *const kinds[] = {"", "macvlan", "ipvlan", "vlan", "bond"};

	if (netmap_is_pair(l) || netmap_is_loopback(l))
		return netmap_is_pair(l);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(l->dev.kind, kinds[i]) == 0)
			return true;
	return false;
}

static bool has_port(const struct netmap_ns *ns, const struct netmap_link *bridge)
{
	for (size_t i = 0; i < ns->n_links; i++)
		if (ns->links[i].dev.master == bridge->dev.index)
			return true;
	return false;
}

/* --- loopback --- */

WHEN(loopback_down)
{
	return netmap_is_loopback(s->link) && !netmap_is_up(s->link);
}
WORDS(loopback_down_words)
{
	out_puts(o, "is down: addresses of its own, 127.0.0.1 and those of its interfaces, do not "
		    "answer");
}
WORDS(set_up)
{
	if (!netmap_enter(s, o))
		return;
	out_puts(o, "ip link set dev ");
	out_shell_word(o, s->link->dev.name);
	out_puts(o, " up");
}

/* --- a namespace that nothing joins --- */

WHEN(alone)
{
	for (size_t i = 0; i < s->ns->n_links; i++)
		if (is_outward(&s->ns->links[i]) ||
		    (netmap_is_up(&s->ns->links[i]) && !netmap_is_loopback(&s->ns->links[i])))
			return false;
	return true;
}
WORDS(alone_words)
{
	out_puts(o, "no interface but loopback: it reaches nothing and nothing reaches it");
}
WORDS(alone_remedy)
{
	unsigned n;

	/* the host's own network is not an ordinary user's to change */
	if (!s->ns->target || s->ns->here || !v->m->by_root)
		return;
	n = netmap_free_network(v);
	out_printf(o, "kokon veth host=10.77.%u.1/24 ", n);
	out_shell_word(o, s->ns->target);
	out_printf(o, ":eth0=10.77.%u.2/24", n);
}

/* --- interfaces that are down --- */

WHEN(bridge_down)
{
	return netmap_is_bridge(s->link) && !netmap_is_up(s->link) && has_port(s->ns, s->link);
}
WORDS(bridge_down_words)
{
	out_puts(o, "this bridge is down: its ports do not reach each other");
}
WHEN(port_down)
{
	return s->link->bridge != NETMAP_NONE && !netmap_is_up(s->link);
}
WORDS(port_down_words)
{
	out_printf(o, "is down: bridge '%s' does not reach what is behind it",
		   s->ns->links[s->link->bridge].dev.name);
}
WHEN(peer_down)
{
	s->other = s->link->peer;
	return netmap_is_pair(s->link) && s->link->bridge == NETMAP_NONE && !netmap_is_up(s->link);
}
WORDS(peer_down_words)
{
	out_puts(o, "is down: it answers nothing, and its other end");
	if (s->other.ns != NETMAP_NONE) {
		out_puts(o, ", ");
		put_other(v, s, o);
		out_puts(o, ",");
	}
	out_puts(o, " has no carrier");
}
WHEN(link_down)
{
	return !netmap_is_up(s->link) && !netmap_is_pair(s->link) && !s->link->dev.master &&
	       !netmap_is_loopback(s->link) && s->link->n_addresses &&
	       !(netmap_is_bridge(s->link) && has_port(s->ns, s->link));
}
WORDS(link_down_words)
{
	out_puts(o, "is down, though it has an address");
}
WHEN(no_carrier)
{
	return netmap_is_up(s->link) && !netmap_has_carrier(s->link) &&
	       *s->link->dev.kind == '\0' && s->link->n_addresses;
}
WORDS(no_carrier_words)
{
	out_puts(o, "has an address but no carrier: no cable, or the other side is off");
}

/* --- ends that lead nowhere --- */

WHEN(no_peer)
{
	return netmap_is_pair(s->link) && s->link->peer.ns == NETMAP_NONE;
}
WORDS(no_peer_words)
{
	out_printf(o,
		   "its other end, interface %d, is in a namespace that cannot be seen from here",
		   s->link->dev.peer);
}
WORDS(no_peer_remedy)
{
	out_puts(o, v->m->by_root ? "kokon lsns --type net" : "sudo kokon map");
}
WHEN(bridge_empty)
{
	return netmap_is_bridge(s->link) && !has_port(s->ns, s->link);
}
WORDS(bridge_empty_words)
{
	out_puts(o, "this bridge has no port: nothing is joined to it");
}
WORDS(bridge_empty_remedy)
{
	out_puts(o, "kokon bridge ");
	if (!s->ns->here && s->ns->target) {
		out_puts(o, "--in ");
		out_shell_word(o, s->ns->target);
		out_puts(o, " ");
	}
	out_shell_word(o, s->link->dev.name);
	out_puts(o, " TARGET");
}

/* --- addresses --- */

/* A host's side of a routed pair needs no address of its own. */
static bool is_routed_to(const struct netmap_ns *ns, const struct netmap_link *l)
{
	for (size_t i = 0; i < ns->n_routes; i++)
		if (ns->routes[i].link == l->dev.index && ns->routes[i].type == RTN_UNICAST &&
		    ns->routes[i].protocol != RTPROT_KERNEL)
			return true;
	return false;
}

/* A vlan, macvlan or the like of its own namespace lies on it. */
static bool carries_another(const struct netmap_ns *ns, const struct netmap_link *l)
{
	for (size_t i = 0; i < ns->n_links; i++)
		if (ns->links[i].dev.peer == l->dev.index && !netmap_is_pair(&ns->links[i]))
			return true;
	return false;
}

WHEN(no_address)
{
	const struct netmap_link *l = s->link;

	return netmap_is_up(l) && is_outward(l) && !is_inner(l) && !netmap_has_address(l, 0) &&
	       !is_routed_to(s->ns, l) && !carries_another(s->ns, l);
}
WORDS(no_address_words)
{
	out_puts(o, "has no address: nothing here hands one out");
}
WORDS(no_address_remedy)
{
	if (!netmap_enter(s, o))
		return;
	out_puts(o, "ip address add ");
	netmap_put_free_address(v, s->link, o);
	out_puts(o, " dev ");
	out_shell_word(o, s->link->dev.name);
}

WHEN(address_twice)
{
	for (size_t i = 0; i < s->link->n_addresses; i++) {
		const struct address *a = &s->link->addresses[i];
		const struct netmap_end *first;

		if (!netmap_is_wide(a) || netmap_is_loopback(s->link))
			continue;
		first = netmap_first_with(v, s->link, a);
		if (!first || (first->ns == s->at.ns && first->link == s->at.link))
			continue;
		s->other = *first;
		s->address = a;
		return true;
	}
	return false;
}
WORDS(address_twice_words)
{
	netmap_put_ip(o, &s->address->ip);
	out_puts(o, " is also the address of ");
	put_other(v, s, o);
	out_puts(o, ", on the same network: only one of them is answered");
}
static void put_address_change(const struct netmap_subject *s, const char *verb, struct out *o)
{
	if (!netmap_enter(s, o))
		return;
	out_printf(o, "ip address %s ", verb);
	netmap_put_cidr(o, &s->address->ip);
	out_puts(o, " dev ");
	out_shell_word(o, s->link->dev.name);
}
WORDS(delete_address)
{
	put_address_change(s, "delete", o);
}

WHEN(address_refused)
{
	for (size_t i = 0; i < s->link->n_addresses; i++) {
		s->address = &s->link->addresses[i];
		if (s->address->flags & IFA_F_DADFAILED)
			return true;
	}
	return false;
}
WORDS(address_refused_words)
{
	netmap_put_ip(o, &s->address->ip);
	out_puts(o, " is not used: another interface on this network has it (duplicate address "
		    "detection)");
}

static bool reaches(const struct netmap_ns *ns, const struct netmap_link *l,
		    const struct address *to)
{
	struct ip point = netmap_point(&to->ip);

	for (size_t i = 0; i < l->n_addresses; i++)
		if (ip_in(&point, &l->addresses[i].ip))
			return true;
	for (size_t i = 0; i < ns->n_routes; i++)
		if (ns->routes[i].link == l->dev.index && ns->routes[i].to.prefix &&
		    ip_in(&point, &ns->routes[i].to))
			return true;
	return false;
}

/* Told at the later of the two, against the first of its segment that has an address. */
WHEN(subnets_differ)
{
	size_t n;
	const struct netmap_neighbour *g = netmap_segment(v, s->link->segment, &n);

	if (!netmap_has_address(s->link, AF_INET) || netmap_is_loopback(s->link))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct netmap_link *l = netmap_at(v->m, g[i].end);

		if (l == s->link)
			return false;
		if (!netmap_has_address(l, AF_INET))
			continue;
		s->other = g[i].end;
		for (size_t k = 0; k < l->n_addresses; k++) {
			if (l->addresses[k].ip.family != AF_INET ||
			    !netmap_is_wide(&l->addresses[k]))
				continue;
			if (reaches(s->ns, s->link, &l->addresses[k]))
				return false;
			s->others = &l->addresses[k];
		}
		for (size_t k = 0; k < s->link->n_addresses; k++)
			if (s->link->addresses[k].ip.family == AF_INET)
				s->address = &s->link->addresses[k];
		return s->address != NULL;
	}
	return false;
}
WORDS(subnets_differ_words)
{
	netmap_put_cidr(o, &s->address->ip);
	out_puts(o, " and ");
	netmap_put_cidr(o, &s->others->ip);
	out_puts(o, " of ");
	put_other(v, s, o);
	out_puts(o, ", on the same wire, are of different networks: neither reaches the other");
}

/* --- what travels on the wire --- */

WHEN(mac_twice)
{
	size_t n;
	const struct netmap_neighbour *g = netmap_segment(v, s->link->segment, &n);

	if (s->link->dev.address_len != 6 || is_inner(s->link) || n < 2 || n > 4096)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct netmap_link *l = netmap_at(v->m, g[i].end);

		if (l == s->link)
			return false;
		if (!is_inner(l) && l->dev.address_len == 6 &&
		    memcmp(l->dev.address, s->link->dev.address, 6) == 0) {
			s->other = g[i].end;
			return true;
		}
	}
	return false;
}
WORDS(mac_twice_words)
{
	char text[3 * 6];

	link_format_address(s->link->dev.address, 6, text, sizeof(text));
	out_printf(o, "its hardware address %s is also that of ", text);
	put_other(v, s, o);
	out_puts(o, ", on the same network: frames go to one of them");
}
WORDS(mac_twice_remedy)
{
	uint32_t h = 2166136261U;

	if (!netmap_enter(s, o))
		return;
	/* Another one, the same each time: of the namespace and the number of the interface. */
	h = (h ^ (uint32_t)s->ns->inode) * 16777619U;
	h = (h ^ (uint32_t)s->link->dev.index) * 16777619U;
	out_puts(o, "ip link set dev ");
	out_shell_word(o, s->link->dev.name);
	out_printf(o, " address 02:4b:%02x:%02x:%02x:%02x", h >> 24, h >> 16 & 255, h >> 8 & 255,
		   h & 255);
}

WHEN(mtu_differs)
{
	const struct netmap_link *l = netmap_at(v->m, s->link->peer);

	s->other = s->link->peer;
	return l && netmap_is_pair(s->link) && s->link->dev.mtu > l->dev.mtu;
}
WORDS(mtu_differs_words)
{
	out_printf(o, "sends packets of up to %u bytes (MTU), ", s->link->dev.mtu);
	put_other(v, s, o);
	out_printf(o, " takes %u: larger ones are lost", netmap_at(v->m, s->other)->dev.mtu);
}
WORDS(mtu_differs_remedy)
{
	if (!netmap_enter(s, o))
		return;
	out_puts(o, "ip link set dev ");
	out_shell_word(o, s->link->dev.name);
	out_printf(o, " mtu %u", netmap_at(v->m, s->other)->dev.mtu);
}

const struct netmap_rule netmap_rules[] = {
	{"no-interface", NETMAP_NOTE, false, alone, alone_words, alone_remedy},
	{"loopback-down", NETMAP_WRONG, true, loopback_down, loopback_down_words, set_up},
	{"bridge-down", NETMAP_WRONG, true, bridge_down, bridge_down_words, set_up},
	{"port-down", NETMAP_WRONG, true, port_down, port_down_words, set_up},
	{"peer-down", NETMAP_WRONG, true, peer_down, peer_down_words, set_up},
	{"link-down", NETMAP_WRONG, true, link_down, link_down_words, set_up},
	{"no-carrier", NETMAP_WRONG, true, no_carrier, no_carrier_words, NULL},
	{"no-peer", NETMAP_WRONG, true, no_peer, no_peer_words, no_peer_remedy},
	{"bridge-empty", NETMAP_NOTE, true, bridge_empty, bridge_empty_words, bridge_empty_remedy},
	{"no-address", NETMAP_WRONG, true, no_address, no_address_words, no_address_remedy},
	{"address-twice", NETMAP_WRONG, true, address_twice, address_twice_words, delete_address},
	{"address-refused", NETMAP_WRONG, true, address_refused, address_refused_words,
	 delete_address},
	{"subnets-differ", NETMAP_WRONG, true, subnets_differ, subnets_differ_words,
	 no_address_remedy},
	{"mac-twice", NETMAP_WRONG, true, mac_twice, mac_twice_words, mac_twice_remedy},
	{"mtu-differs", NETMAP_WRONG, true, mtu_differs, mtu_differs_words, mtu_differs_remedy},
	{.id = NULL},
};
