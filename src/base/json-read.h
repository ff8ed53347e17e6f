// SPDX-License-Identifier: Apache-2.0
/*
 * Reading JSON (RFC 8259), value by value, without building a tree.
 *
 * The caller walks through the text and asks for what it expects:
 *
 *	json_start(&j, arena, text, n, err);
 *	for (r = json_enter(&j, err); (r = json_next_key(&j, &key, &len, err)) > 0;)
 *		… json_peek(&j) says what comes; read it, or json_skip() it
 *	json_end(&j, err);
 *
 * It is strict: valid UTF-8, no NUL (\u0000 neither), no single surrogates, one value and nothing
 * behind it, at most JSON_DEPTH levels. Integers keep all 64 bits. What is wrong with the text
 * itself is said with line and column; whose value it is, the caller knows.
 */
#ifndef KOKON_JSON_READ_H
#define KOKON_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "out.h"

enum { JSON_DEPTH = 100 };

enum json_kind {
	JSON_BAD, /* the end, or no value */
	JSON_OBJECT,
	JSON_LIST,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json {
	const char *text, *at, *end;
	struct arena *arena; /* for strings with escapes, and copies */
	unsigned depth;
	bool first; /* just behind the bracket that opened an object or list */
};

struct json_number {
	bool integer; /* no fraction, no exponent, and it fits */
	bool negative;
	uint64_t magnitude;
	const char *text; /* as it is written, not terminated */
	size_t len;
};

/* The text must stay as long as the reader; it need not be terminated. */
void json_start(struct json *j, struct arena *a, const char *text, size_t n);
/* Nothing but white space may be left. Returns 0 or -EINVAL. */
int json_end(struct json *j, struct err *err);

/* What comes next; moves over white space only. */
enum json_kind json_peek(struct json *j);

/* Go into the object or list that comes next. Returns 0 or -EINVAL (also when it is too deep). */
int json_enter(struct json *j, struct err *err);
/* Within an object: move to the next value and give its key (not terminated; it points into the
 * text or the arena). Returns 1, 0 at the object's end, which is then left, or -EINVAL. */
int json_next_key(struct json *j, const char **ret_key, size_t *ret_len, struct err *err);
/* Within a list: move to the next value. Returns 1, 0 at the list's end, or -EINVAL. */
int json_next(struct json *j, struct err *err);

/* The value that comes next must be of the kind. Return 0 or -EINVAL. */
int json_read_string(struct json *j, const char **ret, struct err *err); /* copied, terminated */
/* A string to look at: not terminated, in the text or in the arena. */
int json_read_slice(struct json *j, const char **ret, size_t *ret_len, struct err *err);
int json_read_number(struct json *j, struct json_number *ret, struct err *err);
int json_read_bool(struct json *j, bool *ret, struct err *err);
/* Move over the value, whatever it is, checking it as if it was read. */
int json_skip(struct json *j, struct err *err);

/* The value that comes next in a few words for "expected …, found …": "1G" in quotes and cut when
 * long, 17, true, an object. Does not move. */
void json_describe(struct json *j, struct out *o);

/* A message for what is wrong at the present place. Returns -EINVAL. */
int json_error(const struct json *j, const char *what, struct err *err);

#endif
