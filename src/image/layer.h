// SPDX-License-Identifier: Apache-2.0
/* Making, listing and removing the layers of the host cache (host-cache.h). For the helper. */
#ifndef KOKON_LAYER_H
#define KOKON_LAYER_H

#include <signal.h>
#include "host-cache.h"
#include "rootfs-request.h"

/* Make the layer for a request, unless it is there, and record it. The caller holds the cache's
 * lock. */
int layer_build(const char *names, const volatile sig_atomic_t *stop, struct err *err);

/* All layers, as a table or JSON. */
int layer_list(bool json, struct out *o, struct err *err);
/* Remove layers that no record needs any more (or all), except those in use. What was done is
 * put to `o`, and with request->trace each step to `trace`; with request->explain only what would
 * be done, as commands. */
int layer_prune(const struct rootfs_request *q, struct out *o, struct out *trace, struct err *err);

#endif
