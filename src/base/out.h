// SPDX-License-Identifier: Apache-2.0
/*
 * Out: text that grows, for everything that is printed or compared as a whole.
 *
 * Explanations, JSON and tables are made here first and written once, so a golden test reads
 * exactly what a user would see, and a closed pipe is noticed in one place.
 */
#ifndef KOKON_OUT_H
#define KOKON_OUT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include "macros.h"

struct out {
	char *text; /* always terminated once something was put; owned */
	size_t len;
	size_t size;
	bool may_fail; /* where memory runs out: out_write() tells, instead of an abort */
	bool failed;
	bool lent; /* `text` is not on the heap: OUT_IN() */
};

/* One that begins in an array of the caller's, and moves to the heap when that is full: for texts
 * that are short nearly always. */
#define OUT_IN(buffer)                                                                             \
	{                                                                                          \
		.text = (buffer), .size = sizeof(buffer), .lent = true                             \
	}

void out_free(struct out *o);
#define OUT_CLEANUP __attribute__((cleanup(out_free)))

void out_put(struct out *o, const char *s, size_t n);
void out_puts(struct out *o, const char *s);
void out_printf(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);
void out_vprintf(struct out *o, const char *fmt, va_list ap);
/* One shell word: as it is when it needs no quotes, else in single quotes. */
void out_shell_word(struct out *o, const char *s);
/* Words separated by blanks. `v` ends with NULL. */
void out_shell_words(struct out *o, char *const *v);
/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. NULL gives null. */
void out_json_string(struct out *o, const char *s);
/* Write everything to a descriptor. Returns 0 or -errno. */
int out_write(const struct out *o, int fd);

#endif
