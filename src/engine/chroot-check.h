// SPDX-License-Identifier: Apache-2.0
/* Before chroot: would the command start in the new root, and if not, what completes it? */
#ifndef KOKON_CHROOT_CHECK_H
#define KOKON_CHROOT_CHECK_H

#include "err.h"
#include "request.h"

/* 0: it would, as far as can be told without running it; else -errno with the exit status in
 * err->exit. A library that is missing shows only after the exec, so this comes before. */
int chroot_check(const struct tool_request *q, struct err *err);

#endif
