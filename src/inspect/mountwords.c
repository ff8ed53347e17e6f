// SPDX-License-Identifier: Apache-2.0
#include "mountwords.h"

#include <stdio.h>
#include <stdlib.h>
#include "file.h"
#include "macros.h"
#include "nsgraph.h"
#include "procfs.h"

enum { LONGEST_MOUNTINFO = 64 << 20, MOST_NAMED = 2 };

const struct table_column mount_columns[] = {
	{"TARGET", 0, 0, TABLE_STRING},      {"SOURCE", COLUMN_TRUNCATE, 0, TABLE_STRING},
	{"FSTYPE", 0, 0, TABLE_STRING},      {"OPTIONS", COLUMN_TRUNCATE, 0, TABLE_STRING},
	{"PROPAGATION", 0, 0, TABLE_STRING},
};

const char mount_legend[] =
	"shared: what is mounted or unmounted below it happens in the whole peer group, and the "
	"reverse.\n"
	"receives: what happens in that peer group happens here too; nothing goes back.\n"
	"private: nothing goes either way. unbindable: it cannot be bind mounted either.\n";

static void add_peer(struct mount_peers *peers, int group, uint64_t mount_ns)
{
	size_t n = peers->n;

	if (n && peers->v[n - 1].group == group && peers->v[n - 1].mount_ns == mount_ns)
		return;
	if ((n & (n - 1)) == 0) { /* full at every power of two */
		peers->v = realloc(peers->v, (n ? 2 * n : 1) * sizeof(*peers->v));
		if (!peers->v)
			out_of_memory();
	}
	peers->v[peers->n++] = (struct mount_peer){group, mount_ns};
}

int mount_peers_read(int proc, struct mount_peers *ret)
{
	NS_GRAPH_CLEANUP struct ns_graph g;
	struct mount_peers peers = {NULL, 0};
	int r;

	ns_graph_init(&g, proc, 1U << NAMESPACE_MNT);
	r = ns_graph_read_processes(&g);
	for (size_t i = 0; r == 0 && i < g.n_nodes; i++) {
		char path[PROCFS_PATH_SIZE];
		FREE_PTR char *text = NULL;
		struct mountinfo m;
		char *at;

		procfs_path(path, sizeof(path), g.nodes[i].pid, "mountinfo");
		if (read_file_at(proc, path, LONGEST_MOUNTINFO, &text) < 0)
			continue;
		for (at = text; mountinfo_next(&at, &m);)
			if (m.shared)
				add_peer(&peers, m.shared, g.nodes[i].inode);
	}
	*ret = peers;
	return r;
}

/* The other namespaces where a group has members: " with mnt N, N and 3 more". */
static void put_peers(const struct mount_peers *peers, int group, uint64_t own, const char *word,
		      struct out *o)
{
	uint64_t named[MOST_NAMED];
	size_t n = 0, more = 0;

	for (size_t i = 0; i < peers->n; i++) {
		bool known = peers->v[i].mount_ns == own || peers->v[i].group != group;

		for (size_t k = 0; k < MIN(n, (size_t)MOST_NAMED); k++)
			known |= named[k] == peers->v[i].mount_ns;
		if (known)
			continue;
		if (n < MOST_NAMED)
			named[n++] = peers->v[i].mount_ns;
		else
			more++;
	}
	for (size_t i = 0; i < n; i++)
		out_printf(o, "%s%llu", i ? ", " : word, (unsigned long long)named[i]);
	if (more)
		out_printf(o, " and %zu more", more);
}

void mount_words(const struct mountinfo *m, const struct mount_peers *peers, uint64_t own,
		 struct out *o)
{
	if (m->master) {
		out_printf(o, "receives from peer group %d", m->master);
		put_peers(peers, m->master, own, " in mnt ", o);
		if (m->propagate_from)
			out_printf(o, " (by way of %d)", m->propagate_from);
	}
	if (m->shared) {
		out_printf(o, "%sshared, peer group %d", m->master ? "; " : "", m->shared);
		put_peers(peers, m->shared, own, " with mnt ", o);
	}
	if (!m->master && !m->shared)
		out_puts(o, "private");
	if (m->unbindable)
		out_puts(o, ", unbindable");
}

int mount_table(int proc, int32_t pid, uint64_t own, struct table *t, struct err *err)
{
	char path[PROCFS_PATH_SIZE] = "self/mountinfo";
	OUT_CLEANUP struct out words = {0};
	struct mount_peers peers = {NULL, 0};
	FREE_PTR char *text = NULL;
	struct mountinfo m;
	ssize_t n;
	char *at;

	if (pid)
		procfs_path(path, sizeof(path), pid, "mountinfo");
	n = read_file_at(proc, path, LONGEST_MOUNTINFO, &text);
	if (n < 0)
		return err_set(err, (int)-n, "cannot read the mounts of process '%d'", pid);
	mount_peers_read(proc, &peers);
	for (at = text; mountinfo_next(&at, &m);) {
		size_t row = table_add_row(t, TABLE_NO_PARENT);

		words.len = 0;
		mount_words(&m, &peers, own, &words);
		table_set(t, row, 0, m.target);
		table_set(t, row, 1, m.source);
		table_set(t, row, 2, m.fs_type);
		table_set(t, row, 3, m.options);
		table_set(t, row, 4, words.text);
	}
	free(peers.v);
	return 0;
}
