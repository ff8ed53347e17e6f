// SPDX-License-Identifier: Apache-2.0
/*
 * The ways in and out of the router (router.h): pasta(1) processes, each with an interface there.
 *
 *	outside   one, from the first container whose networks lead out to the end of the router
 *	kpX.Y     one for each container that publishes ports, beside its kvX.Y. What comes in by it
 *	          is marked, and the answers, which have the mark too, leave by it (rules.h): its
 *	          pasta alone knows the connection.
 */
#ifndef KOKON_ROUTER_WAYS_H
#define KOKON_ROUTER_WAYS_H

#include "pool.h"
#include "router.h"

#define ROUTER_OUTSIDE "outside"

/* The file that "outside" leaves its number in is in the directory of the pools. */
struct way_out {
	int directory;
	const char *path;    /* the same */
	const char *program; /* pasta's */
};
/* Start it, unless it runs, or could not be started before. 0 or -errno. */
int router_way_out(const struct router *router, const struct way_out *way, struct err *err);

struct way_in {
	const struct pool *pool;
	const struct lease *lease; /* with the ports of the host */
	const char *path;          /* the folder of the container's record, for its number */
	const char *program;
};
int router_way_in(const struct router *router, const struct way_in *way, struct err *err);

/* Can these ports come in? 0 or -EINVAL with the message. */
int router_ways_check(const struct published *ports, uint32_t n_ports, struct err *err);
/* Has this host IPv6 but on its loopback? By that interface, unless NULL, pasta takes part in it. */
bool router_host_v6(char ret[16]);

#endif
