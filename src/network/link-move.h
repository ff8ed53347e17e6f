// SPDX-License-Identifier: Apache-2.0
/*
 * A network device of the machine that moves into a container with its addresses (runtime-spec,
 * config-linux.md "Network devices"). When the container's namespace ends, the kernel gives a
 * hardware device back to the first network namespace, and removes a virtual one.
 */
#ifndef KOKON_LINK_MOVE_H
#define KOKON_LINK_MOVE_H

#include "err.h"

/*
 * Move the device `name` of this network namespace into the one of the descriptor `netns`, as
 * `new_name` (NULL: as it is called; "eth%d": the first that is free), give it back the permanent
 * addresses of global scope that it had, and bring it up. 0 or -errno.
 */
int link_move(int netns, const char *name, const char *new_name, struct err *err);
/* The same from any network namespace. When it cannot be brought up there, or an address is
 * refused, it goes back to where it was, without its addresses. */
int link_move_between(int from, int to, const char *name, const char *new_name, struct err *err);

#endif
