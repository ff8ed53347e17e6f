// SPDX-License-Identifier: Apache-2.0
/* The container side: what kokon-init does at each of its rows (walk.h, steps.def). */
#ifndef KOKON_INIT_H
#define KOKON_INIT_H

#include "walk.h"

#define STEP(id, ...) int inside_##id(struct run *run);
#include "steps.def"
#undef STEP

#endif
