// SPDX-License-Identifier: Apache-2.0
/*
 * Tables: aligned columns, raw fields, JSON and trees, for every command that lists things.
 *
 * Rows are filled first and printed once, so widths fit their contents. What is printed is
 * safe for a terminal: control characters and bytes that are not text in the user's locale
 * appear as \xHH. The shapes are those of util-linux's tools (lsns, findmnt, lslocks), so
 * that scripts made for them read ours.
 */
#ifndef KOKON_TABLE_H
#define KOKON_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include "out.h"

enum table_column_flags {
	COLUMN_RIGHT = 1 << 0,    /* align to the right */
	COLUMN_TRUNCATE = 1 << 1, /* may be cut when the terminal is too narrow */
	COLUMN_TREE = 1 << 2,     /* carries the drawing of the tree; one column at most */
	COLUMN_LINES = 1 << 3,    /* a newline in the text begins another line of the cell */
};

enum table_json_type { TABLE_STRING, TABLE_NUMBER, TABLE_BOOLEAN };

struct table_column {
	const char *name; /* heading; in lower case the JSON key */
	unsigned flags;   /* COLUMN_… */
	unsigned width;   /* least width once the contents are wider than the heading */
	enum table_json_type
		type; /* TABLE_BOOLEAN: an empty text or one that begins with 0 or n is false */
};

enum table_format { TABLE_ALIGNED, TABLE_RAW, TABLE_JSON };

struct table_style {
	enum table_format format;
	bool no_headings;
	bool ascii;       /* draw trees and show text with ASCII only */
	size_t width;     /* columns of the terminal; 0: as wide as the contents */
	const char *name; /* JSON: the key of the list */
};

struct table_row;

struct table {
	const struct table_column *columns; /* not owned */
	size_t n_columns;
	struct table_row *rows; /* owned */
	size_t n_rows;
	size_t first_root, last_root; /* rows without a parent, linked as siblings */
};

#define TABLE_NO_PARENT ((size_t)-1)
#define TABLE_CLEANUP   __attribute__((cleanup(table_free)))

/* `columns` must live as long as the table. */
void table_init(struct table *t, const struct table_column *columns, size_t n);
void table_free(struct table *t);

/* Add a row below `parent` (a row's number, or TABLE_NO_PARENT). Returns its number. */
size_t table_add_row(struct table *t, size_t parent);
/* Set one cell; the text is copied. NULL: empty (null in JSON). */
void table_set(struct table *t, size_t row, size_t column, const char *text);
void table_setf(struct table *t, size_t row, size_t column, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A cell's text, or NULL when it is empty. */
const char *table_get(const struct table *t, size_t row, size_t column);

void table_print(const struct table *t, const struct table_style *style, struct out *o);
/* The rows as a JSON list, for a document that holds more than one; its end is indented. */
void table_put_json(const struct table *t, size_t indent, struct out *o);

/* For `style`, from the environment and the descriptor that will be written: the width of the
 * terminal (0: not a terminal), and whether the locale has no UTF-8. */
size_t terminal_width(int fd);
bool locale_is_ascii(void);

/* Text made safe for a terminal, as in a cell of an aligned table. */
void out_safe_text(struct out *o, const char *s, bool ascii);

#endif
