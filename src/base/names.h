// SPDX-License-Identifier: Apache-2.0
/*
 * Names: one table maps names to values for parser, printer, help and completion alike.
 */
#ifndef KOKON_NAMES_H
#define KOKON_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name {
	const char *name;
	int64_t value;
};

/* Tables end with a NULL name. */
bool name_to_value(const struct name *table, const char *name, int64_t *ret_value);
const char *value_to_name(const struct name *table, int64_t value); /* NULL: unknown */

/* The entry of v (ends with NULL) nearest to s by edits, or NULL when none is near. */
const char *nearest_name(const char *s, const char *const *v);

/* "SIGTERM", "TERM", "15", "RTMIN+3" -> signal number. Returns 0 or -EINVAL. */
int signal_from_name(const char *name, int *ret_signal);
/* "SIGTERM" or NULL. The text is static. */
const char *signal_name(int signal);

#endif
