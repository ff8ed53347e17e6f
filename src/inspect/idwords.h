// SPDX-License-Identifier: Apache-2.0
/*
 * The id maps of a process's user namespace in words, and why an id shows as 65534
 * (user_namespaces(7)).
 */
#ifndef KOKON_IDWORDS_H
#define KOKON_IDWORDS_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "table.h"

struct id_range {
	uint32_t inside, outside, count;
};

struct id_map {
	struct id_range ranges[340]; /* the kernel's limit, UID_GID_MAP_MAX_EXTENTS */
	size_t n;
};

struct id_view {
	struct id_map uid, gid;
	bool setgroups_denied;
	uint32_t overflow_uid, overflow_gid; /* what an unmapped id shows as */
	uint32_t own_uid;                    /* effective, as the reader sees it */
	bool outside_is_parent;              /* OUTSIDE is the parent namespace, not the reader's */
};

/* Of process `pid`, 0: of the caller. */
int id_view_read(int proc, int32_t pid, struct id_view *ret, struct err *err);
/* Every id maps to itself. */
bool id_map_is_identity(const struct id_map *m);
/* The number inside of an id outside. False: it has none. */
bool id_map_inside(const struct id_map *m, uint32_t outside, uint32_t *ret);

extern const struct table_column id_columns[];
enum { N_ID_COLUMNS = 4 };
void id_table(const struct id_view *v, struct table *t);
/* The explanation, some lines. */
void id_words(const struct id_view *v, struct out *o);

#endif
