// SPDX-License-Identifier: Apache-2.0
/*
 * The namespaces of this machine as far as /proc lets one see: which processes are in them,
 * which are held by a bind mount or an open descriptor alone, who owns them and which is the
 * parent of which (namespaces(7), ioctl_nsfs(2)).
 *
 * Each read function costs only what its name says, so a caller reads what it needs:
 * membership is one readlink per process and kind; owners and parents are asked once per
 * namespace, not once per process.
 */
#ifndef KOKON_NSGRAPH_H
#define KOKON_NSGRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"
#include "nstype.h"

#define NO_NS UINT32_MAX

/* What is known of a namespace's position. 0: none, or the kernel does not tell. */
struct ns_relations {
	uint64_t owner;          /* inode of the owning user namespace */
	uint64_t parent;         /* pid and user namespaces: inode of the parent */
	uint32_t owner_uid;      /* the user who made the (owning) user namespace */
	int owner_fd, parent_fd; /* descriptors of the two, or -1; the caller closes them */
};

struct ns_node {
	uint64_t inode;
	enum namespace_type type;
	uint32_t n_processes;
	int32_t pid;  /* its lowest process, 0: none */
	bool related; /* the following were asked */
	uint64_t owner, parent;
	uint32_t owner_uid;

	int32_t netnsid; /* NETNSID_… or the id that this network namespace has for it */
	char *paths;     /* bind mounts, one per line; NULL: none. Owned */
	bool elsewhere;  /* the paths are of other mount namespaces, through /proc/PID/root */
	int fd;          /* of one found without processes, when `keep` was set; else -1. Owned */
};

#define NETNSID_UNASSIGNED (-1)
#define NETNSID_UNKNOWN    (-2)

struct ns_process {
	int32_t pid;
	uint32_t node[NAMESPACE_TYPES]; /* index into nodes, or NO_NS */
};

/* How owners and parents are asked; a test gives its own. Returns 0 or -errno. */
typedef int ns_relate_function(int fd, enum namespace_type type, uint64_t inode,
			       struct ns_relations *ret);

struct ns_graph {
	int proc; /* descriptor of the proc file system; not owned */
	struct ns_node *nodes;
	size_t n_nodes, nodes_size;
	uint32_t *index; /* hash table over nodes */
	size_t index_size;
	struct ns_process *processes; /* ascending by pid */
	size_t n_processes;
	unsigned types;             /* which kinds are kept: bits of enum namespace_type */
	size_t n_refused;           /* processes that we may not look at */
	bool exhausted;             /* no descriptor was left to look with */
	ns_relate_function *relate; /* NULL: ioctl_nsfs(2) */
	bool ask_netnsid;           /* netnsid of each network namespace is wanted */
	int netlink;                /* route socket for network namespace ids, or -1 */
	bool keep;                  /* keep a descriptor of each namespace without processes */
};

#define NS_GRAPH_CLEANUP __attribute__((cleanup(ns_graph_free)))

void ns_graph_init(struct ns_graph *g, int proc, unsigned types);
void ns_graph_free(struct ns_graph *g);

/* The namespaces of every process. */
int ns_graph_read_processes(struct ns_graph *g);
/* Bind mounts of namespaces, in this mount namespace and in those of the processes read. */
int ns_graph_read_mounts(struct ns_graph *g);
/* Namespaces that only an open descriptor or a socket keeps alive. */
int ns_graph_read_descriptors(struct ns_graph *g);
/* Owners and parents of all; with `add`, owners and parents that no process is in become
 * nodes of their own. */
int ns_graph_relate(struct ns_graph *g, bool add);
/* The ids of the network namespaces that have processes; those without were asked, when
 * ask_netnsid was set, as they were found. */
void ns_graph_ask_netnsids(struct ns_graph *g);

/* The index of a namespace in nodes, or NO_NS. */
uint32_t ns_graph_find(const struct ns_graph *g, uint64_t inode);
const struct ns_process *ns_graph_process(const struct ns_graph *g, int32_t pid);

/* For the other files of this mechanism. */
uint32_t ns_graph_add(struct ns_graph *g, enum namespace_type type, uint64_t inode);
/* Add a namespace known by a descriptor of its own, with its owners and parents. */
int ns_graph_add_held(struct ns_graph *g, enum namespace_type type, uint64_t inode, int fd);
int ns_relate_by_ioctl(int fd, enum namespace_type type, uint64_t inode, struct ns_relations *ret);
/* A descriptor of a namespace that has a process, or -errno. */
int ns_graph_open(const struct ns_graph *g, const struct ns_node *node);

#endif
