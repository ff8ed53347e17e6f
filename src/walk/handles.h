// SPDX-License-Identifier: Apache-2.0
/* Opening the plan's handles, on whichever side may (plan.h, struct handle_plan). */
#ifndef KOKON_HANDLES_H
#define KOKON_HANDLES_H

#include "plan.h"

/* Open the detached mount that `h` describes: a descriptor, or -errno with the cause. */
/* `userns` is a user namespace for handles that ask for an idmap; else -1. */
int handle_open_mount(const struct handle_plan *h, int userns, struct err *err);

#endif
