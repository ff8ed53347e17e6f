// SPDX-License-Identifier: Apache-2.0
/*
 * The running containers of this user: kokon ps.
 */
#ifndef KOKON_ENGINE_PS_H
#define KOKON_ENGINE_PS_H

#include <stdbool.h>
#include "err.h"
#include "table.h"

enum { PS_FILTERS_MAX = 64 };

struct ps_request {
	struct table_style style;
	bool quiet;    /* names only */
	bool no_trunc; /* columns may be wider than the terminal */
	/* "name=…", "status=…", "ancestor=…": one of those of a key must hold, for each key */
	const char *filters[PS_FILTERS_MAX];
	size_t n_filters;
};

/* Is it a filter that there is? 0 or -EINVAL. */
int ps_filter_check(const char *filter, struct err *err);
int engine_ps(const struct ps_request *request, struct out *o, struct err *err);

#endif
