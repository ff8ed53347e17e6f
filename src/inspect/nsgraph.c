// SPDX-License-Identifier: Apache-2.0
/*
 * Nodes are kept in the order of their finding, with a hash table from the inode to the
 * index; indices stay valid while the array grows, pointers do not.
 *
 * Reading the processes is the hot part: for each, one directory is opened and one short
 * link read per kind. Most processes share their namespaces with the one before, so the
 * look-up compares with that first.
 */
#include "nsgraph.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "file.h"
#include "macros.h"
#include "procfs.h"

void ns_graph_init(struct ns_graph *g, int proc, unsigned types)
{
	*g = (struct ns_graph){.proc = proc, .types = types, .netlink = -1};
}

void ns_graph_free(struct ns_graph *g)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		free(g->nodes[i].paths);
		if (g->nodes[i].fd >= 0)
			close(g->nodes[i].fd);
	}
	free(g->nodes);
	free(g->index);
	free(g->processes);
	if (g->netlink >= 0)
		close(g->netlink);
	*g = (struct ns_graph){.proc = -1, .netlink = -1};
}

static size_t slot_of(const struct ns_graph *g, uint64_t inode)
{
	size_t i = (size_t)(inode * 0x9e3779b97f4a7c15ULL >> 32) & (g->index_size - 1);

	while (g->index[i] != NO_NS && g->nodes[g->index[i]].inode != inode)
		i = (i + 1) & (g->index_size - 1);
	return i;
}

uint32_t ns_graph_find(const struct ns_graph *g, uint64_t inode)
{
	return g->index_size ? g->index[slot_of(g, inode)] : NO_NS;
}

static void grow(struct ns_graph *g)
{
	g->nodes_size = g->nodes_size ? 2 * g->nodes_size : 64;
	g->index_size = 4 * g->nodes_size;
	g->nodes = realloc(g->nodes, g->nodes_size * sizeof(*g->nodes));
	free(g->index);
	g->index = malloc(g->index_size * sizeof(*g->index));
	if (!g->nodes || !g->index)
		out_of_memory();
	memset(g->index, 0xff, g->index_size * sizeof(*g->index));
	for (size_t i = 0; i < g->n_nodes; i++)
		g->index[slot_of(g, g->nodes[i].inode)] = (uint32_t)i;
}

uint32_t ns_graph_add(struct ns_graph *g, enum namespace_type type, uint64_t inode)
{
	uint32_t found = ns_graph_find(g, inode);

	if (found != NO_NS)
		return found;
	if (g->n_nodes == g->nodes_size)
		grow(g);
	found = (uint32_t)g->n_nodes++;
	g->nodes[found] = (struct ns_node){.inode = inode,
					   .type = type,
					   .netnsid = NETNSID_UNKNOWN,
					   .fd = -1};
	g->index[slot_of(g, inode)] = found;
	return found;
}

/* The namespace that one link names. */
static uint32_t read_member(struct ns_graph *g, int ns_dir, int type, uint32_t before,
			    int *ret_error)
{
	char text[64];
	ssize_t n = read_link_at(ns_dir, namespace_infos[type].name, text, sizeof(text));
	uint64_t inode;

	*ret_error = n < 0 ? (int)n : 0;
	if (n < 0 || ns_parse_link(text, &inode) != type)
		return NO_NS;
	if (before != NO_NS && g->nodes[before].inode == inode)
		return before;
	return ns_graph_add(g, (enum namespace_type)type, inode);
}

/* Returns false when the process is gone or closed to us. */
static bool read_process(struct ns_graph *g, struct ns_process *p, const struct ns_process *before)
{
	char path[PROCFS_PATH_SIZE];
	CLOSE_FD int dir = openat(g->proc, procfs_path(path, sizeof(path), p->pid, "ns"),
				  O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool any = false;
	int error;

	if (dir < 0) {
		g->exhausted |= errno == EMFILE || errno == ENFILE;
		return false;
	}
	for (int t = 0; t < NAMESPACE_TYPES; t++) {
		p->node[t] = NO_NS;
		if (!(g->types & 1U << t))
			continue;
		p->node[t] = read_member(g, dir, t, before ? before->node[t] : NO_NS, &error);
		if (error == -EACCES || error == -EPERM) {
			/* One answer for all links (ptrace(2), PTRACE_MODE_READ). */
			g->n_refused++;
			return false;
		}
		any |= p->node[t] != NO_NS;
	}
	return any;
}

static void count_member(struct ns_graph *g, const struct ns_process *p)
{
	for (int t = 0; t < NAMESPACE_TYPES; t++) {
		struct ns_node *node = p->node[t] == NO_NS ? NULL : &g->nodes[p->node[t]];

		if (!node)
			continue;
		node->n_processes++;
		if (!node->pid)
			node->pid = p->pid;
	}
}

int ns_graph_read_processes(struct ns_graph *g)
{
	FREE_PTR int32_t *pids = NULL;
	size_t n;
	int r = procfs_numbers(g->proc, &pids, &n);

	if (r < 0)
		return r;
	g->processes = calloc(n + 1, sizeof(*g->processes));
	if (!g->processes)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct ns_process *p = &g->processes[g->n_processes];

		p->pid = pids[i];
		if (!read_process(g, p, g->n_processes ? p - 1 : NULL))
			continue;
		g->n_processes++;
		count_member(g, p);
	}
	return g->exhausted ? -EMFILE : 0;
}

const struct ns_process *ns_graph_process(const struct ns_graph *g, int32_t pid)
{
	size_t low = 0, high = g->n_processes;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (g->processes[middle].pid == pid)
			return &g->processes[middle];
		if (g->processes[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int ns_graph_open(const struct ns_graph *g, const struct ns_node *node)
{
	char path[PROCFS_PATH_SIZE], name[16] = "ns/";
	uint64_t inode;
	char text[64];
	int fd;

	if (!node->pid)
		return -ENOENT;
	strncat(name, namespace_infos[node->type].name, sizeof(name) - 4);
	procfs_path(path, sizeof(path), node->pid, name);
	fd = openat(g->proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* The process may have moved on since it was read. */
	if (read_link_at(g->proc, path, text, sizeof(text)) < 0 ||
	    ns_parse_link(text, &inode) != (int)node->type || inode != node->inode) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}
