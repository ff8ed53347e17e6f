// SPDX-License-Identifier: Apache-2.0
/*
 * The words of --net, -p, --dns and --add-host, and what has to be looked up on the machine for
 * them.
 */
#ifndef KOKON_ENGINE_NETWORK_H
#define KOKON_ENGINE_NETWORK_H

#include "run-request.h"

struct network_words {
	const char *const *nets; /* lists end with NULL */
	const char *const *publish;
	const char *const *dns, *const *dns_search, *const *dns_options;
	const char *const *hosts;
	const char *rate; /* --net-rate, or NULL */
	bool explain;     /* nothing may be made */
};

/*
 * Fill in *ret. *ret_mode is the one word that names a namespace instead (host, none, ns:PATH …),
 * or NULL. 0 or -errno.
 */
int engine_network(struct arena *a, const struct network_words *words, struct network_wish *ret,
		   const char **ret_mode, struct err *err);

/* Give an ordinary user's networks their way out (router-ways.h), where `program` is pasta's, or
 * say in a note of `command` why there is none; without it they are what they are for each other.
 * `directory` is that of the pools; *why may be set before. */
void engine_way_out(struct arena *a, const char *command, const struct router *router,
		    int directory, const char *program, struct err *why);

#endif
