// SPDX-License-Identifier: Apache-2.0
/*
 * Looking into one network namespace: sockets that belong to it, and what they tell.
 */
#ifndef KOKON_NETMAP_LOOK_H
#define KOKON_NETMAP_LOOK_H

#include "netlink.h"
#include "netmap.h"

struct netmap_rules {
	int64_t rules, tables; /* -1: may not be read */
	bool nat;
};

struct netmap_look {
	struct netlink route, diag;
	struct netmap_rules rules;
	bool as_owner; /* by way of the user namespace that owns it */
};
#define NETMAP_LOOK_NONE                                                                           \
	{                                                                                          \
		.route = NETLINK_NONE, .diag = NETLINK_NONE, .rules = { -1, -1, false }            \
	}
#define NETMAP_LOOK_CLEANUP __attribute__((cleanup(netmap_look_close)))

/* Into the namespace of a descriptor, -1: the caller's own. Returns 0 or -errno. */
int netmap_look_open(int netns, struct netmap_look *ret, struct err *err);
void netmap_look_close(struct netmap_look *l);

/* Interfaces, addresses, routes, forwarding. 0 or -errno. */
int netmap_look_links(struct arena *a, struct netmap_look *l, struct netmap_ns *ns,
		      struct err *err);
/* TCP and UDP sockets; without sock_diag(7) they stay unknown. */
void netmap_look_sockets(struct arena *a, struct netmap_look *l, struct netmap_ns *ns);
/* Rules of nftables in the caller's present namespace. */
void netmap_count_rules(struct netmap_rules *ret);
/* The number that the namespace of `l` has for that of a descriptor, or -1. */
int32_t netmap_look_number(struct netmap_look *l, int netns);

#endif
