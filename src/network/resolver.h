// SPDX-License-Identifier: Apache-2.0
/*
 * The resolver of one container: answers questions about names that come to sockets in its
 * network namespace (127.0.0.11), in the process that answers for the container anyway.
 *
 * Names and aliases of containers on the same networks are read from the pools, so there is
 * nothing to keep up to date. Other names are asked of the host's name servers, by sockets in the
 * host's namespace: what the host reaches, its own loopback too, the container can ask.
 */
#ifndef KOKON_RESOLVER_H
#define KOKON_RESOLVER_H

#include "err.h"

struct resolver;

/* `udp` and `tcp` are bound sockets that stay the caller's; `servers` are addresses between
 * blanks, or NULL; `pools` is the networks' directory (pool.h), -1: none. 0 or -errno. */
int resolver_open(int udp, int tcp, const char *servers, int pools, const char *owner,
		  struct resolver **ret, struct err *err);
void resolver_close(struct resolver *r);
/* A descriptor that is readable when there is something to do, and what does it. */
int resolver_fd(const struct resolver *r);
void resolver_serve(void *resolver);

#endif
