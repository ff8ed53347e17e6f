// SPDX-License-Identifier: Apache-2.0
#include "json-write.h"

#include <stdlib.h>

struct json_writer json_writer_to(struct out *o, const char *indent)
{
	return (struct json_writer){.o = o, .indent = indent};
}

static void new_line(struct json_writer *w)
{
	if (!w->indent)
		return;
	out_puts(w->o, "\n");
	for (unsigned i = 0; i < w->depth; i++)
		out_puts(w->o, w->indent);
}

static void begin(struct json_writer *w, const char *key)
{
	if (w->depth) {
		if (w->filled[w->depth - 1])
			out_puts(w->o, ",");
		w->filled[w->depth - 1] = true;
		new_line(w);
	}
	if (!key)
		return;
	out_json_string(w->o, key);
	out_puts(w->o, w->indent ? ": " : ":");
}

static void open_level(struct json_writer *w, const char *key, const char *brackets)
{
	begin(w, key);
	out_put(w->o, brackets, 1);
	if (w->depth == JSON_WRITE_DEPTH)
		abort(); /* a mistake of ours: no document is so deep */
	w->filled[w->depth] = false;
	w->closing[w->depth++] = brackets[1];
}

void json_put_object(struct json_writer *w, const char *key)
{
	open_level(w, key, "{}");
}

void json_put_list(struct json_writer *w, const char *key)
{
	open_level(w, key, "[]");
}

void json_put_end(struct json_writer *w)
{
	w->depth--;
	if (w->filled[w->depth])
		new_line(w);
	out_put(w->o, &w->closing[w->depth], 1);
}

void json_put_string(struct json_writer *w, const char *key, const char *value)
{
	begin(w, key);
	out_json_string(w->o, value);
}

void json_put_i64(struct json_writer *w, const char *key, int64_t value)
{
	begin(w, key);
	out_printf(w->o, "%lld", (long long)value);
}

void json_put_u64(struct json_writer *w, const char *key, uint64_t value)
{
	begin(w, key);
	out_printf(w->o, "%llu", (unsigned long long)value);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
	begin(w, key);
	out_puts(w->o, value ? "true" : "false");
}

void json_put_number(struct json_writer *w, const char *key, const char *digits)
{
	begin(w, key);
	out_puts(w->o, digits);
}
