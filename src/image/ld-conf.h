// SPDX-License-Identifier: Apache-2.0
/* /etc/ld.so.conf: the folders that ldconfig(8) would look into, "include" lines followed. */
#ifndef KOKON_LD_CONF_H
#define KOKON_LD_CONF_H

#include "view.h"

enum { LD_CONF_DIRS_MAX = 256 };

/* Absolute folders in order, in the arena; returns how many. */
size_t ld_conf_dirs(struct view *v, const char *ret[LD_CONF_DIRS_MAX]);

#endif
