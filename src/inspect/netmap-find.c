// SPDX-License-Identifier: Apache-2.0
/*
 * What rules look for on a map.
 *
 * Interfaces are looked up by segment (netmap_match()) through a list sorted by it, so that a
 * machine with thousands of interfaces is not compared each with each.
 */
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netmap-check.h"

static int by_segment(const void *a, const void *b)
{
	const struct netmap_neighbour *x = a, *y = b;

	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	if (x->end.ns != y->end.ns)
		return x->end.ns < y->end.ns ? -1 : 1;
	return x->end.link < y->end.link ? -1 : x->end.link > y->end.link;
}

static void list_segments(struct netmap_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->m->n_ns; i++)
		n += v->m->ns[i].n_links;
	v->links = arena_array(v->m->arena, struct netmap_neighbour, n + 1);
	for (uint32_t i = 0; i < v->m->n_ns; i++)
		for (uint32_t k = 0; k < v->m->ns[i].n_links; k++)
			v->links[v->n_links++] =
				(struct netmap_neighbour){v->m->ns[i].links[k].segment, {i, k}};
	qsort(v->links, v->n_links, sizeof(*v->links), by_segment);
}

const struct netmap_neighbour *netmap_segment(const struct netmap_view *v, uint32_t segment,
					      size_t *ret_n)
{
	size_t low = 0, high = v->n_links, first;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (v->links[middle].segment < segment)
			low = middle + 1;
		else
			high = middle;
	}
	for (first = low; low < v->n_links && v->links[low].segment == segment;)
		low++;
	*ret_n = low - first;
	return v->links + first;
}

bool netmap_has_address(const struct netmap_link *l, uint8_t family)
{
	for (size_t i = 0; i < l->n_addresses; i++)
		if ((!family || l->addresses[i].ip.family == family) &&
		    netmap_is_wide(&l->addresses[i]))
			return true;
	return false;
}

const struct route *netmap_default_route(const struct netmap_ns *ns, uint8_t family)
{
	for (size_t i = 0; i < ns->n_routes; i++)
		if (ns->routes[i].family == family && !ns->routes[i].to.prefix &&
		    ns->routes[i].type == RTN_UNICAST)
			return &ns->routes[i];
	return NULL;
}

/*
 * Addresses that are there twice. Every wide address is put into a map under its segment and
 * text; the second one found there is the problem.
 */
static const char *address_key(struct arena *a, const struct netmap_link *l,
			       const struct address *address)
{
	OUT_CLEANUP struct out o = {0};

	out_printf(&o, "%u ", l->segment);
	netmap_put_ip(&o, &address->ip);
	return arena_strdup(a, o.text);
}

static void list_addresses(struct netmap_view *v)
{
	v->first_with.arena = v->m->arena;
	for (size_t i = 0; i < v->n_links; i++) {
		const struct netmap_link *l = netmap_at(v->m, v->links[i].end);

		for (size_t k = 0; k < l->n_addresses; k++) {
			const char *key;

			if (!netmap_is_wide(&l->addresses[k]) || netmap_is_loopback(l))
				continue;
			key = address_key(v->m->arena, l, &l->addresses[k]);
			if (!strmap_get(&v->first_with, key))
				strmap_put(&v->first_with, key, &v->links[i].end);
		}
	}
}

const struct netmap_end *netmap_first_with(const struct netmap_view *v, const struct netmap_link *l,
					   const struct address *a)
{
	return strmap_get(&v->first_with, address_key(v->m->arena, l, a));
}

void netmap_index(struct netmap_view *v)
{
	list_segments(v);
	list_addresses(v);
}
