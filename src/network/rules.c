// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include <stdio.h>
#include <string.h>

static const char *const family_word[] = {"ip", "ip6"};
static const char *const type_word[] = {"ipv4_addr", "ipv6_addr"};

static bool is_routed(const struct network *n)
{
	return !(n->flags & NETWORK_INTERNAL);
}

static bool has(const struct network *n, int f)
{
	return n->subnet[f].family != AF_UNSPEC;
}

/* --- published ports: maps from (address,) protocol and port to the container's --- */

static void put_element(struct out *o, const struct network *n, int f, uint32_t place,
			const struct published *p, unsigned i, const char *at, bool *first)
{
	struct ip to = network_address(n, f, place);
	char ip[IP_TEXT_MAX];
	const char *protocol = p->protocol == IPPROTO_UDP ? "udp" : "tcp";

	if (!*first)
		out_puts(o, ",\n");
	*first = false;
	out_printf(o, "\t\t\t%s%s%s . %u : %s . %u", at ? at : "", at ? " . " : "", protocol,
		   p->host + i, ip_format(&to, ip), p->container + i);
}

/* In a router the addresses of the host mean nothing, but for the loopback's, which pasta has for
 * its own. What came to another one comes in by the interface of the container's own pasta. */
static bool is_loopback(const struct ip *ip)
{
	static const unsigned char v6[16] = {[15] = 1};

	return ip->family == AF_INET ? ip->bytes[0] == 127
				     : ip->family == AF_INET6 && memcmp(ip->bytes, v6, 16) == 0;
}

/* Two addresses of the host with one port of it are one element. */
static bool is_there(const struct rules_member *m, size_t p, int f)
{
	for (size_t k = 0; k < p; k++)
		if (m->ports[k].protocol == m->ports[p].protocol &&
		    m->ports[k].host == m->ports[p].host &&
		    m->ports[k].ip.family != (f == V4 ? AF_INET6 : AF_INET) &&
		    !is_loopback(&m->ports[k].ip))
			return true;
	return false;
}

/* Those of connections that come in by an interface of pasta's. */
static bool put_inward(const struct rules_network *v, size_t n, int f, struct out *o)
{
	bool first = true;

	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; has(v[i].network, f) && m < v[i].n; m++) {
			const struct rules_member *member = &v[i].members[m];
			char way[sizeof(member->way) + 2];

			snprintf(way, sizeof(way), "\"%s\"", member->way);
			for (size_t p = 0; p < member->n_ports; p++) {
				const struct published *port = &member->ports[p];

				if (port->ip.family == (f == V4 ? AF_INET6 : AF_INET) ||
				    is_loopback(&port->ip) || is_there(member, p, f))
					continue;
				for (unsigned k = 0; k < port->count; k++)
					put_element(o, v[i].network, f, member->place, port, k, way,
						    &first);
			}
		}
	return !first;
}

/* The elements of one map: those with an address of the host, or those without. */
static bool put_elements(const struct rules_network *v, size_t n, int f, bool with_address,
			 struct out *o)
{
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		for (size_t m = 0; has(v[i].network, f) && m < v[i].n; m++) {
			for (size_t p = 0; p < v[i].members[m].n_ports; p++) {
				const struct published *port = &v[i].members[m].ports[p];
				bool any = port->ip.family == AF_UNSPEC;
				char ip[IP_TEXT_MAX];

				if (any == with_address ||
				    (!any && port->ip.family != (f == V4 ? AF_INET : AF_INET6)) ||
				    (!any && v[i].apart && !is_loopback(&port->ip)))
					continue;
				for (unsigned k = 0; k < port->count; k++)
					put_element(o, v[i].network, f, v[i].members[m].place, port,
						    k, any ? NULL : ip_format(&port->ip, ip),
						    &first);
			}
		}
	}
	return !first;
}

static const char *map_name(int f, bool with_address)
{
	return f == V4 ? with_address ? "at4" : "any4" : with_address ? "at6" : "any6";
}

static void put_map(const struct rules_network *v, size_t n, int f, bool with_address,
		    struct out *o)
{
	OUT_CLEANUP struct out elements = {0};

	out_printf(o, "\tmap %s {\n\t\ttype %s%sinet_proto . inet_service : %s . inet_service\n",
		   map_name(f, with_address), with_address ? type_word[f] : "",
		   with_address ? " . " : "", type_word[f]);
	if (put_elements(v, n, f, with_address, &elements))
		out_printf(o, "\t\telements = {\n%s\n\t\t}\n", elements.text);
	out_puts(o, "\t}\n");
}

static void put_inward_map(const struct rules_network *v, size_t n, int f, struct out *o)
{
	OUT_CLEANUP struct out elements = {0};

	out_printf(o,
		   "\tmap in%s {\n\t\ttype ifname . inet_proto . inet_service : %s . "
		   "inet_service\n",
		   f == V4 ? "4" : "6", type_word[f]);
	if (put_inward(v, n, f, &elements))
		out_printf(o, "\t\telements = {\n%s\n\t\t}\n", elements.text);
	out_puts(o, "\t}\n");
}

/* By which interface which mark comes in. */
static bool put_ways(const struct rules_network *v, size_t n, struct out *o)
{
	bool first = true;

	for (size_t i = 0; i < n; i++)
		for (size_t m = 0; m < v[i].n; m++) {
			out_printf(o, "%s\t\t\t\"%s\" : 0x%x", first ? "" : ",\n",
				   v[i].members[m].way, v[i].members[m].mark);
			first = false;
		}
	return !first;
}

/* Answers leave by the way by which the question came, whatever the routes say. */
static void put_way_chain(const struct rules_network *v, size_t n, struct out *o)
{
	OUT_CLEANUP struct out elements = {0};

	out_puts(o, "\tmap ways {\n\t\ttype ifname : mark\n");
	if (put_ways(v, n, &elements))
		out_printf(o, "\t\telements = {\n%s\n\t\t}\n", elements.text);
	out_puts(o, "\t}\n\tchain ways {\n\t\ttype filter hook prerouting priority -150; policy "
		    "accept;\n\t\tct direction original ct mark set iifname map @ways\n"
		    "\t\tct direction reply meta mark set ct mark\n\t}\n");
}

void rules_format_ports(const struct rules_network *v, size_t n, struct out *o)
{
	for (int f = 0; f < FAMILIES; f++) {
		for (int with_address = 0; with_address < 2; with_address++) {
			OUT_CLEANUP struct out elements = {0};
			const char *name = map_name(f, with_address);

			out_printf(o, "flush map inet " RULES_TABLE " %s\n", name);
			if (put_elements(v, n, f, with_address, &elements))
				out_printf(o, "add element inet " RULES_TABLE " %s {\n%s\n}\n",
					   name, elements.text);
		}
	}
	for (int f = 0; n > 0 && v->apart && f < FAMILIES; f++) {
		OUT_CLEANUP struct out elements = {0};
		const char *name = f == V4 ? "in4" : "in6";

		out_printf(o, "flush map inet " RULES_TABLE " %s\n", name);
		if (put_inward(v, n, f, &elements))
			out_printf(o, "add element inet " RULES_TABLE " %s {\n%s\n}\n", name,
				   elements.text);
	}
	if (n > 0 && v->apart) {
		OUT_CLEANUP struct out ways = {0};

		out_puts(o, "flush map inet " RULES_TABLE " ways\n");
		if (put_ways(v, n, &ways))
			out_printf(o, "add element inet " RULES_TABLE " ways {\n%s\n}\n",
				   ways.text);
	}
}

static void put_translation(struct out *o)
{
	for (int f = 0; f < FAMILIES; f++) {
		const char *word = family_word[f], *number = f == V4 ? "4" : "6";

		out_printf(o, "\t\tdnat %s to %s daddr . meta l4proto . th dport map @at%s\n", word,
			   word, number);
		out_printf(o,
			   "\t\tfib daddr type local dnat %s to meta l4proto . th dport map "
			   "@any%s\n",
			   word, number);
	}
}

/* --- chains --- */

static void put_nat(const struct rules_network *v, size_t n, bool loopback_v6, struct out *o)
{
	char subnet[IP_TEXT_MAX];

	out_puts(o, "\tchain prerouting {\n\t\ttype nat hook prerouting priority -105; "
		    "policy accept;\n");
	if (v->apart)
		out_puts(o, "\t\tdnat ip to iifname . meta l4proto . th dport map @in4\n"
			    "\t\tdnat ip6 to iifname . meta l4proto . th dport map @in6\n");
	put_translation(o);
	out_puts(o, "\t}\n\tchain output {\n\t\ttype nat hook output priority -105; "
		    "policy accept;\n");
	if (!loopback_v6)
		out_puts(o, "\t\tip6 daddr ::1 accept\n");
	put_translation(o);
	out_puts(o, "\t}\n\tchain postrouting {\n\t\ttype nat hook postrouting priority 95; "
		    "policy accept;\n");
	for (size_t i = 0; i < n; i++) {
		const struct network *w = v[i].network;

		if (!is_routed(w))
			continue;
		for (int f = 0; f < FAMILIES; f++) {
			if (!has(w, f))
				continue;
			ip_format_cidr(&w->subnet[f], subnet);
			out_printf(o, "\t\t%s saddr %s oifname != \"%s\" masquerade\n",
				   family_word[f], subnet, w->interface);
			out_printf(o, "\t\t%s saddr %s oifname \"%s\" ct status dnat masquerade\n",
				   family_word[f], subnet, w->interface);
		}
		if (has(w, V4))
			out_printf(o, "\t\tip saddr 127.0.0.0/8 oifname \"%s\" masquerade\n",
				   w->interface);
		if (has(w, V6))
			out_printf(o, "\t\tip6 saddr ::1 oifname \"%s\" masquerade\n",
				   w->interface);
	}
	out_puts(o, "\t}\n");
}

static void put_forward(const struct rules_network *v, size_t n, struct out *o)
{
	out_puts(o, "\tchain forward {\n\t\ttype filter hook forward priority -5; policy "
		    "accept;\n");
	for (size_t i = 0; i < n; i++) {
		const char *own = v[i].network->interface;

		if (!is_routed(v[i].network)) {
			out_printf(o,
				   "\t\tiifname \"%s\" oifname != \"%s\" drop\n"
				   "\t\tiifname != \"%s\" oifname \"%s\" drop\n",
				   own, own, own, own);
			continue;
		}
		for (size_t k = 0; k < n; k++)
			if (k != i && is_routed(v[k].network) &&
			    (v[i].network->flags & NETWORK_ISOLATED ||
			     v[k].network->flags & NETWORK_ISOLATED))
				out_printf(o, "\t\tiifname \"%s\" oifname \"%s\" drop\n", own,
					   v[k].network->interface);
	}
	out_puts(o, "\t}\n");
}

/* Bridges route 127.0.0.0/8 and ::1 so that the host reaches published ports there; the other way
 * round nobody may come to the host's loopback. */
static void put_guard(const struct rules_network *v, size_t n, struct out *o)
{
	out_puts(o, "\tchain guard {\n\t\ttype filter hook prerouting priority -305; policy "
		    "accept;\n");
	for (size_t i = 0; i < n; i++) {
		const char *bridge = v[i].network->interface;

		if (has(v[i].network, V4))
			out_printf(o, "\t\tiifname \"%s\" ip daddr 127.0.0.0/8 drop\n", bridge);
		if (has(v[i].network, V6))
			out_printf(o, "\t\tiifname \"%s\" ip6 daddr ::1 drop\n", bridge);
	}
	out_puts(o, "\t}\n");
}

void rules_format(const struct rules_network *v, size_t n, bool loopback_v6, struct out *o)
{
	/* Deleting what is not there would be an error, so it is made first. */
	out_puts(o, "table inet " RULES_TABLE " {}\ndelete table inet " RULES_TABLE "\n");
	if (n == 0)
		return;
	out_puts(o, "table inet " RULES_TABLE " {\n");
	for (int f = 0; f < FAMILIES; f++) {
		put_map(v, n, f, true, o);
		put_map(v, n, f, false, o);
		if (v->apart)
			put_inward_map(v, n, f, o);
	}
	put_guard(v, n, o);
	put_nat(v, n, loopback_v6, o);
	put_forward(v, n, o);
	if (v->apart)
		put_way_chain(v, n, o);
	out_puts(o, "}\n");
}
