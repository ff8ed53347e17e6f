// SPDX-License-Identifier: Apache-2.0
/*
 * A made-up machine for tests of the map of network namespaces: a host with a bridge, NAT and two
 * namespaces on it, where all is well.
 */
#ifndef KOKON_MADE_UP_NET_H
#define KOKON_MADE_UP_NET_H

#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include "macros.h"
#include "netmap.h"

#define LOWER_UP (1 << 16)

enum { HOST, RED, BLUE, LONE, N_NS };
/* positions of interfaces */
enum { LO, H_ETH0, H_BR0, H_RED, H_BLUE };
enum { ETH0 = 1 };

static struct arena arena;
static struct netmap m;

static inline struct netmap_link *add_link(uint32_t ns, int index, const char *name,
					   const char *kind)
{
	struct netmap_link *l = &m.ns[ns].links[m.ns[ns].n_links++];

	l->dev = (struct link){.index = index,
			       .flags = IFF_UP | LOWER_UP,
			       .mtu = 1500,
			       .type = ARPHRD_ETHER,
			       .peer_netns = -1,
			       .address = {2, 0, 0, (unsigned char)ns, 0, (unsigned char)index},
			       .address_len = 6};
	snprintf(l->dev.name, sizeof(l->dev.name), "%s", name);
	snprintf(l->dev.kind, sizeof(l->dev.kind), "%s", kind);
	return l;
}

static inline struct address *add_address(struct netmap_link *l, const char *text)
{
	struct address *a;

	if (!l->addresses)
		l->addresses = arena_array(&arena, struct address, 4);
	a = &l->addresses[l->n_addresses++];
	assert_int_equal(ip_parse_cidr(text, &a->ip, NULL), 0);
	a->link = l->dev.index;
	if (strncmp(text, "fe80", 4) == 0)
		a->scope = RT_SCOPE_LINK;
	return a;
}

static inline struct route *add_route(uint32_t ns, const char *to, const char *via, int link)
{
	struct route *r = &m.ns[ns].routes[m.ns[ns].n_routes++];

	r->type = RTN_UNICAST;
	r->link = link;
	if (via)
		assert_int_equal(ip_parse(via, &r->via), 0);
	if (to)
		assert_int_equal(ip_parse_cidr(to, &r->to, NULL), 0);
	else
		r->to.family = r->via.family;
	r->family = r->to.family;
	r->protocol = via ? RTPROT_BOOT : RTPROT_KERNEL;
	m.ns[ns].all_routes = m.ns[ns].n_routes;
	return r;
}

static inline void add_namespace(uint32_t at, const char *name, const char *enter)
{
	struct netmap_ns *ns = &m.ns[at];
	const char **names = arena_array(&arena, const char *, 2);
	struct netmap_link *lo;

	names[0] = name;
	*ns = (struct netmap_ns){.inode = 4026532000 + at,
				 .names = names,
				 .n_names = 1,
				 .title = name,
				 .target = name,
				 .enter = enter,
				 .links = arena_array(&arena, struct netmap_link, 16),
				 .routes = arena_array(&arena, struct route, 16),
				 .forward4 = 0,
				 .forward6 = 0};
	lo = add_link(at, 1, "lo", "");
	lo->dev.type = ARPHRD_LOOPBACK;
	lo->dev.address_len = 0;
	lo->dev.mtu = 65536;
	add_address(lo, "127.0.0.1/8")->scope = RT_SCOPE_HOST;
}

static inline void add_processes(uint32_t ns, uint32_t n, const char *command,
				 const char *container)
{
	m.ns[ns].processes = arena_array(&arena, struct netmap_process, n + 1);
	m.ns[ns].n_processes = n;
	m.ns[ns].n_listed = MIN(n, 8U);
	for (uint32_t i = 0; i < m.ns[ns].n_listed; i++)
		m.ns[ns].processes[i] =
			(struct netmap_process){(int32_t)(1000 * (ns + 1) + i), command, container};
}

/* A pair between the host's bridge and a namespace, which each numbers as it likes. */
static inline void join_to_bridge(uint32_t ns, int index, const char *name, const char *address)
{
	struct netmap_link *out = add_link(HOST, index, name, "veth");
	struct netmap_link *in = add_link(ns, 2, "eth0", "veth");

	out->dev.master = 3;
	out->dev.peer = 2;
	out->dev.peer_netns = (int)ns + 10;
	in->dev.peer = index;
	in->dev.peer_netns = 0;
	add_address(in, address);
	add_address(in, "fe80::1/64");
	add_route(ns, "10.0.0.0/24", NULL, 2);
	add_route(ns, NULL, "10.0.0.1", 2);
}

/* The numbers that join_to_bridge() gave. */
static inline int32_t numbers(void *context UNUSED, uint32_t a, uint32_t b)
{
	if (a == HOST)
		return (int32_t)b + 10;
	return b == HOST ? 0 : -1;
}

static inline void make_machine(void)
{
	assert_int_equal(arena_init(&arena), 0);
	m = (struct netmap){.arena = &arena, .n_ns = 3, .only = NETMAP_NONE, .by_root = true};
	m.ns = arena_array(&arena, struct netmap_ns, N_NS);
	add_namespace(HOST, "host", "");
	m.ns[HOST].here = true;
	m.ns[HOST].forward4 = 1;
	m.ns[HOST].nat = true;
	m.ns[HOST].nft_rules = 3;
	m.ns[HOST].nft_tables = 1;
	add_address(add_link(HOST, 2, "eth0", ""), "192.0.2.10/24");
	add_address(add_link(HOST, 3, "br0", "bridge"), "10.0.0.1/24");
	add_namespace(RED, "netns:red", "kokon netns exec red ");
	add_namespace(BLUE, "container:blue", "kokon nsenter -t 3000 -n ");
	join_to_bridge(RED, 4, "v-red", "10.0.0.2/24");
	join_to_bridge(BLUE, 5, "v-blue", "10.0.0.3/24");
	add_route(HOST, NULL, "192.0.2.1", 2);
	add_route(HOST, "192.0.2.0/24", NULL, 2);
	add_route(HOST, "10.0.0.0/24", NULL, 3);
	add_processes(HOST, 200, "systemd", NULL);
	add_processes(BLUE, 2, "nginx", "blue");
	m.ns[RED].held = "/run/netns/red";
	m.ns[HOST].sockets = (struct netmap_sockets){.known = true, .tcp_listening = 2, .udp = 1};
}

#endif
