// SPDX-License-Identifier: Apache-2.0
/*
 * `kokon ns`: where a process is. Without a target the caller, with one its namespaces in
 * detail, with two what they share.
 */
#ifndef KOKON_NSTELL_H
#define KOKON_NSTELL_H

#include <stdbool.h>
#include "err.h"
#include "membership.h"
#include "table.h"

struct nstell_request {
	const char *target[2]; /* as target_resolve() takes them; NULL: none */
	bool mounts, ids;
	bool json;
	struct table_style style;
	struct membership_source source; /* .proc < 0: /proc; a test gives its own */
};

/* The whole output into o. Returns 0 or -errno with the message. */
int nstell(const struct nstell_request *request, struct out *o, struct err *err);

#endif
