// SPDX-License-Identifier: Apache-2.0
/*
 * In this order: which namespaces there are (struct ns_graph), their names and processes, a
 * visit to each, and the matching of what joins them. A namespace that may not be looked into,
 * or is gone meanwhile, stays on the map with the reason.
 *
 * The descriptors of all namespaces are open at once, since the kernel is asked about them in
 * pairs; the limit for that is raised to what is allowed.
 */
#include "netmap-read.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "file.h"
#include "netmap-look.h"
#include "nsgraph.h"
#include "procfs.h"

struct reading {
	const struct netmap_request *request;
	struct arena *a;
	struct ns_graph *g;
	struct netmap *m;
	uint32_t *node; /* of each namespace, in the graph */
	uint32_t *of;   /* the other way: the namespace of a node */
	int *fds;       /* of each namespace, or -1; owned */
	struct netmap_look *looks;
	const char **hidden;
};

/* --- which there are --- */

static int find_namespaces(struct ns_graph *g)
{
	int r;

	g->types = 1U << NAMESPACE_NET | 1U << NAMESPACE_PID | 1U << NAMESPACE_MNT;
	r = ns_graph_read_processes(g);
	if (r < 0)
		return r;
	g->types = 1U << NAMESPACE_NET;
	g->keep = true;
	ns_graph_read_mounts(g);
	return ns_graph_read_descriptors(g);
}

static uint64_t own_inode(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) < 0 ? 0 : st.st_ino;
}

/* The caller's own first, then in the order of their finding: of their lowest process. */
static void list_namespaces(struct reading *rd)
{
	uint64_t own = own_inode();
	struct netmap *m = rd->m;

	m->ns = arena_array(rd->a, struct netmap_ns, rd->g->n_nodes + 1);
	rd->node = arena_array(rd->a, uint32_t, rd->g->n_nodes + 1);
	rd->of = arena_array(rd->a, uint32_t, rd->g->n_nodes + 1);
	rd->fds = arena_array(rd->a, int, rd->g->n_nodes + 1);
	rd->looks = arena_array(rd->a, struct netmap_look, rd->g->n_nodes + 1);
	for (int here = 1; here >= 0; here--) {
		for (uint32_t i = 0; i < rd->g->n_nodes; i++) {
			const struct ns_node *node = &rd->g->nodes[i];

			if (node->type != NAMESPACE_NET || (node->inode == own) != here)
				continue;
			rd->of[i] = (uint32_t)m->n_ns;
			rd->node[m->n_ns] = i;
			rd->fds[m->n_ns] = -1;
			rd->looks[m->n_ns] = (struct netmap_look)NETMAP_LOOK_NONE;
			m->ns[m->n_ns++] = (struct netmap_ns){.inode = node->inode,
							      .here = here,
							      .n_processes = node->n_processes,
							      .nft_rules = -1,
							      .nft_tables = -1,
							      .forward4 = -1,
							      .forward6 = -1};
		}
	}
}

/* --- names --- */

static uint32_t node_of(const struct reading *rd, int32_t pid, enum namespace_type type)
{
	const struct ns_process *p = pid ? ns_graph_process(rd->g, pid) : NULL;

	return p ? p->node[type] : NO_NS;
}

static bool is_name_of(const struct reading *rd, const struct netmap_name *name, uint32_t node)
{
	if (name->inode)
		return name->inode == rd->g->nodes[node].inode;
	return node_of(rd, name->pid, NAMESPACE_NET) == node;
}

static void name_namespace(const struct reading *rd, uint32_t at)
{
	struct netmap_ns *ns = &rd->m->ns[at];
	const struct ns_node *node = &rd->g->nodes[rd->node[at]];
	const char **names = arena_array(rd->a, const char *, rd->request->n_names + 2);
	const char *path =
		node->paths ? arena_strndup(rd->a, node->paths, strcspn(node->paths, "\n")) : NULL;

	if (ns->here)
		names[ns->n_names++] = "host";
	for (size_t i = 0; i < rd->request->n_names; i++) {
		const struct netmap_name *name = &rd->request->names[i];

		/* a container that shares the host's does not name it */
		if (is_name_of(rd, name, rd->node[at]) && !(ns->here && !name->inode))
			names[ns->n_names++] = arena_strdup(rd->a, name->text);
	}
	ns->names = names;
	ns->held = path ? path : node->pid ? NULL : "an open descriptor";
	if (ns->n_names)
		ns->target = names[0];
	else if (node->pid)
		ns->target = arena_printf(rd->a, "pid:%d", node->pid);
	else if (path)
		ns->target = arena_printf(rd->a, "ns:%s", path);
	/* a path through another process's mounts is long, and soon another one */
	ns->title = ns->target && (ns->n_names || !path || !node->elsewhere)
			    ? ns->target
			    : arena_printf(rd->a, "net:[%llu]", (unsigned long long)ns->inode);
}

/* What to put before a command: "kokon netns exec blue ". */
static void word_entering(const struct reading *rd, uint32_t at, bool as_owner)
{
	struct netmap_ns *ns = &rd->m->ns[at];
	const struct ns_node *node = &rd->g->nodes[rd->node[at]];
	OUT_CLEANUP struct out o = {0};
	const char *named = NULL;

	for (size_t i = 0; i < ns->n_names; i++)
		if (strncmp(ns->names[i], "netns:", 6) == 0)
			named = ns->names[i] + 6;
	out_puts(&o, "");
	if (named && !ns->here) {
		out_puts(&o, "kokon netns exec ");
		out_shell_word(&o, named);
		out_puts(&o, " ");
	} else if (node->pid && !ns->here) {
		out_printf(&o, "kokon nsenter -t %d %s-n ", node->pid,
			   as_owner ? "-U --preserve-credentials " : "");
	} else if (ns->held && node->paths && !ns->here) {
		out_puts(&o, "kokon nsenter --net=");
		out_shell_word(&o, ns->held);
		out_puts(&o, " ");
	} else if (!ns->here) {
		return;
	}
	ns->enter = arena_strdup(rd->a, o.text);
}

/* --- processes --- */

static const char *container_of(const struct reading *rd, const struct ns_process *p)
{
	for (size_t i = 0; i < rd->request->n_names; i++) {
		const struct netmap_name *name = &rd->request->names[i];
		uint32_t pid_ns;

		if (!name->pid)
			continue;
		pid_ns = node_of(rd, name->pid, NAMESPACE_PID);
		if (name->pid == p->pid ||
		    (pid_ns != NO_NS && pid_ns == p->node[NAMESPACE_PID] &&
		     rd->g->nodes[pid_ns].inode != ns_initial_inode(NAMESPACE_PID)))
			return strchr(name->text, ':') ? strchr(name->text, ':') + 1 : name->text;
	}
	return NULL;
}

/* Kernel threads are in the initial namespace all, and would hide the others. */
static bool is_kernel_thread(const struct proc_stat *st, int32_t pid)
{
	return st->ppid == 2 || (pid == 2 && st->ppid == 0);
}

static void list_processes(const struct reading *rd)
{
	size_t most = MIN(rd->request->processes, (size_t)NETMAP_MOST_LISTED);

	for (size_t i = 0; i < rd->g->n_processes; i++) {
		const struct ns_process *p = &rd->g->processes[i];
		struct netmap_ns *ns;
		struct proc_stat st;

		if (p->node[NAMESPACE_NET] == NO_NS)
			continue;
		ns = &rd->m->ns[rd->of[p->node[NAMESPACE_NET]]];
		if (ns->n_listed >= most || procfs_stat(rd->g->proc, p->pid, &st) < 0 ||
		    is_kernel_thread(&st, p->pid))
			continue;
		if (!ns->processes)
			ns->processes = arena_array(rd->a, struct netmap_process,
						    MIN(most, (size_t)ns->n_processes) + 1);
		ns->processes[ns->n_listed++] =
			(struct netmap_process){p->pid, arena_strdup(rd->a, st.comm),
						container_of(rd, p)};
	}
}

/* --- whose sockets --- */

static void note_owner(const struct netmap_sockets *s, uint64_t inode, const struct ns_process *p,
		       const char *command)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		if (s->listeners[i].inode != inode || s->listeners[i].pid)
			continue;
		s->listeners[i].pid = p->pid;
		s->listeners[i].command = command;
	}
}

static void find_sockets_of(const struct reading *rd, const struct netmap_sockets *s,
			    const struct ns_process *p)
{
	char path[PROCFS_PATH_SIZE], name[16], text[64];
	CLOSE_FD int dir = openat(rd->g->proc, procfs_path(path, sizeof(path), p->pid, "fd"),
				  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FREE_PTR int32_t *numbers = NULL;
	struct proc_stat st;
	const char *command;
	size_t n = 0;

	if (dir < 0 || procfs_numbers(dir, &numbers, &n) < 0 ||
	    procfs_stat(rd->g->proc, p->pid, &st) < 0)
		return;
	command = arena_strdup(rd->a, st.comm);
	for (size_t i = 0; i < n; i++) {
		unsigned long long inode;

		snprintf(name, sizeof(name), "%d", numbers[i]);
		if (read_link_at(dir, name, text, sizeof(text)) > 0 &&
		    sscanf(text, "socket:[%llu]", &inode) == 1)
			note_owner(s, inode, p, command);
	}
}

static void find_socket_owners(const struct reading *rd, uint32_t at)
{
	const struct netmap_sockets *s = &rd->m->ns[at].sockets;

	for (size_t i = 0; s->n_listeners && i < rd->g->n_processes; i++)
		if (rd->g->processes[i].node[NAMESPACE_NET] == rd->node[at])
			find_sockets_of(rd, s, &rd->g->processes[i]);
}

/* --- visits --- */

static int open_namespace(const struct reading *rd, uint32_t at)
{
	const struct ns_node *node = &rd->g->nodes[rd->node[at]];
	int fd;

	if (rd->m->ns[at].here)
		return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (node->fd >= 0) {
		fd = fcntl(node->fd, F_DUPFD_CLOEXEC, 3);
		return fd < 0 ? -errno : fd;
	}
	return ns_graph_open(rd->g, node);
}

static const char *why(struct arena *a, int error)
{
	if (error == -EPERM || error == -EACCES)
		return "it belongs to another user: run this as root to look into it";
	if (error == -ENOENT)
		return "it is gone, or its file cannot be reached from here";
	return arena_printf(a, "it cannot be looked into: %s", strerror(-error));
}

static void visit(struct reading *rd, uint32_t at)
{
	struct netmap_ns *ns = &rd->m->ns[at];
	struct err err = {0};
	int r = open_namespace(rd, at);

	rd->fds[at] = r;
	if (r >= 0)
		r = netmap_look_open(ns->here ? -1 : rd->fds[at], &rd->looks[at], &err);
	if (r >= 0)
		r = netmap_look_links(rd->a, &rd->looks[at], ns, &err);
	if (r < 0) {
		ns->unseen = why(rd->a, r);
		return;
	}
	if (rd->request->sockets && (rd->m->only == NETMAP_NONE || rd->m->only == at))
		netmap_look_sockets(rd->a, &rd->looks[at], ns);
	ns->nft_rules = rd->looks[at].rules.rules;
	ns->nft_tables = rd->looks[at].rules.tables;
	ns->nat = rd->looks[at].rules.nat;
	word_entering(rd, at, rd->looks[at].as_owner);
}

static int32_t ask_number(void *context, uint32_t a, uint32_t b)
{
	struct reading *rd = context;

	if (rd->looks[a].route.fd < 0 || rd->fds[b] < 0)
		return -1;
	return netmap_look_number(&rd->looks[a], rd->fds[b]);
}

/* --- the whole --- */

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void say_hidden(struct reading *rd)
{
	size_t unseen = 0;

	rd->hidden = arena_array(rd->a, const char *, 4);
	for (size_t i = 0; i < rd->m->n_ns; i++)
		unseen += rd->m->ns[i].unseen != NULL;
	if (rd->g->n_refused)
		rd->hidden[rd->m->n_hidden++] =
			arena_printf(rd->a,
				     "the namespaces of %zu process%s that may not be looked at%s",
				     rd->g->n_refused, rd->g->n_refused == 1 ? "" : "es",
				     geteuid() == 0 ? "" : "; root sees those of every user");
	if (unseen)
		rd->hidden[rd->m->n_hidden++] =
			arena_printf(rd->a, "the contents of %zu namespace%s, marked above", unseen,
				     netmap_plural(unseen));
	rd->m->hidden = rd->hidden;
	rd->m->by_root = geteuid() == 0;
}

static int choose(struct reading *rd, struct err *err)
{
	struct stat st;

	rd->m->only = NETMAP_NONE;
	if (rd->request->only < 0)
		return 0;
	if (fstat(rd->request->only, &st) < 0)
		return err_errno(err, "cannot look at the namespace");
	for (uint32_t i = 0; i < rd->m->n_ns; i++)
		if (rd->m->ns[i].inode == st.st_ino)
			rd->m->only = i;
	return 0;
}

static int read_all(struct reading *rd, struct err *err)
{
	int r = find_namespaces(rd->g);

	if (r < 0)
		return err_set(err, -r, "cannot read '/proc'");
	/* the one that is asked for may be one that nothing else leads to */
	if (rd->request->only >= 0) {
		struct stat st;

		if (fstat(rd->request->only, &st) == 0 && ns_graph_find(rd->g, st.st_ino) == NO_NS)
			ns_graph_add_held(rd->g, NAMESPACE_NET, st.st_ino, rd->request->only);
	}
	list_namespaces(rd);
	r = choose(rd, err);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < rd->m->n_ns; i++)
		name_namespace(rd, i);
	list_processes(rd);
	for (uint32_t i = 0; i < rd->m->n_ns; i++)
		visit(rd, i);
	if (rd->request->socket_owners && rd->m->only != NETMAP_NONE)
		find_socket_owners(rd, rd->m->only);
	netmap_match(rd->m, ask_number, rd);
	say_hidden(rd);
	return 0;
}

int netmap_read(struct arena *a, const struct netmap_request *request, struct netmap *ret,
		struct err *err)
{
	CLOSE_FD int proc = procfs_open("/proc", err);
	NS_GRAPH_CLEANUP struct ns_graph g;
	struct netmap m = {.arena = a};
	struct reading rd = {.request = request, .a = a, .g = &g, .m = &m};
	int r;

	ns_graph_init(&g, proc, 0);
	if (proc < 0)
		return proc;
	raise_descriptor_limit();
	r = read_all(&rd, err);
	for (size_t i = 0; i < m.n_ns; i++) {
		netmap_look_close(&rd.looks[i]);
		if (rd.fds[i] >= 0)
			close(rd.fds[i]);
	}
	if (r == 0)
		*ret = m;
	return r;
}
