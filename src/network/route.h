// SPDX-License-Identifier: Apache-2.0
/*
 * Routes (rtnetlink(7), RTM_NEWROUTE …) in the namespace of the socket.
 */
#ifndef KOKON_ROUTE_H
#define KOKON_ROUTE_H

#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"
#include "err.h"
#include "netlink.h"

struct route {
	uint8_t family;
	uint8_t type;     /* RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE …; adding: 0 is RTN_UNICAST */
	uint8_t protocol; /* RTPROT_KERNEL, RTPROT_STATIC …; adding: 0 is RTPROT_BOOT, as ip */
	uint8_t scope;    /* RT_SCOPE_*; adding: chosen from the gateway */
	uint32_t table;   /* RT_TABLE_MAIN …; adding: 0 is RT_TABLE_MAIN */
	uint32_t metric;  /* 0: none (IPv6: the kernel's) */
	int link;         /* index of the interface; 0: none, or several next hops */
	struct ip to;     /* the destination; prefix 0: the default route */
	struct ip via;    /* the gateway; AF_UNSPEC: none */
	struct ip source; /* preferred source; AF_UNSPEC: none */
};

struct route_list {
	struct route *v; /* owned */
	size_t n;
};
#define ROUTE_LIST_CLEANUP __attribute__((cleanup(route_list_free)))
void route_list_free(struct route_list *list);

/* The routes of a table (0: of all tables), IPv4 before IPv6. 0 or -errno. */
int route_list_read(struct netlink *nl, uint32_t table, struct route_list *ret, struct err *err);

void route_put_add(struct netlink_batch *b, const struct route *route);
void route_put_delete(struct netlink_batch *b, const struct route *route);
int route_add(struct netlink *nl, const struct route *route, struct err *err);
int route_delete(struct netlink *nl, const struct route *route, struct err *err);

#endif
