// SPDX-License-Identifier: Apache-2.0
/* `spec`: a config.json to begin with, for a shell in its own namespaces. */
#ifndef KOKON_TEMPLATE_H
#define KOKON_TEMPLATE_H

#include "out.h"
#include "spec.h"

struct template_options {
	bool rootless;     /* to be run by an ordinary user: a user namespace of one id */
	uint32_t uid, gid; /* rootless: of that user */
};

/* The same as `runc spec` writes, tabs for indentation and all. */
void template_put(const struct template_options *t, struct out *o);

#endif
