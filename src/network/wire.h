// SPDX-License-Identifier: Apache-2.0
/*
 * Wiring: pairs of virtual Ethernet devices between namespaces, by themselves or with one end of
 * each on a bridge. wire_veth() and wire_bridge() make it whole or not at all (transaction.h). The
 * parts of which they are made, further below, are for networks too (driver.h), whose pools tell
 * what is to be undone.
 */
#ifndef KOKON_WIRE_H
#define KOKON_WIRE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "address.h"
#include "err.h"
#include "netlink.h"
#include "out.h"

enum { WIRE_ADDRESSES_MAX = 8 };
#define WIRE_MARK "kokon bridge " /* begins the alias of what wire_bridge() makes */

/* A network namespace that something is made in. */
struct wire_place {
	int netns;         /* descriptor; -1: the caller's own */
	const char *shown; /* "netns:red" */
	const char *ip;    /* explanations: the ip command there, "ip -n red" */
	const char *word;  /* explanations: what "netns" of ip takes; NULL: the caller's own */
};

struct wire_end {
	struct wire_place place;
	const char *
		name; /* of the interface; NULL: the kernel chooses ("eth0", "veth0" on a bridge) */
	struct ip addresses[WIRE_ADDRESSES_MAX];
	size_t n_addresses;
	uint32_t mtu;              /* 0: the kernel's */
	uint16_t vlan;             /* a bridge: that of its ports; 0: all are one */
	const unsigned char *mac;  /* 6 bytes; NULL: the kernel chooses */
	const char *alias;         /* says whose it is; NULL: nothing */
	int master;                /* index of the bridge it is on; 0: none */
	const struct ip *gateways; /* of its default routes */
	size_t n_gateways;
	uint64_t rate; /* bits per second that leave it (rate.h); 0: no limit */
};

/* What a pair has come to be. */
struct wire_names {
	char name[2][IFNAMSIZ];
};

/* A pair between two places: both ends up, with their addresses, and both loopbacks up. 0 or
 * -errno. */
int wire_veth(const struct wire_end *a, const struct wire_end *b, struct wire_names *ret,
	      struct err *err);
void wire_explain_veth(const struct wire_end *a, const struct wire_end *b, struct out *o);

/*
 * A bridge with its name and addresses in its place, and a pair to each of the n targets.
 * `ret_names` has n elements; name[0] is the end on the bridge. 0 or -errno.
 */
int wire_bridge(const struct wire_end *bridge, const struct wire_end *targets, size_t n,
		struct wire_names *ret_names, struct err *err);
void wire_explain_bridge(const struct wire_end *bridge, const struct wire_end *targets, size_t n,
			 struct out *o);

/* Remove a bridge that wire_bridge() made, and the pairs on it. With `explain` only say how. */
int wire_remove_bridge(const struct wire_place *place, const char *name, struct out *explain,
		       struct err *err);

/* --- the parts --- */

/* A bridge, up, with its name, addresses and alias, in the namespace of the socket. -EEXIST: there
 * is an interface of that name. */
int wire_make_bridge(struct netlink *nl, const struct wire_end *w, int *ret_index, struct err *err);
/* A pair. The socket is in the first end's place, whose end comes up. */
void wire_put_pair(struct netlink_batch *b, const struct wire_end *first,
		   const struct wire_end *second);
/* What an end of a pair has and does once it is there: addresses, alias, up, routes, rate. */
void wire_put_up(struct netlink_batch *b, const struct wire_end *w, int index, const char *name);

/* The same, done, for the interface of the end's name. */
int wire_bring_up(struct netlink *nl, const struct wire_end *w, struct err *err);

/* The same in words; the names must be there, `bridge` (NULL: none) is the first end's. */
void wire_explain_make_bridge(const struct wire_end *w, struct out *o);
void wire_explain_pair(const struct wire_end *first, const struct wire_end *second,
		       const char *bridge, struct out *o);
void wire_explain_up(const struct wire_end *w, struct out *o);

#endif
