// SPDX-License-Identifier: Apache-2.0
/* A container's record as text (state.h). Pure. */
#ifndef KOKON_STATE_RECORD_H
#define KOKON_STATE_RECORD_H

#include "state.h"

void state_format(const struct state *s, struct out *o);
/* Strings go into the arena. 0 or -errno; `ret` is untouched on failure. */
int state_parse(const char *text, struct arena *a, struct state *ret, struct err *err);

/* A seccomp program as one word, and back. 0 or -EPROTO. */
const char *state_seccomp_text(struct arena *a, const struct seccomp_program *program);
int state_seccomp_parse(const char *text, struct arena *a, struct seccomp_program *ret,
			struct err *err);

#endif
