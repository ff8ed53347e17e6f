// SPDX-License-Identifier: Apache-2.0
/* The hooks that run when the container's own steps are done: after its start, after its end. */
#ifndef KOKON_OCI_HOOKS_H
#define KOKON_OCI_HOOKS_H

#include "out.h"
#include "plan-oci.h"

/* 0, or -errno of the first that fails: the container must be stopped then (runtime.md). */
int oci_hooks_poststart(const struct spec *spec, const struct state *state, struct err *err);
/* All of them; failures are only noted. */
void oci_hooks_poststop(const struct spec *spec, const char *id, const char *bundle,
			struct out *notes);

#endif
