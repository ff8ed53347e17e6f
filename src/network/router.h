// SPDX-License-Identifier: Apache-2.0
/*
 * The router: the network namespace in which an ordinary user's networks are, with their bridges,
 * their firewall rules and the way out. Root's networks are in the host's namespace, and nothing of
 * this is needed.
 *
 *	none --router_join()--> kept --the last member ends--> none
 *
 * It is one of the user's named network namespaces (netns.h), so that `kokon netns exec
 * kokon-router` shows what is in it, and containers' user namespaces are made in the one that owns
 * it. A member is a process that holds a shared lock (flock(2)) on the directory of the pools: the
 * kernel takes it back however the process ends. A process without work (the keeper,
 * "kokon-router") waits for the exclusive one, ends pasta(1), and removes the name.
 */
#ifndef KOKON_ROUTER_H
#define KOKON_ROUTER_H

#include "netns.h"

#define ROUTER_NAME "kokon-router"
/* A file beside the record: there is no way out (router-ways.h), as long as this router is kept. */
#define ROUTER_NO_WAY "no-way-out"

struct router {
	bool apart;    /* not the caller's own network namespace */
	pid_t keeper;  /* 0: there is none now */
	int user, net; /* its namespaces; -1: there is none now, or !apart */
	int lock;      /* held by a member; -1 */
};
#define ROUTER_NONE                                                                                \
	{                                                                                          \
		.user = -1, .net = -1, .lock = -1                                                  \
	}
#define ROUTER_CLEANUP __attribute__((cleanup(router_close)))

/* The caller's, if there is one. `directory` is that of the pools (pool.h). 0 or -errno. */
int router_find(int directory, struct router *ret, struct err *err);
/* Become a member; it is made where there is none. */
int router_join(int directory, netns_mapper map, struct router *ret, struct err *err);
void router_close(struct router *router);
/* A process without work becomes a member too, until the process of the descriptor has ended. */
int router_stay(const struct router *router, int pidfd, struct err *err);
/* Does a network namespace belong to a user namespace that was made inside of the router's? */
bool router_contains(const struct router *router, int netns);

/* Is there one that nobody is a member of and no keeper ends, as that was killed? With `remove`
 * it is ended. `directory` may be -1. */
bool router_is_stray(int directory, bool remove);

/* Enter it for good, as its root. Nothing happens where it is not apart. */
int router_enter(const struct router *router, struct err *err);
/*
 * Have something done there: by a child that shares this process's memory and is not interrupted
 * (transaction.h), or at once where it is not apart. -ENODEV: there is none now.
 */
int router_run(const struct router *router, int (*work)(void *arg, struct err *err), void *arg,
	       struct err *err);

#endif
