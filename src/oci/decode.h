// SPDX-License-Identifier: Apache-2.0
/*
 * From JSON into structures, by tables: which key goes where, as what.
 *
 * A table has one row per property; the rows are the one list of what kokon understands. Messages
 * begin with the path of the value: "linux.namespaces[2].type: …".
 */
#ifndef KOKON_DECODE_H
#define KOKON_DECODE_H

#include "json-read.h"
#include "names.h"
#include "spec.h"

enum {
	DECODE_TEXT_MAX = 4 << 20,    /* bytes of a JSON text */
	DECODE_MEMORY_MAX = 32 << 20, /* bytes of the arena that it may fill */
	DECODE_SCRATCH = 16 << 10,    /* bytes for lists; documents that need more get them */
};

enum decode_kind {
	DECODE_BOOL,
	DECODE_STRING, /* const char * */
	DECODE_I32,
	DECODE_U32,
	DECODE_I64,
	DECODE_U64,
	DECODE_OPT_BOOL, /* struct opt_bool … */
	DECODE_OPT_I32,
	DECODE_OPT_U32,
	DECODE_OPT_U16, /* struct opt_u32, at most 65535 */
	DECODE_OPT_I64,
	DECODE_OPT_U64,
	DECODE_NAME,    /* uint32_t, by `names` */
	DECODE_FLAGS,   /* uint64_t, the bits of a list of `names` */
	DECODE_STRINGS, /* struct spec_strings */
	DECODE_NUMBERS, /* struct spec_numbers */
	DECODE_PAIRS,   /* struct spec_pairs, of an object of strings */
	DECODE_OBJECT,  /* a structure, by `table` */
	DECODE_POINTER, /* a pointer to a new structure, by `table` */
	DECODE_LIST,    /* uint32_t at `count`, pointer to structures by `table` */
	DECODE_MAP, /* the same of an object's values; each key is the structure's first member */
	DECODE_CUSTOM, /* `custom` reads it */
};

struct decoder;
struct decode_table;

struct decode_field {
	const char *key;
	enum decode_kind kind;
	size_t offset;
	size_t count;
	bool required;
	bool making; /* only who makes a container needs it: spec_decode_made() skips it */
	const struct name *names;
	const struct decode_table *table;
	int (*custom)(struct decoder *d, void *member);
};

struct decode_table {
	const struct decode_field *fields;
	size_t n; /* at most 64 */
	size_t size;
	bool closed;                                    /* another key is an error, not ignored */
	int (*done)(struct decoder *d, void *object);   /* when all is read; may be NULL */
	int (*custom)(struct decoder *d, void *object); /* reads it, in place of `fields` */
};

#define DECODE_TABLE(type, rows, ...)                                                              \
	{                                                                                          \
		.fields = (rows), .n = ARRAY_SIZE(rows), .size = sizeof(type), __VA_ARGS__         \
	}

/* Where in the document we are: a list from the inside out, on the stack. */
struct decode_path {
	const struct decode_path *up;
	const char *key; /* NULL: an entry of a list */
	size_t len;
	size_t index;
};

struct decoder {
	struct json json;
	struct arena *arena;
	const struct decode_path *path;
	size_t limit;         /* of arena->used */
	struct arena scratch; /* a stack of lists whose length is not known yet */
	bool overflow;        /* it was too small */
	bool made;            /* skip what `making` marks */
	struct err *err;
};

/* A whole text, filling `object` (zeroed by the caller). Returns 0 or -EINVAL, -E2BIG, -ENOMEM. */
int decode_text(struct arena *a, const char *text, size_t n, const struct decode_table *table,
		void *object, struct err *err);
/* The same without the fields that are marked as `making`. */
int decode_text_made(struct arena *a, const char *text, size_t n, const struct decode_table *table,
		     void *object, struct err *err);

/* For custom readers. `key`: a property of the present object, or NULL. Return -EINVAL. */
int decode_error(struct decoder *d, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "expected WHAT, found …" */
int decode_unexpected(struct decoder *d, const char *what);
/* Memory of the arena; NULL: the document takes too much (the message is set). */
void *decode_memory(struct decoder *d, size_t n, size_t size);
/* Is there room for that many bytes? Returns 0 or -E2BIG with the message. */
int decode_room(struct decoder *d, size_t bytes);
int decode_string(struct decoder *d, const char **ret);
int decode_strings(struct decoder *d, struct spec_strings *ret);
int decode_object(struct decoder *d, const struct decode_table *table, void *object);

#endif
