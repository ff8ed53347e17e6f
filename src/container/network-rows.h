// SPDX-License-Identifier: Apache-2.0
/*
 * The network of a container, on the host side: what its rows do, and how it is undone.
 *
 *	claim    before anything is made: the record has been written, places in the networks'
 *	         pools and ports of the host are taken, the files for /etc are written
 *	wire     with the container's network namespace at hand: pairs, addresses, routes, ports
 *	undo     from the container's name alone, by whoever ends it or finds it dead: its places
 *	         are freed, the rules of its ports go. Its interfaces end with its namespace.
 */
#ifndef KOKON_NETWORK_ROWS_H
#define KOKON_NETWORK_ROWS_H

#include "cni.h"
#include "network-plan.h"
#include "pool.h"
#include "resolver.h"
#include "router.h"

enum { NETWORK_RESERVED_MAX = 1024 };

/* What has come to be of it. */
struct live_network {
	const struct router *router; /* where the networks are */
	int netns;                   /* -1: not yet */
	int udp, tcp;                /* sockets of the resolver in the container */
	int pools;                   /* directory of the networks, for the resolver */
	struct resolver *resolver;   /* NULL: none */
	uint32_t n_reserved;         /* sockets that hold the published ports of the host */
	int reserved[NETWORK_RESERVED_MAX];
	int held[2]; /* a pipe that ends when nobody else has the sockets any more; -1: none */
	struct lease leases[NETWORK_JOINS_MAX];
	struct cni_result results[NETWORK_JOINS_MAX]; /* of CNI networks, which have no leases */
};

void live_network_init(struct live_network *l);
void live_network_close(struct live_network *l);

/* `state` is the directory of the container's record. 0 or -errno; what was done before a failure
 * is undone by network_undo(). */
int network_claim(const struct network_plan *plan, const char *owner, int state,
		  struct live_network *l, struct err *err);
int network_connect_all(const struct network_plan *plan, const char *owner, int state,
			struct live_network *l, struct err *err);
/* Begin to answer questions about names, when the plan says so. 0 or -errno. */
int network_resolve(const struct network_plan *plan, const char *owner, struct live_network *l,
		    struct err *err);
/* Free all that the container has in networks. Cheap when there are none. */
int network_undo(const char *owner, int state, struct err *err);
/* End pasta(1), and remove the files that network_claim() wrote. */
void network_files_remove(int state);

#endif
