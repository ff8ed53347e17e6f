// SPDX-License-Identifier: Apache-2.0
/*
 * Which interfaces belong together.
 *
 * A veth interface tells the number of its other end (IFLA_LINK) and, when that is in another
 * namespace, the number that its own namespace has for that one (IFLA_LINK_NETNSID). Both ends
 * say so of each other, which leaves few candidates; of these the kernel is asked for the
 * number (RTM_GETNSID). A candidate that may not be asked counts when it is the only one.
 *
 * Segments are the sets of interfaces that hear each other's frames: ends of a pair, and a
 * bridge with its ports. They are found with a union-find over all interfaces, numbered
 * namespace by namespace.
 */
#include "netmap.h"

#include <string.h>

static uint32_t position(const struct netmap_ns *ns, int index)
{
	const struct netmap_link *l = netmap_link_by_index(ns, index);

	return l ? (uint32_t)(l - ns->links) : NETMAP_NONE;
}

/* Links of all namespaces by (index, peer), in chains: who could be the other end. */
struct ends {
	struct netmap_end *v; /* every link of the map */
	uint32_t *next;       /* of the chain, by place in v */
	uint32_t *first;      /* the hash table */
	size_t n, size;
};

static size_t slot_of(const struct ends *e, int index, int peer)
{
	uint64_t key = (uint64_t)(uint32_t)index << 32 | (uint32_t)peer;

	return (size_t)(key * 0x9e3779b97f4a7c15ULL >> 32) & (e->size - 1);
}

static struct ends collect_ends(const struct netmap *m)
{
	struct ends e = {.size = 64};

	for (size_t i = 0; i < m->n_ns; i++)
		e.n += m->ns[i].n_links;
	while (e.size < 2 * e.n)
		e.size *= 2;
	e.v = arena_array(m->arena, struct netmap_end, e.n + 1);
	e.next = arena_array(m->arena, uint32_t, e.n + 1);
	e.first = arena_array(m->arena, uint32_t, e.size);
	memset(e.first, 0xff, e.size * sizeof(*e.first));
	e.n = 0;
	for (uint32_t i = 0; i < m->n_ns; i++) {
		for (uint32_t k = 0; k < m->ns[i].n_links; k++) {
			const struct netmap_link *l = &m->ns[i].links[k];
			size_t slot = slot_of(&e, l->dev.index, l->dev.peer);

			e.v[e.n] = (struct netmap_end){i, k};
			e.next[e.n] = e.first[slot];
			e.first[slot] = (uint32_t)e.n++;
		}
	}
	return e;
}

struct asking {
	netmap_ask_function *ask;
	void *context;
};

/* The other end of a pair that lies in another namespace. */
static struct netmap_end find_elsewhere(const struct netmap *m, const struct ends *e,
					const struct asking *asking, struct netmap_end own)
{
	const struct netmap_link *l = netmap_at(m, own);
	struct netmap_end only = {NETMAP_NONE, 0};
	size_t n_unknown = 0;

	for (uint32_t at = e->first[slot_of(e, l->dev.peer, l->dev.index)]; at != NETMAP_NONE;
	     at = e->next[at]) {
		const struct netmap_link *c = netmap_at(m, e->v[at]);
		int32_t number;

		if (c->dev.index != l->dev.peer || c->dev.peer != l->dev.index ||
		    e->v[at].ns == own.ns || strcmp(c->dev.kind, l->dev.kind) != 0)
			continue;
		number = asking->ask ? asking->ask(asking->context, own.ns, e->v[at].ns) : -1;
		if (number >= 0 && number == l->dev.peer_netns)
			return e->v[at];
		if (number < 0) {
			only = e->v[at];
			n_unknown++;
		}
	}
	return n_unknown == 1 ? only : (struct netmap_end){NETMAP_NONE, 0};
}

/* What an interface that is no pair lies on (vlan, macvlan): the host's, most often. */
static struct netmap_end find_lower(const struct netmap *m, const struct asking *asking,
				    struct netmap_end own)
{
	const struct netmap_link *l = netmap_at(m, own);

	for (uint32_t i = 0; asking->ask && i < m->n_ns; i++) {
		uint32_t at = i == own.ns ? NETMAP_NONE : position(&m->ns[i], l->dev.peer);

		if (at != NETMAP_NONE &&
		    asking->ask(asking->context, own.ns, i) == l->dev.peer_netns)
			return (struct netmap_end){i, at};
	}
	return (struct netmap_end){NETMAP_NONE, 0};
}

static struct netmap_end find_peer(const struct netmap *m, const struct ends *e,
				   const struct asking *asking, struct netmap_end own)
{
	const struct netmap_link *l = netmap_at(m, own);
	struct netmap_end none = {NETMAP_NONE, 0};

	if (!l->dev.peer || (l->dev.peer_netns < 0 && l->dev.peer == l->dev.index))
		return none;
	if (l->dev.peer_netns < 0) {
		uint32_t at = position(&m->ns[own.ns], l->dev.peer);

		return at == NETMAP_NONE ? none : (struct netmap_end){own.ns, at};
	}
	return netmap_is_pair(l) ? find_elsewhere(m, e, asking, own) : find_lower(m, asking, own);
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
	while (parent[i] != i)
		i = parent[i] = parent[parent[i]];
	return i;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
	a = root_of(parent, a);
	b = root_of(parent, b);
	parent[MAX(a, b)] = MIN(a, b);
}

static void find_segments(struct netmap *m, size_t n_links)
{
	uint32_t *parent = arena_array(m->arena, uint32_t, n_links + 1);
	uint32_t *first = arena_array(m->arena, uint32_t, m->n_ns + 1);

	for (uint32_t i = 0; i < n_links; i++)
		parent[i] = i;
	for (size_t i = 0; i < m->n_ns; i++)
		first[i + 1] = first[i] + (uint32_t)m->ns[i].n_links;
	for (size_t i = 0; i < m->n_ns; i++) {
		for (uint32_t k = 0; k < m->ns[i].n_links; k++) {
			const struct netmap_link *l = &m->ns[i].links[k];

			if (l->peer.ns != NETMAP_NONE && netmap_is_pair(l))
				join(parent, first[i] + k, first[l->peer.ns] + l->peer.link);
			if (l->bridge != NETMAP_NONE)
				join(parent, first[i] + k, first[i] + l->bridge);
		}
	}
	for (size_t i = 0; i < m->n_ns; i++)
		for (uint32_t k = 0; k < m->ns[i].n_links; k++)
			m->ns[i].links[k].segment = root_of(parent, first[i] + k);
}

void netmap_match(struct netmap *m, netmap_ask_function *ask, void *context)
{
	struct ends e = collect_ends(m);
	struct asking asking = {ask, context};

	for (size_t i = 0; i < e.n; i++)
		m->ns[e.v[i].ns].links[e.v[i].link].peer.ns = NETMAP_NONE;
	for (size_t i = 0; i < e.n; i++) {
		struct netmap_ns *ns = &m->ns[e.v[i].ns];
		struct netmap_link *l = &ns->links[e.v[i].link];

		l->bridge = position(ns, l->dev.master);
		if (l->peer.ns != NETMAP_NONE) /* found from its other end */
			continue;
		l->peer = find_peer(m, &e, &asking, e.v[i]);
		if (l->peer.ns != NETMAP_NONE && netmap_is_pair(l))
			m->ns[l->peer.ns].links[l->peer.link].peer = e.v[i];
	}
	find_segments(m, e.n);
}
