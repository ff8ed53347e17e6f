// SPDX-License-Identifier: Apache-2.0
/* --debug: what is decided and done, told while it happens. Nothing happens unless somebody asks.
 */
#ifndef KOKON_OCI_DEBUG_H
#define KOKON_OCI_DEBUG_H

#include "oci.h"
#include "plan.h"
#include "state.h"
#include "walk.h"

void oci_debug(const struct oci *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The names of the steps that a plan consists of. */
void oci_debug_plan(const struct oci *o, const struct plan *plan);
/* The control groups and the first process of a record. */
void oci_debug_state(const struct oci *o, const char *what, const struct state *state);
/* From now on each step of the walk, with what it took; its plan must have been made with `trace`.
 */
void oci_debug_steps(const struct oci *o, struct run *run);

#endif
