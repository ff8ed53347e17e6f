// SPDX-License-Identifier: Apache-2.0
/*
 * For the rules of the map: what netmap-check.c gives them to look at, and their table.
 */
#ifndef KOKON_NETMAP_CHECK_H
#define KOKON_NETMAP_CHECK_H

#include "netmap.h"
#include "strmap.h"

struct netmap_neighbour {
	uint32_t segment;
	struct netmap_end end;
};

struct netmap_view {
	struct netmap *m;
	struct netmap_neighbour *links; /* all, by segment, then by namespace */
	size_t n_links;
	struct strmap first_with; /* "SEGMENT ADDRESS" -> the first struct netmap_end with it */
	size_t room;              /* of m->problems */
	bool *used;               /* of the networks 10.77.N.0/24, see netmap-free.c */
};

/* What a rule looks at; what its condition finds it may keep for its words. */
struct netmap_subject {
	const struct netmap_ns *ns;
	const struct netmap_link *link; /* NULL: the namespace */
	struct netmap_end at;
	struct netmap_end other;
	const struct address *address, *others;
	const struct route *route;
};

struct netmap_rule {
	const char *id; /* NULL ends the table */
	enum netmap_level level;
	bool of_link;
	bool (*when)(const struct netmap_view *v, struct netmap_subject *s);
	void (*words)(const struct netmap_view *v, const struct netmap_subject *s, struct out *o);
	void (*remedy)(const struct netmap_view *v, const struct netmap_subject *s, struct out *o);
};
extern const struct netmap_rule netmap_rules[], netmap_route_rules[];

/* Prepare for the questions below. */
void netmap_index(struct netmap_view *v);
/* The interfaces of a segment, those of earlier namespaces first. */
const struct netmap_neighbour *netmap_segment(const struct netmap_view *v, uint32_t segment,
					      size_t *ret_n);
/* Has it an address that others can reach; family 0: any. */
bool netmap_has_address(const struct netmap_link *l, uint8_t family);
const struct route *netmap_default_route(const struct netmap_ns *ns, uint8_t family);
/* The first interface of its segment with that address. */
const struct netmap_end *netmap_first_with(const struct netmap_view *v, const struct netmap_link *l,
					   const struct address *a);

/* A free address for an interface: in the network of its neighbours, else in one that nothing
 * on the map uses. */
void netmap_put_free_address(const struct netmap_view *v, const struct netmap_link *l,
			     struct out *o);
/* N of a network 10.77.N.0/24 that nothing on the map uses, another one each time. */
unsigned netmap_free_network(const struct netmap_view *v);
bool *netmap_used_networks(const struct netmap_view *v);

/* How rules are written. */
#define NETMAP_WHEN(name)                                                                          \
	static bool name(const struct netmap_view *v UNUSED, struct netmap_subject *s)
#define NETMAP_WORDS(name)                                                                         \
	static void name(const struct netmap_view *v UNUSED,                                       \
			 const struct netmap_subject *s UNUSED, struct out *o)
/* The beginning of a command that runs in the namespace; false: there is none. */
bool netmap_enter(const struct netmap_subject *s, struct out *o);

#endif
