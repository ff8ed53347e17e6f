// SPDX-License-Identifier: Apache-2.0
/*
 * The mounts of a process with their propagation in words (mount_namespaces(7)): which are
 * shared, with whom, and which receive what others mount.
 */
#ifndef KOKON_MOUNTWORDS_H
#define KOKON_MOUNTWORDS_H

#include <stdint.h>
#include "err.h"
#include "mountinfo.h"
#include "table.h"

/* Where a peer group has members besides. */
struct mount_peer {
	int group;
	uint64_t mount_ns; /* inode */
};
struct mount_peers {
	struct mount_peer *v;
	size_t n;
};

/* The peer groups of the mount namespaces that /proc shows; the caller frees peers->v. */
int mount_peers_read(int proc, struct mount_peers *ret);

/* "shared, peer group 5, with mnt 4026531832" into o. `own` is the mount's own namespace. */
void mount_words(const struct mountinfo *m, const struct mount_peers *peers, uint64_t own,
		 struct out *o);

/* The mounts of process `pid` (0: of the caller) into a table of mount_columns. */
extern const struct table_column mount_columns[];
enum { N_MOUNT_COLUMNS = 5 };
int mount_table(int proc, int32_t pid, uint64_t own, struct table *t, struct err *err);

/* What the words mean. */
extern const char mount_legend[];

#endif
