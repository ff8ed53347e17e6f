// SPDX-License-Identifier: Apache-2.0
/*
 * Drivers: what a network is in the kernel, apart from its firewall rules (rules.h).
 *
 * bridge: the host is a switch and a router: a bridge with the gateway's address, and for each
 * container a pair of virtual Ethernet devices, one end on the bridge.
 * macvlan: the containers are on the network of an interface of the host, beside the host: each
 * has a device of its own on top of it, with a hardware address of its own.
 * ipvlan: the same, and all have the hardware address of the interface.
 *
 * Whatever the driver, a network has a description (network.h) that is kept in the database, and a
 * pool (pool.h) that its addresses are leased from; a container has a place in it. A driver turns
 * both into devices and back. All of it can be done again after a part of it was done, in the
 * network namespace of the caller.
 *
 * Networks that others make have neither: those of CNI (cni.h) and pasta (pasta.h).
 */
#ifndef KOKON_DRIVER_H
#define KOKON_DRIVER_H

#include <stdbool.h>
#include "network-request.h"
#include "out.h"
#include "pool.h"
#include "wire.h"

enum driver_traits {
	DRIVER_GATEWAY = 1 << 0,  /* the host is in it, with the first address unless told */
	DRIVER_RULES = 1 << 1,    /* it has firewall rules: NAT, isolation, published ports */
	DRIVER_RATES = 1 << 2,    /* the host can limit what a container receives */
	DRIVER_HARDWARE = 1 << 3, /* a container has a hardware address of its own */
};

struct network_driver {
	const char *name;
	uint32_t traits;
	/* Does the description fit? Fills in the interface. Pure. 0 or -EINVAL. */
	int (*check)(struct network_request *q, struct err *err);

	/* The network itself: make it, or complete it; what is changed on the machine beyond it
	 * goes to `notes`, one per line. Remove it; none is fine. 0 or -errno. */
	int (*raise)(const struct network *n, struct out *notes, struct err *err);
	int (*lower)(const struct network *n, struct err *err);
	void (*explain_raise)(const struct network *n, struct out *o);
	void (*explain_lower)(const struct network *n, struct out *o);

	/* A container's place becomes a device in `netns` with its addresses, up. `routes`: the
	 * gateways become its default routes. `here` is the network namespace that the network is
	 * in; -1: the caller's. -ENODEV: the network is not in the kernel.
	 * The device is removed; none is fine; `netns` may be -1 where the host can do without. */
	int (*wire)(const struct pool *p, const struct lease *l, int here, int netns, bool routes,
		    struct err *err);
	int (*unwire)(const struct pool *p, uint32_t place, int netns, struct err *err);
	void (*explain_wire)(const struct network *n, const char *owner, const char *inside,
			     const char *netns, bool routes, struct out *o);
	void (*explain_unwire)(const struct pool *p, uint32_t place, const char *netns,
			       struct out *o);
};

/* NULL: there is none of this name. */
const struct network_driver *network_driver_find(const char *name);
/* That of a network that there is. */
const struct network_driver *network_driver(const struct network *n);

/* Can a container ask for this hardware address? Zero: it does not. 0 or -EINVAL. */
int network_check_mac(const struct network *n, const unsigned char mac[6], struct err *err);

/* A container's own end, whatever it is made of, as wire.h has it. It points into itself. */
struct container_end {
	struct wire_end end;
	struct ip gateways[FAMILIES];
	char shown[LEASE_OWNER_MAX + 64]; /* how messages or commands name its place */
};
/* That of a lease, in the network namespace `netns`. */
void container_end_of_lease(const struct pool *p, const struct lease *l, int netns, bool routes,
			    struct container_end *ret);
/* For an explanation: the interface `inside`, with addresses that are not known yet, in the
 * namespace that ip(8) knows as `netns`. */
void container_end_in_words(const struct network *n, const char *inside, const char *netns,
			    bool routes, struct container_end *ret);
/* What it has and does once it is there. */
void container_end_explain(const struct network *n, const struct container_end *c, struct out *o);

/* Can ports be published on ::1? Not where br_netfilter has the rules applied to bridged packets:
 * they are translated before IPv6 looks whether ::1 may come from outside. */
bool network_loopback_v6(void);

/* What the host's addresses and routes forbid to a subnet, in memory of the caller's. */
struct taken_list {
	struct taken *v;
	size_t n;
	char (*names)[16];
};
#define TAKEN_LIST_CLEANUP __attribute__((cleanup(taken_list_free)))
int taken_list_read(struct taken_list *ret, struct err *err);
void taken_list_free(struct taken_list *list);

#endif
