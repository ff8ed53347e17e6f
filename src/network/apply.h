// SPDX-License-Identifier: Apache-2.0
/*
 * What a network is in the kernel, apart from its firewall rules (rules.h): the bridge with the
 * gateways' addresses, the kernel parameters it needs, and each container's pair of virtual
 * Ethernet devices, made of the parts in wire.h. In the network namespace of the caller.
 */
#ifndef KOKON_APPLY_H
#define KOKON_APPLY_H

#include <stdbool.h>
#include "out.h"
#include "pool.h"

/* Make the bridge, or complete it. What is changed on the machine beyond it goes to `notes`, one
 * per line. 0 or -errno. */
int network_raise(const struct network *n, struct out *notes, struct err *err);
/* Can ports be published on ::1? Not where br_netfilter has the rules applied to bridged packets:
 * they are translated before IPv6 looks whether ::1 may come from outside. */
bool network_loopback_v6(void);
/* Remove the bridge; none is fine. */
int network_lower(const struct network *n, struct err *err);
/* The same as shell commands. */
void network_explain_raise(const struct network *n, struct out *o);
void network_explain_lower(const struct network *n, struct out *o);

/* What the host's addresses and routes forbid to a subnet, in memory of the caller's. */
struct taken_list {
	struct taken *v;
	size_t n;
	char (*names)[16];
};
#define TAKEN_LIST_CLEANUP __attribute__((cleanup(taken_list_free)))
int taken_list_read(struct taken_list *ret, struct err *err);
void taken_list_free(struct taken_list *list);

/*
 * A container's place becomes a device: a pair, one end on the bridge, the other in `netns` with
 * its addresses, up. `routes`: the gateways become its default routes. -ENODEV: no such bridge.
 */
int network_wire(const struct pool *p, const struct lease *l, int netns, bool routes,
		 struct err *err);
/* Remove the pair of a place; none is fine. */
int network_unwire(const struct pool *p, uint32_t place, struct err *err);
void network_explain_wire(const struct network *n, const char *owner, const char *inside,
			  const char *netns, bool routes, struct out *o);

#endif
