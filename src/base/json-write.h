// SPDX-License-Identifier: Apache-2.0
/*
 * Writing JSON: brackets, commas, indentation and escapes are this file's care.
 *
 *	struct json_writer w = json_writer_to(&o, "\t");
 *	json_put_object(&w, NULL);
 *	json_put_string(&w, "id", id);
 *	json_put_end(&w);
 *
 * `key` is NULL in a list and for the outermost value.
 */
#ifndef KOKON_JSON_WRITE_H
#define KOKON_JSON_WRITE_H

#include <stdbool.h>
#include <stdint.h>
#include "out.h"

enum { JSON_WRITE_DEPTH = 32 };

struct json_writer {
	struct out *o;
	const char *indent; /* of one level; NULL: all in one line */
	unsigned depth;
	bool filled[JSON_WRITE_DEPTH]; /* the level has an entry */
	char closing[JSON_WRITE_DEPTH];
};

struct json_writer json_writer_to(struct out *o, const char *indent);

void json_put_object(struct json_writer *w, const char *key);
void json_put_list(struct json_writer *w, const char *key);
void json_put_end(struct json_writer *w); /* of the innermost object or list */

void json_put_string(struct json_writer *w, const char *key, const char *value); /* NULL: null */
void json_put_i64(struct json_writer *w, const char *key, int64_t value);
void json_put_u64(struct json_writer *w, const char *key, uint64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
/* Digits as they are to stand there: of a number with a fraction. */
void json_put_number(struct json_writer *w, const char *key, const char *digits);

#endif
