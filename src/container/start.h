// SPDX-License-Identifier: Apache-2.0
/*
 * Start: carry a plan out.
 */
#ifndef KOKON_START_H
#define KOKON_START_H

#include "walk.h"

/*
 * In place: the caller's process becomes the container side, and then the program. Returns only
 * when that could not even begin. `arena` is the plan's memfd; `fds` are the given handles.
 */
int start_in_place(const struct plan *plan, int arena, struct err *err);

/* rows.c: what the host side does at each of its rows; NULL at the others. */
extern const step_function host_functions[ROWS];

#endif
