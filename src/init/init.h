// SPDX-License-Identifier: Apache-2.0
/* The container side: what kokon-init does at each of its rows (walk.h, steps.def). */
#ifndef KOKON_INIT_H
#define KOKON_INIT_H

#include "walk.h"

#define STEP(id, ...) int inside_##id(struct run *run);
#include "steps.def"
#undef STEP

/* container.c: the signal at the host side's end, armed anew after it was cleared. */
int die_with_host(struct run *run);
/* lifecycle.c: close all above the program's but these (-1: none), whose order may change. */
void keep_descriptors(const struct container_plan *container, int *keep, size_t n);
/* container.c: from the container's /etc/passwd, once the credentials are taken; else "". */
const char *home_directory(void);

#endif
