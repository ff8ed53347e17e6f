// SPDX-License-Identifier: Apache-2.0
/*
 * The user and mount namespace in which an ordinary user's network namespaces are.
 *
 *	none --netns_user_hold()--> held --last name removed--> none
 *
 * A process without work (the holder, "kokon-netns") keeps both. It maps the user to root, and
 * the user's subordinate ids (subuid(5)) behind, where there are some. It watches the directory,
 *and ends when there is no name left; processes that were started inside go on, and so do their
 *namespaces. The directory is locked (flock(2)) by whoever makes or removes a name, and by the
 *holder while it decides to end.
 */
#ifndef KOKON_NETNS_USER_H
#define KOKON_NETNS_USER_H

#include "netns.h"

/* Fill path, holder, user, mnt and dir from what there is. 0 or -errno. */
int netns_user_find(struct netns_home *home, struct err *err);
/* The same, making the directory and the holder where there is none. */
int netns_user_hold(struct netns_home *home, netns_mapper map, struct err *err);
/* The directory alone. */
int netns_user_directory(const struct netns_home *home, struct err *err);
/* Wait until the holder has ended when there is no name left (a second or two at most). */
void netns_user_settle(const struct netns_home *home);

#endif
