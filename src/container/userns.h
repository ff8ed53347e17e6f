// SPDX-License-Identifier: Apache-2.0
/* A user namespace for its id maps alone: what id-mapped mounts ask for (mount_setattr(2)). */
#ifndef KOKON_USERNS_H
#define KOKON_USERNS_H

#include "idmap.h"

/* A descriptor of a fresh user namespace with these maps, in which no process stays; or -errno. */
int userns_open(const struct idmap_plan *ids, struct err *err);

#endif
