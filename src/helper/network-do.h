// SPDX-License-Identifier: Apache-2.0
/*
 * What kokon-network does to networks. Each function holds the guard of the networks' folder from
 * its beginning to its end, so that two of them never mix.
 */
#ifndef KOKON_NETWORK_DO_H
#define KOKON_NETWORK_DO_H

#include "network-db.h"
#include "network-request.h"
#include "out.h"

/* `notes`: what the user should know, one per line. `o`: what is printed. 0 or -errno. */
int network_create(struct network_request *q, const char *name, struct out *o, struct out *notes,
		   struct err *err);
int network_rm(const struct network_request *q, char *const *names, struct out *o, struct err *err);
int network_prune(const struct network_request *q, struct out *o, struct err *err);
/* All networks anew: bridges, parameters, pools, rules. */
int network_reload(const struct network_request *q, struct out *o, struct out *notes,
		   struct err *err);
/* One network, when it is found to be missing; the default one is made. */
int network_ensure(const char *name, struct out *notes, struct err *err);
/* The rules alone, after a published port came or went. */
int network_sync(struct err *err);

/* Is the table there when there are networks, and only then? -ENOENT with what is wrong. */
int network_check(struct err *err);

int network_ls(const struct network_request *q, struct out *o, struct err *err);
int network_inspect(const struct network_request *q, char *const *names, struct out *o,
		    struct err *err);

/* The folder, its guard held, the database and its contents. */
struct network_context {
	int directory, guard;
	bool in_kernel; /* the networks are in the kernel, and this process is where they are */
	struct network_db db;
	struct network_list list;
};
#define NETWORK_CONTEXT_CLEANUP __attribute__((cleanup(network_context_close)))
int network_context_open(struct network_context *ret, struct err *err);
void network_context_close(struct network_context *c);
/* A network of the list; NULL with the message. */
const struct network *network_of(const struct network_list *list, const char *name,
				 struct err *err);

#endif
