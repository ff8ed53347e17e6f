// SPDX-License-Identifier: Apache-2.0
/*
 * A user namespace that exists for its maps alone: what an id-mapped mount takes its ids from
 * (mount_setattr(2), MOUNT_ATTR_IDMAP). A helper process makes it, and ends once it is open.
 */
#ifndef KOKON_USERNS_H
#define KOKON_USERNS_H

#include "idmap.h"

/* A descriptor of it, or -errno. Takes CAP_SETUID and CAP_SETGID over the ids mapped to, so the
 * host's root or the root of a container's user namespace. Both halves. */
int userns_open(const struct idmap *uid, const struct idmap *gid, struct err *err);

#endif
