// SPDX-License-Identifier: Apache-2.0
/*
 * Network interfaces of the machine that a container has for a while.
 *
 * They have to come back whatever happens to us, so the container's network namespace is kept
 * on a file in the container's state directory, with a list of the interfaces beside it. Removing
 * the state takes them back. After SIGKILL the guardian does at once, from descriptors of its own;
 * if that was killed too, the next kokon command, from the directory alone, where it sees what is
 * mounted there.
 */
#ifndef KOKON_NET_DEVICES_H
#define KOKON_NET_DEVICES_H

#include "err.h"
#include "plan.h"

/* Move them into the namespace `netns`. `state`: the state directory, or -1: they are not to come
 * back by our doing. 0 or -errno. */
int net_devices_give(int state, int netns, const struct net_device_plan *devices, uint32_t n,
		     struct err *err);
/* Move those that are there back from `netns` to `own`. 0 or -errno. */
int net_devices_return(int netns, int own, const struct net_device_plan *devices, uint32_t n,
		       struct err *err);
/* Take back what was given. Nothing is fine. 0 or -errno. */
int net_devices_take_back(int state, struct err *err);

#endif
