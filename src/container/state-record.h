// SPDX-License-Identifier: Apache-2.0
/* A container's record as text (state.h). Pure. */
#ifndef KOKON_STATE_RECORD_H
#define KOKON_STATE_RECORD_H

#include "state.h"

void state_format(const struct state *s, struct out *o);
/* Strings go into the arena. 0 or -errno; `ret` is untouched on failure. */
int state_parse(const char *text, struct arena *a, struct state *ret, struct err *err);

#endif
