// SPDX-License-Identifier: Apache-2.0
/*
 * What a container is told of its networks: its /etc/hosts, /etc/resolv.conf and /etc/hostname,
 * which lie in the folder of its record and are bound into it.
 */
#ifndef KOKON_NETWORK_FILES_H
#define KOKON_NETWORK_FILES_H

#include "network-rows.h"

/* `directory` is that of the pools, `state` the folder. 0 or -errno. */
int network_files_write(const struct network_plan *plan, const char *owner, int directory,
			int state, const struct live_network *l, struct err *err);
/* Write them again when the plugins of CNI networks have told the addresses. */
int network_files_complete(const struct network_plan *plan, const char *owner, int directory,
			   int state, const struct live_network *l, struct err *err);

/* Where the resolver asks for names that it does not know: the user's servers, else those that a
 * CNI network tells of, else the host's; words between blanks, or NULL. */
const char *network_servers(const struct network_plan *plan, const struct live_network *l);

#endif
