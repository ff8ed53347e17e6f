// SPDX-License-Identifier: Apache-2.0
/*
 * The pool of a network: one file, mapped by every process that joins, leaves or looks.
 *
 *	DIRECTORY/guard       held (flock(2)) by whoever makes, changes or removes networks
 *	DIRECTORY/NAME.pool   the network (network.h), then one record for each place in use
 *
 * Its lock is held for microseconds, by pool_take() and pool_release() alone. A record is written
 * before the address is used for anything, and emptied after the last trace of it is gone: whoever
 * dies in between leaves a record, from which pool_release() of anybody cleans up. The record's
 * first byte, of the owner's name, is written last and cleared first.
 *
 * DIRECTORY is .network in the folder of the containers' records, which is in memory: no address
 * outlives the machine's boot, as no container does. Networks do; they are kept in a database by
 * the helper kokon-network, which writes these files anew (ADR 10).
 */
#ifndef KOKON_POOL_H
#define KOKON_POOL_H

#include "network.h"
#include "publish.h"

enum { LEASE_OWNER_MAX = 128, LEASE_ALIASES = 256, LEASE_PORTS = 32, POOL_VERSION = 1 };

/* A place that is in use. */
struct lease {
	char owner[LEASE_OWNER_MAX + 1]; /* the container; empty: the place is free */
	char inside[16];                 /* name of the interface in the container */
	unsigned char mac[6];
	uint16_t n_ports;
	uint32_t place;
	uint64_t rate;               /* bits per second in each direction; 0: no limit */
	char aliases[LEASE_ALIASES]; /* words between blanks */
	struct published ports[LEASE_PORTS];
};

struct pool_head {
	char magic[8];
	uint32_t version, lease_size;
	uint64_t netns;   /* inode of the namespace that has the bridge */
	uint32_t next;    /* where the search for a free place begins */
	uint32_t highest; /* that was ever in use: what is behind it is not even read */
	uint32_t places;
	struct network network;
};

struct pool {
	int fd;
	size_t size;
	struct pool_head *head; /* mapped */
	struct lease *leases;   /* [0 … head->places]; 0 is never used */
};

#define POOL_NONE                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define POOL_CLEANUP __attribute__((cleanup(pool_close)))

/* The directory, opened; made when `make`. `root` is the folder of the containers' records. */
int pool_directory(int root, bool make, struct err *err);
/* -ENOENT without a message: there is no such network. 0 or -errno. */
int pool_open(int directory, const char *name, struct pool *ret, struct err *err);
void pool_close(struct pool *p);
/* Write the pool of a network: a new one, or with the records of an older one kept. */
int pool_write(int directory, const struct network *network, uint64_t netns, struct err *err);
int pool_unlink(int directory, const char *name);

/* What is asked for; zero and AF_UNSPEC: chosen. */
struct lease_request {
	const char *owner;
	const char *inside;
	struct ip ip[FAMILIES];
	unsigned char mac[6];
	const char *aliases; /* words between blanks; NULL: none */
	uint64_t rate;
	const struct published *ports;
	size_t n_ports;
};

/* Take a place. -EADDRINUSE, -EADDRNOTAVAIL (out of addresses), -EINVAL with the message. */
int pool_take(struct pool *p, const struct lease_request *q, struct lease *ret, struct err *err);
/* Free all places of an owner. *ret_ports: had it published ports? Returns how many. */
int pool_release(struct pool *p, const char *owner, bool *ret_ports);
/* Free all places whose owner is not alive, which is asked while nobody can take one. */
int pool_release_orphans(struct pool *p, bool (*alive)(void *context, const char *owner),
			 void *context);
/* The place of an owner, or 0. */
uint32_t pool_find(const struct pool *p, const char *owner);
/* How many places are in use. */
uint32_t pool_used(const struct pool *p);
/* The next record in use from *at on (begin with 1), or NULL; *at goes behind it. */
const struct lease *pool_next(const struct pool *p, uint32_t *at);

/* A hardware address, locally administered, made of an IP address: a neighbour's cache of an
 * earlier owner of the address holds. */
void address_mac(const struct ip *ip, unsigned char ret[6]);
/* The end of a container's pair that stays on the host: unique while the bridge exists. */
void lease_host_interface(const struct pool *p, uint32_t place, char ret[16]);
/* In an ordinary user's router, the interface by which connections to the published ports of the
 * place come in, and the mark that they have, which is the number of a routing table too. */
void lease_way_interface(const struct pool *p, uint32_t place, char ret[16]);
uint32_t lease_mark(const struct pool *p, uint32_t place);

/* Names of all pools, sorted by name, in memory of the caller's (free each, then the list). */
int pool_names(int directory, char ***ret, size_t *ret_n, struct err *err);
void pool_names_free(char **names, size_t n);

#endif
