// SPDX-License-Identifier: Apache-2.0
/*
 * The database of the networks: /var/lib/kokon/networks.db, $XDG_DATA_HOME/kokon/networks.db for
 * ordinary users. It outlives the machine's boot. Every change is one IMMEDIATE transaction.
 */
#ifndef KOKON_NETWORK_DB_H
#define KOKON_NETWORK_DB_H

#include <sqlite3.h>
#include "network.h"

struct network_db {
	sqlite3 *handle;
	char path[512];
};
#define NETWORK_DB_CLEANUP __attribute__((cleanup(network_db_close)))

int network_db_open(struct network_db *ret, struct err *err);
void network_db_close(struct network_db *db);
int network_db_begin(struct network_db *db, struct err *err);
int network_db_commit(struct network_db *db, struct err *err);
void network_db_rollback(struct network_db *db);

struct network_list {
	struct network *v;
	size_t n;
	bool apart; /* they are in the router of an ordinary user */
};
#define NETWORK_LIST_CLEANUP __attribute__((cleanup(network_list_free)))
void network_list_free(struct network_list *list);

/* All networks, by name. */
int network_db_read(struct network_db *db, struct network_list *ret, struct err *err);
int network_db_insert(struct network_db *db, const struct network *n, struct err *err);
int network_db_delete(struct network_db *db, const char *name, struct err *err);

#endif
