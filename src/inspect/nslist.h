// SPDX-License-Identifier: Apache-2.0
/*
 * The list of namespaces as lsns(8) of util-linux shows it: columns, trees, filters.
 */
#ifndef KOKON_NSLIST_H
#define KOKON_NSLIST_H

#include <stdbool.h>
#include <stdint.h>
#include "err.h"
#include "nsgraph.h"
#include "table.h"

enum lsns_column {
	LSNS_NS,
	LSNS_TYPE,
	LSNS_PATH,
	LSNS_NPROCS,
	LSNS_PID,
	LSNS_PPID,
	LSNS_COMMAND,
	LSNS_UID,
	LSNS_USER,
	LSNS_NETNSID,
	LSNS_NSFS,
	LSNS_PNS,
	LSNS_ONS,
	LSNS_COLUMNS
};

enum lsns_tree {
	LSNS_TREE_DEFAULT,
	LSNS_LIST,
	LSNS_TREE_PROCESS,
	LSNS_TREE_OWNER,
	LSNS_TREE_PARENT
};

struct lsns_request {
	const char *proc;   /* the proc file system; NULL: /proc */
	unsigned types;     /* bits of enum namespace_type; 0: all */
	const char *output; /* list of columns, "+list" adds to the default; NULL: default */
	bool output_all;
	int32_t task;    /* only namespaces of this process; 0: of all */
	uint64_t inode;  /* the processes of this namespace; 0: the list of namespaces */
	bool persistent; /* only namespaces without processes */
	bool no_wrap, no_truncate;
	enum lsns_tree tree;
	const char *filter; /* an expression, see filter.h; NULL: none */
	struct table_style style;
	ns_relate_function *relate; /* NULL: ask the kernel */
};

/* The whole output into o. Returns 0 or -errno with the message. */
int lsns(const struct lsns_request *request, struct out *o, struct err *err);
/* The available columns. Only `style` is read. */
void lsns_list_columns(const struct lsns_request *request, struct out *o);
/* "parent", "owner", "process" -> enum lsns_tree, or -1. */
int lsns_tree_from_name(const char *name);

#endif
