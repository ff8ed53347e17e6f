// SPDX-License-Identifier: Apache-2.0
/*
 * The ids of an ordinary user in the user namespace that all of the user's network namespaces
 * and networks are in (netns-user.h): the user is root, the subordinate ids follow from 1 on.
 */
#ifndef KOKON_OWN_IDS_H
#define KOKON_OWN_IDS_H

#include <stdbool.h>
#include "facts.h"

/* The map as it is made; n 0: the user has no subordinate ids, or not both kinds. */
void own_ids(struct arena *a, const struct facts *facts, struct idmap *ret_uid,
	     struct idmap *ret_gid);
/* Both as lines of uid_map, for top_remove(); empty where there are none. */
void own_ids_text(struct arena *a, const char **ret_uid, const char **ret_gid);
/* Write it for the new user namespace of a process. false: the user has no subordinate ids, or
 * newuidmap(1) is missing; nothing is mapped. */
bool own_ids_map(pid_t pid);

#endif
