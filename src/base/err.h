// SPDX-License-Identifier: Apache-2.0
/*
 * Errors: a function returns 0 or -errno, and the details are in a struct err.
 *
 * The struct has a fixed size and no pointers, so that it travels over a socket from the
 * container side to the host side as it is. Functions that fail fill it once; places that
 * iterate (the walker, a list of mounts) add context in front with err_context().
 */
#ifndef KOKON_ERR_H
#define KOKON_ERR_H

#include <stdint.h>
#include "macros.h"

struct err {
	int32_t code;   /* errno value, positive; 0: no error */
	int32_t exit;   /* exit status that the error asks for (126, 127 …); 0: the tool's own */
	char text[448]; /* what failed, lower case, subject in quotes; no errno text */
	char remedy[576]; /* what the user can do about it; empty: unknown */
};

/* Record a failure: `code` is a positive errno value, or 0 when errno has nothing to add.
 * Returns -code, or -EINVAL for 0. `err` may be NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same for a failure whose cause is in errno. */
#define err_errno(err, ...) err_set((err), errno, __VA_ARGS__)

/* Put "context: " in front of what is recorded. Returns -err->code. */
int err_context(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Say what the user can do; replaces an earlier remedy. Returns -err->code. */
int err_remedy(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Set the exit status that this error asks for. Returns -err->code. */
int err_exit(struct err *err, int status);

/* For what has no way to report an error: says "out of memory" and ends the program with status
 * 125. Nothing is undone; what a container's record names is left to `delete --force` and the like.
 */
NORETURN void out_of_memory(void);

#if defined(__clang_analyzer__) && !defined(ERR_DEFINES_ITSELF)
/* The analyzer looks at one file at a time: tell it that these never return 0, so that it does
 * not follow a failed call into the code behind its check. */
#define err_set(...)     (err_set(__VA_ARGS__), -EINVAL)
#define err_context(...) (err_context(__VA_ARGS__), -EINVAL)
#define err_remedy(...)  (err_remedy(__VA_ARGS__), -EINVAL)
#define err_exit(...)    (err_exit(__VA_ARGS__), -EINVAL)
#endif

/* The whole message, "text: errno in words\n  remedy", into buf (always terminated). */
void err_format(const struct err *err, char *buf, size_t size);

#endif
