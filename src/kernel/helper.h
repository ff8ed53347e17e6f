// SPDX-License-Identifier: Apache-2.0
/*
 * Helper programs: parts of kokon that link libraries which the everyday path does not need.
 * They stand beside kokon in a build tree, and in PREFIX/libexec/kokon once installed.
 */
#ifndef KOKON_HELPER_H
#define KOKON_HELPER_H

#include "err.h"

/* The absolute path of a helper, "kokon-rootfs", that belongs to this program. */
int helper_path(const char *name, char *buf, size_t size, struct err *err);

/*
 * Run a helper and wait for it. It gets `words` (which end with NULL) and, behind the first,
 * "--report-fd=N", where it writes its struct err when it fails. Standard input and output are
 * /dev/null. Returns 0 or -errno with the helper's message.
 */
int helper_call(const char *name, const char *const *words, struct err *err);
/* The same; the helper inherits the descriptor `keep`, and what it locks, also if the caller dies.
 */
int helper_call_keeping(const char *name, const char *const *words, int keep, struct err *err);

#endif
