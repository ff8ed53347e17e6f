// SPDX-License-Identifier: Apache-2.0
/*
 * kokon network connect, disconnect: a running container is plugged into a network, or unplugged.
 * What is plugged in is undone at the container's end like what it began with.
 */
#ifndef KOKON_ENGINE_PLUG_H
#define KOKON_ENGINE_PLUG_H

#include <stdbool.h>
#include "network.h"
#include "out.h"

struct plug_request {
	const char *network, *container;
	struct ip ip[FAMILIES]; /* AF_UNSPEC: any */
	unsigned char mac[6];   /* zero: any */
	const char *aliases;    /* words between blanks, or NULL */
	bool force;             /* disconnect: none is fine */
	bool explain;           /* to `out`, and nothing else */
	struct out *out;
};

/* 0 or -errno. */
int engine_connect(const struct plug_request *q, struct err *err);
int engine_disconnect(const struct plug_request *q, struct err *err);

#endif
