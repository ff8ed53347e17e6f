// SPDX-License-Identifier: Apache-2.0
/* Addresses to offer in a remedy: such as nothing on the map uses. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include "netmap-check.h"

enum { NETWORKS = 256 };

static struct ip network(unsigned n)
{
	return (struct ip){.family = AF_INET, .prefix = 24, .bytes = {10, 77, (uint8_t)n, 0}};
}

static void mark(bool *used, const struct ip *ip)
{
	struct ip all = {.family = AF_INET, .prefix = 16, .bytes = {10, 77}};

	if (ip->family != AF_INET || !ip->prefix || !ip_overlap(ip, &all))
		return;
	for (unsigned n = 0; n < NETWORKS; n++) {
		struct ip one = network(n);

		used[n] |= ip_overlap(ip, &one);
	}
}

bool *netmap_used_networks(const struct netmap_view *v)
{
	bool *used = arena_array(v->m->arena, bool, NETWORKS);

	used[0] = true;
	for (size_t i = 0; i < v->n_links; i++) {
		const struct netmap_link *l = netmap_at(v->m, v->links[i].end);

		for (size_t k = 0; k < l->n_addresses; k++)
			mark(used, &l->addresses[k].ip);
	}
	for (size_t i = 0; i < v->m->n_ns; i++)
		for (size_t k = 0; k < v->m->ns[i].n_routes; k++)
			mark(used, &v->m->ns[i].routes[k].to);
	return used;
}

unsigned netmap_free_network(const struct netmap_view *v)
{
	for (unsigned n = 1; n < NETWORKS; n++) {
		if (v->used[n])
			continue;
		v->used[n] = true;
		return n;
	}
	return 1;
}

/* An IPv4 address of a neighbour whose network has room, or NULL. */
static const struct address *neighbours_network(const struct netmap_view *v,
						const struct netmap_link *l)
{
	size_t n;
	const struct netmap_neighbour *s = netmap_segment(v, l->segment, &n);

	for (size_t i = 0; i < n; i++) {
		const struct netmap_link *other = netmap_at(v->m, s[i].end);

		for (size_t k = 0; other != l && k < other->n_addresses; k++)
			if (other->addresses[k].ip.family == AF_INET &&
			    netmap_is_wide(&other->addresses[k]) &&
			    other->addresses[k].ip.prefix < 31)
				return &other->addresses[k];
	}
	return NULL;
}

void netmap_put_free_address(const struct netmap_view *v, const struct netmap_link *l,
			     struct out *o)
{
	const struct address *near = neighbours_network(v, l);
	struct address a = {0};
	uint32_t first, hosts;

	if (!near) {
		a.ip = network(netmap_free_network(v));
		a.ip.bytes[3] = 1;
		netmap_put_cidr(o, &a.ip);
		return;
	}
	a.ip = ip_network(&near->ip);
	memcpy(&first, a.ip.bytes, sizeof(first));
	hosts = ~0U >> a.ip.prefix;
	for (uint32_t i = 1; i < hosts; i++) {
		uint32_t one = htonl(ntohl(first) | i);

		memcpy(a.ip.bytes, &one, sizeof(one));
		if (!netmap_first_with(v, l, &a))
			break;
	}
	netmap_put_cidr(o, &a.ip);
}
