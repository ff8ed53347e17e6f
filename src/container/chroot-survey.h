// SPDX-License-Identifier: Apache-2.0
/* What chroot needs to know of this machine: what its names mean outside of the new root. */
#ifndef KOKON_CHROOT_SURVEY_H
#define KOKON_CHROOT_SURVEY_H

#include "arena.h"
#include "err.h"
#include "request.h"

/* Fill what `q` has for chroot; refuse what chroot(1) refuses. 0 or -errno. */
int chroot_survey(struct arena *a, struct tool_request *q, struct err *err);

#endif
