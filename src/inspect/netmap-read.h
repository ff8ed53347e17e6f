// SPDX-License-Identifier: Apache-2.0
/*
 * Reads the network namespaces of this machine into a map: those of processes, those that a
 * file holds (ip netns, kokon), and those that only an open descriptor or socket keeps.
 *
 * A namespace is looked into through netlink sockets that are opened in it: the caller visits it
 * (setns(2)) and comes back. Where that is not allowed, a child first enters the user namespace
 * that owns it, which its maker may, and hands the sockets back.
 */
#ifndef KOKON_NETMAP_READ_H
#define KOKON_NETMAP_READ_H

#include "err.h"
#include "netmap.h"

/* A name that kokon knows: "netns:blue" by its inode, "container:web" by its first process. */
struct netmap_name {
	const char *text;
	int32_t pid;    /* 0: none */
	uint64_t inode; /* of the network namespace, 0: that of the process */
};

struct netmap_request {
	const struct netmap_name *names;
	size_t n_names;
	int only;           /* a descriptor of the namespace that is asked for, or -1: all */
	size_t processes;   /* how many to name in each namespace, up to NETMAP_MOST_LISTED */
	bool sockets;       /* count them */
	bool socket_owners; /* and find the processes of listening sockets */
};

/* The map, with `problems` not yet looked for. Returns 0 or -errno with the message. */
int netmap_read(struct arena *a, const struct netmap_request *request, struct netmap *ret,
		struct err *err);

#endif
