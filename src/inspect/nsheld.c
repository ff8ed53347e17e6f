// SPDX-License-Identifier: Apache-2.0
/*
 * Namespaces without processes: a bind mount of /proc/PID/ns/TYPE keeps one alive, and so
 * does an open descriptor of it, or a socket made in it.
 *
 * Mounts are read once per mount namespace. A path of another mount namespace is shown
 * through /proc/PID/root, where it can be reached from here; it is given only when this
 * mount namespace has none. It is resolved below that process's root, since its links are
 * another's, and what it leads to is believed only when it is the namespace expected.
 */
#include "nsgraph.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include "file.h"
#include "macros.h"
#include "mountinfo.h"
#include "out.h"
#include "procfs.h"

#define NSFS_MAGIC       0x6e736673
#define PROC_SUPER_MAGIC 0x9fa0
enum { LONGEST_MOUNTINFO = 64 << 20 };

static bool has_line(const char *lines, const char *line)
{
	size_t len = strlen(line);

	for (const char *s = lines; s && (s = strstr(s, line)); s += len)
		if ((s == lines || s[-1] == '\n') && (s[len] == '\n' || !s[len]))
			return true;
	return false;
}

/* A newline in a path stays as mountinfo writes it, so that lines are paths. */
static void add_path(struct ns_node *node, const char *prefix, const char *path)
{
	OUT_CLEANUP struct out text = {0};

	if (node->paths)
		out_printf(&text, "%s\n", node->paths);
	out_puts(&text, prefix);
	for (; *path; path++)
		out_put(&text, *path == '\n' ? "\\012" : path, *path == '\n' ? 4 : 1);
	if (node->paths && has_line(node->paths, strrchr(text.text, '\n') + 1))
		return;
	free(node->paths);
	node->paths = TAKE_PTR(text.text);
}

/* A descriptor of the namespace mounted at `path` below `root` (-1: our own root). */
static int open_mounted(int root, const char *path, uint64_t inode)
{
	CLOSE_FD int place =
		root < 0 ? open(path, O_PATH | O_CLOEXEC) : open_in_root(root, path, O_PATH, 0);
	char self[40];
	struct statfs fs;
	struct stat st;
	int fd;

	if (place < 0 || fstatfs(place, &fs) < 0 || fs.f_type != NSFS_MAGIC ||
	    fstat(place, &st) < 0 || st.st_ino != inode)
		return -ENOENT;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	fd = open(self, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The nsfs mounts of one mount namespace, pid 0: of our own. */
static int read_mounts_of(struct ns_graph *g, int32_t pid)
{
	char path[PROCFS_PATH_SIZE], prefix[48] = "";
	CLOSE_FD int root = -1;
	FREE_PTR char *text = NULL;
	struct mountinfo m;
	ssize_t n;
	char *at;

	if (pid)
		procfs_path(path, sizeof(path), pid, "mountinfo");
	n = read_file_at(g->proc, pid ? path : "self/mountinfo", LONGEST_MOUNTINFO, &text);
	if (n < 0)
		return (int)n;
	if (pid && strstr(text, " nsfs ")) {
		root = openat(g->proc, procfs_path(path, sizeof(path), pid, "root"),
			      O_PATH | O_CLOEXEC);
		snprintf(prefix, sizeof(prefix), "/proc/%d/root", pid);
	}
	for (at = strstr(text, " nsfs ") ? text : NULL; mountinfo_next(&at, &m);) {
		uint64_t inode;
		int type = strcmp(m.fs_type, "nsfs") == 0 ? ns_parse_link(m.root, &inode) : -1;
		CLOSE_FD int fd = -1;
		uint32_t node;

		if (type < 0 || !(g->types & 1U << type))
			continue;
		node = ns_graph_find(g, inode);
		if (node == NO_NS) {
			if (!pid || root >= 0)
				fd = open_mounted(root, m.target, inode);
			ns_graph_add_held(g, (enum namespace_type)type, inode, fd);
			node = ns_graph_find(g, inode);
		}
		if (pid && g->nodes[node].paths && !g->nodes[node].elsewhere)
			continue;
		g->nodes[node].elsewhere = pid != 0;
		add_path(&g->nodes[node], prefix, m.target);
	}
	return 0;
}

int ns_graph_read_mounts(struct ns_graph *g)
{
	uint64_t own = 0;
	char text[64];
	int r = read_mounts_of(g, 0);

	if (read_link_at(g->proc, "self/ns/mnt", text, sizeof(text)) > 0)
		ns_parse_link(text, &own);
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].type == NAMESPACE_MNT && g->nodes[i].pid &&
		    g->nodes[i].inode != own)
			read_mounts_of(g, g->nodes[i].pid);
	return r;
}

/* The network namespace of a socket that process `pid` has open. */
static void read_socket(struct ns_graph *g, int pidfd, int number)
{
	CLOSE_FD int sock = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	CLOSE_FD int ns = sock < 0 ? -1 : ioctl(sock, SIOCGSKNS);
	struct stat st;

	if (ns >= 0 && fstat(ns, &st) == 0 && ns_graph_find(g, st.st_ino) == NO_NS)
		ns_graph_add_held(g, NAMESPACE_NET, st.st_ino, ns);
}

struct held {
	struct ns_graph *g;
	int32_t pid;
	int pidfd;    /* opened for the first socket */
	bool sockets; /* look into sockets: a real /proc, network namespaces wanted */
};

static void read_descriptor(struct held *h, int dir, int number)
{
	char text[64], name[16];
	uint64_t inode;
	int type, fd;

	snprintf(name, sizeof(name), "%d", number);
	if (read_link_at(dir, name, text, sizeof(text)) < 0)
		return;
	if (strncmp(text, "socket:", 7) == 0 && h->sockets) {
		if (h->pidfd == -1)
			h->pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0);
		if (h->pidfd >= 0)
			read_socket(h->g, h->pidfd, number);
		return;
	}
	type = ns_parse_link(text, &inode);
	if (type < 0 || !(h->g->types & 1U << type) || ns_graph_find(h->g, inode) != NO_NS)
		return;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ns_graph_add_held(h->g, (enum namespace_type)type, inode, fd);
	if (fd >= 0)
		close(fd);
}

int ns_graph_read_descriptors(struct ns_graph *g)
{
	struct statfs fs;
	bool sockets = (g->types & 1U << NAMESPACE_NET) && fstatfs(g->proc, &fs) == 0 &&
		       fs.f_type == PROC_SUPER_MAGIC;

	for (size_t i = 0; i < g->n_processes; i++) {
		char path[PROCFS_PATH_SIZE];
		struct held h = {g, g->processes[i].pid, -1, sockets};
		CLOSE_FD int dir = openat(g->proc, procfs_path(path, sizeof(path), h.pid, "fd"),
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		FREE_PTR int32_t *numbers = NULL;
		size_t n = 0;

		if (dir < 0 || procfs_numbers(dir, &numbers, &n) < 0)
			continue;
		for (size_t k = 0; k < n; k++)
			read_descriptor(&h, dir, numbers[k]);
		if (h.pidfd >= 0)
			close(h.pidfd);
	}
	return 0;
}
