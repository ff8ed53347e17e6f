// SPDX-License-Identifier: Apache-2.0
/*
 * The processes of a container, seen from outside: nothing runs inside, and nothing of the
 * container is believed but its own /etc/passwd, for names.
 */
#ifndef KOKON_ENGINE_TOP_H
#define KOKON_ENGINE_TOP_H

#include "err.h"
#include "table.h"

enum { TOP_COLUMNS_MAX = 32 };

struct top_request {
	const char *name; /* of the container */
	struct table_style style;
	size_t n_columns; /* 0: the default ones */
	unsigned char columns[TOP_COLUMNS_MAX];
};

/* "pid,hpid,comm": adds to request->columns. 0 or -EINVAL; the message lists what there is. */
int top_add_columns(struct top_request *request, const char *list, struct err *err);
int engine_top(const struct top_request *request, struct out *o, struct err *err);

#endif
