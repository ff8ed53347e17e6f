// SPDX-License-Identifier: Apache-2.0
/*
 * Filter expressions over the columns of a table: NPROCS > 1 and USER != "root".
 *
 * The language is that of scols-filter(5):
 *
 *	expr    : expr or expr | expr and expr | not expr | ( expr ) | param
 *	        | expr == expr | != < <= > >= | expr =~ "regex" | expr !~ "regex"
 *	param   : 12 | 4K | 1MiB | 1.5 | "text" | 'text' | true | false | COLUMN
 *
 * Words and signs mean the same: and &&, or ||, not !, eq ==, ne !=, lt <, le <=, gt >,
 * ge >=. `or` binds weakest, then `and`, the comparisons, `not`. Regular expressions are
 * POSIX extended ones. A param alone is true when it is not empty, 0 or false.
 *
 * A comparison is made in the type of the literal beside a column: numbers as numbers, text as
 * text, byte by byte. A text that is no number, and an empty cell, match no numeric comparison.
 */
#ifndef KOKON_FILTER_H
#define KOKON_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include "err.h"

enum filter_type { FILTER_TEXT, FILTER_NUMBER, FILTER_FLOAT, FILTER_BOOLEAN };

struct filter;

/* A column of that name: its number >= 0 and the type of its values, or -errno with the
 * message. `name` is terminated. */
typedef int filter_resolve(void *context, const char *name, enum filter_type *ret_type,
			   struct err *err);
/* The text of a column of the row in question; NULL: empty. Valid until the next call. */
typedef const char *filter_fetch(void *context, int column);

int filter_parse(const char *text, filter_resolve *resolve, void *context, struct filter **ret,
		 struct err *err);
bool filter_uses(const struct filter *f, int column);
bool filter_match(const struct filter *f, filter_fetch *fetch, void *context);
void filter_free(struct filter *f); /* NULL is allowed */

#endif
