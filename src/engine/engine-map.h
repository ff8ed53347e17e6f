// SPDX-License-Identifier: Apache-2.0
/* The map of network namespaces with the names that kokon knows. */
#ifndef KOKON_ENGINE_MAP_H
#define KOKON_ENGINE_MAP_H

#include "err.h"
#include "netmap.h"

enum map_form { MAP_TEXT, MAP_JSON, MAP_SVG, MAP_DOT };

struct map_request {
	const char *target; /* NULL: every namespace */
	enum map_form form;
	struct netmap_style style;
};

/* The whole output into o. Returns 0 or -errno with the message. */
int engine_map(const struct map_request *request, struct out *o, struct err *err);

#endif
