// SPDX-License-Identifier: Apache-2.0
/*
 * How a table becomes text.
 *
 * Rows are kept in the order of their adding, each with a link to its parent, first child and
 * next sibling. When a column carries the tree, rows are printed depth first; otherwise in
 * their order. Two passes over the cells: measure() finds each column's width, then the lines
 * are written. A cell is brought into its visible form (tree drawing, then the text with
 * unsafe bytes escaped) by show_cell() in both passes, so they cannot disagree.
 *
 * Widths are in terminal cells, from wcwidth(3) of each character. In a narrow terminal only
 * columns with COLUMN_TRUNCATE give way, one cell each in turn, never below their heading.
 */
#include "table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <wchar.h>
#include "err.h"
#include "parse.h"

struct table_row {
	char **cells;                                 /* one per column; owned */
	size_t parent, first_child, last_child, next; /* TABLE_NO_PARENT: none */
};

#define NO_ROW TABLE_NO_PARENT

void table_init(struct table *t, const struct table_column *columns, size_t n)
{
	*t = (struct table){.columns = columns,
			    .n_columns = n,
			    .first_root = NO_ROW,
			    .last_root = NO_ROW};
}

void table_free(struct table *t)
{
	for (size_t r = 0; r < t->n_rows; r++) {
		for (size_t c = 0; c < t->n_columns; c++)
			free(t->rows[r].cells[c]);
		free(t->rows[r].cells);
	}
	free(t->rows);
	t->rows = NULL;
	t->n_rows = 0;
}

size_t table_add_row(struct table *t, size_t parent)
{
	size_t r = t->n_rows, *first, *last;
	struct table_row *row;

	if ((r & (r - 1)) == 0) { /* full at every power of two */
		t->rows = realloc(t->rows, (r ? 2 * r : 1) * sizeof(*t->rows));
		if (!t->rows)
			out_of_memory();
	}
	row = &t->rows[t->n_rows++];
	*row = (struct table_row){NULL, parent, NO_ROW, NO_ROW, NO_ROW};
	row->cells = calloc(t->n_columns + 1, sizeof(*row->cells));
	if (!row->cells)
		out_of_memory();
	first = parent == NO_ROW ? &t->first_root : &t->rows[parent].first_child;
	last = parent == NO_ROW ? &t->last_root : &t->rows[parent].last_child;
	if (*last == NO_ROW)
		*first = r;
	else
		t->rows[*last].next = r;
	*last = r;
	return r;
}

void table_set(struct table *t, size_t row, size_t column, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		out_of_memory();
	free(t->rows[row].cells[column]);
	t->rows[row].cells[column] = copy;
}

void table_setf(struct table *t, size_t row, size_t column, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	free(t->rows[row].cells[column]);
	t->rows[row].cells[column] = text;
}

const char *table_get(const struct table *t, size_t row, size_t column)
{
	const char *text = t->rows[row].cells[column];

	return text && *text ? text : NULL;
}

/* Decode one character of well-formed UTF-8. Returns its bytes, 0 when it is none. */
static size_t decode(const char *s, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *u = (const unsigned char *)s;
	size_t n = u[0] < 0x80   ? 1
		   : u[0] < 0xc2 ? 0
		   : u[0] < 0xe0 ? 2
		   : u[0] < 0xf0 ? 3
		   : u[0] < 0xf5 ? 4
				 : 0;
	uint32_t c = n == 1 ? u[0] : u[0] & (0x7f >> n);

	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

/* Characters that reorder the text around them: a name could make a line read as another. */
static bool reorders(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Put `len` bytes of text, unsafe ones as \xHH. Returns the width in cells. */
static size_t put_safe(struct out *o, const char *s, size_t len, bool ascii)
{
	size_t width = 0;

	for (size_t i = 0; i < len;) {
		uint32_t c = 0;
		size_t n = decode(s + i, &c);
		int w = n == 1 ? (c >= 0x20 && c < 0x7f ? 1 : -1) : n ? wcwidth((wchar_t)c) : -1;

		if (n > len - i || (n > 1 && ascii) || reorders(c) ||
		    (c == '\\' && s[i + 1] == 'x'))
			w = -1;
		if (w >= 0) {
			out_put(o, s + i, n);
			width += (size_t)w;
			i += n;
			continue;
		}
		for (n = n && n <= len - i ? n : 1; n > 0; n--, i++, width += 4)
			out_printf(o, "\\x%02x", (unsigned char)s[i]);
	}
	return width;
}

void out_safe_text(struct out *o, const char *s, bool ascii)
{
	put_safe(o, s, strlen(s), ascii);
}

/* The bytes of `s` (safe text) that fill at most `cells`, and how many cells they do fill. */
static size_t bytes_for(const char *s, size_t cells, size_t *ret_cells)
{
	size_t used = 0, i = 0;

	while (s[i]) {
		uint32_t c = 0;
		size_t n = decode(s + i, &c);
		int w = n > 1 ? wcwidth((wchar_t)c) : 1;

		if (used + (size_t)MAX(w, 0) > cells)
			break;
		used += (size_t)MAX(w, 0);
		i += n ? n : 1;
	}
	*ret_cells = used;
	return i;
}

struct art {
	const char *branch, *vertical, *last;
};

static const struct art *art_of(const struct table_style *style)
{
	static const struct art lines = {"├─", "│ ", "└─"}, ascii = {"|-", "| ", "`-"};

	return style->ascii ? &ascii : &lines;
}

static bool is_tree(const struct table *t)
{
	for (size_t c = 0; c < t->n_columns; c++)
		if (t->columns[c].flags & COLUMN_TREE)
			return true;
	return false;
}

/* The lines that lead past `row` to later rows. Returns their width. */
static size_t put_ancestors(const struct table *t, size_t row, const struct art *art, struct out *o)
{
	size_t width;

	if (t->rows[row].parent == NO_ROW)
		return 0;
	width = put_ancestors(t, t->rows[row].parent, art, o);
	out_puts(o, t->rows[row].next == NO_ROW ? "  " : art->vertical);
	return width + 2;
}

static size_t put_art(const struct table *t, size_t row, const struct art *art, struct out *o)
{
	size_t parent = t->rows[row].parent, width;

	if (parent == NO_ROW)
		return 0;
	width = put_ancestors(t, parent, art, o);
	out_puts(o, t->rows[row].next == NO_ROW ? art->last : art->branch);
	return width + 2;
}

/* Line `n` of a cell's text. False: it has fewer lines. */
static bool cell_line(const struct table *t, size_t row, size_t column, size_t n, const char **ret,
		      size_t *ret_len)
{
	const char *s = t->rows[row].cells[column];

	if (!s)
		return false;
	if (!(t->columns[column].flags & COLUMN_LINES)) {
		*ret = s;
		*ret_len = strlen(s);
		return n == 0;
	}
	for (; n > 0; n--) {
		s = strchr(s, '\n');
		if (!s)
			return false;
		s++;
	}
	*ret = s;
	*ret_len = strcspn(s, "\n");
	return true;
}

/* Line `n` of a cell as it is shown, into o. Returns its width. */
static size_t show_cell(const struct table *t, const struct table_style *style, size_t row,
			size_t column, size_t n, struct out *o)
{
	size_t width = 0, len;
	const char *text;

	o->len = 0;
	out_puts(o, "");
	if (t->columns[column].flags & COLUMN_TREE) {
		if (n == 0)
			width = put_art(t, row, art_of(style), o);
		else
			width = put_ancestors(t, row, art_of(style), o);
		if (n > 0 && t->rows[row].first_child != NO_ROW) {
			out_puts(o, art_of(style)->vertical);
			width += 2;
		}
	}
	if (cell_line(t, row, column, n, &text, &len))
		width += put_safe(o, text, len, style->ascii);
	return width;
}

struct widths {
	size_t is, least;
};

/* Take cells from the columns that may be cut until the line fits. */
static void fit(const struct table *t, struct widths *w, size_t total, size_t limit)
{
	bool changed = true;

	while (total > limit && changed) {
		changed = false;
		for (size_t c = 0; c < t->n_columns && total > limit; c++) {
			if (!(t->columns[c].flags & COLUMN_TRUNCATE) || w[c].is <= w[c].least)
				continue;
			w[c].is--;
			total--;
			changed = true;
		}
	}
}

static void measure(const struct table *t, const struct table_style *style, struct widths *w)
{
	size_t total = t->n_columns - 1; /* the blanks between */
	OUT_CLEANUP struct out cell = {0};

	for (size_t c = 0; c < t->n_columns; c++) {
		const struct table_column *column = &t->columns[c];
		size_t is = 0, least = MAX(strlen(column->name), (size_t)1), len;
		const char *text;

		for (size_t r = 0; r < t->n_rows; r++) {
			is = MAX(is, show_cell(t, style, r, c, 0, &cell));
			for (size_t n = 1; cell_line(t, r, c, n, &text, &len); n++)
				is = MAX(is, show_cell(t, style, r, c, n, &cell));
		}
		if (is < least)
			is = least;
		else if (is < column->width && least < column->width)
			is = column->width;
		w[c] = (struct widths){is, least};
		total += is;
	}
	if (style->width)
		fit(t, w, total, style->width);
}

static void put_blanks(struct out *o, size_t n)
{
	out_printf(o, "%*s", (int)n, "");
}

/* One cell in its column; the last one is not filled up. */
static void put_cell(const struct table *t, size_t column, const char *text, size_t width,
		     size_t room, struct out *o)
{
	const struct table_column *c = &t->columns[column];
	bool last = column + 1 == t->n_columns;

	if (width > room && (c->flags & COLUMN_TRUNCATE)) {
		size_t bytes = bytes_for(text, room, &width);

		out_put(o, text, bytes);
	} else {
		if ((c->flags & COLUMN_RIGHT) && *text && width < room) {
			put_blanks(o, room - width);
			width = room;
		}
		out_puts(o, text);
	}
	if (last)
		return;
	if (width < room)
		put_blanks(o, room - width);
	out_puts(o, " ");
}

static void put_aligned_row(const struct table *t, const struct table_style *style,
			    const struct widths *w, size_t row, struct out *o)
{
	OUT_CLEANUP struct out cell = {0};
	bool more = true;

	for (size_t n = 0; more; n++) {
		more = false;
		for (size_t c = 0; c < t->n_columns; c++) {
			size_t width = show_cell(t, style, row, c, n, &cell), len;
			const char *text;

			put_cell(t, c, cell.text, width, w[c].is, o);
			more |= cell_line(t, row, c, n + 1, &text, &len);
		}
		out_puts(o, "\n");
	}
}

/* Raw: fields without blanks, so that they can be split at blanks. */
static void put_raw(struct out *o, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '\\' || !isascii((unsigned char)*s) ||
		    !isprint((unsigned char)*s))
			out_printf(o, "\\x%02x", (unsigned char)*s);
		else
			out_put(o, s, 1);
	}
}

static void put_raw_row(const struct table *t, const struct table_style *style, size_t row,
			struct out *o)
{
	OUT_CLEANUP struct out cell = {0};

	for (size_t c = 0; c < t->n_columns; c++) {
		out_puts(o, c ? " " : "");
		cell.len = 0;
		out_puts(&cell, "");
		if (t->columns[c].flags & COLUMN_TREE)
			put_art(t, row, art_of(style), &cell);
		if (t->rows[row].cells[c])
			out_puts(&cell, t->rows[row].cells[c]);
		put_raw(o, cell.text);
	}
	out_puts(o, "\n");
}

static void put_key(struct out *o, size_t indent, const char *name)
{
	char key[64];
	size_t i;

	for (i = 0; name[i] && i < sizeof(key) - 1; i++)
		key[i] = (char)tolower((unsigned char)name[i]);
	key[i] = '\0';
	put_blanks(o, indent);
	out_json_string(o, key);
	out_puts(o, ": ");
}

static void put_json_value(const struct table_column *column, const char *text, struct out *o)
{
	bool empty = !text || !*text;

	if (column->type == TABLE_BOOLEAN)
		out_puts(o,
			 empty || *text == '0' || *text == 'n' || *text == 'N' ? "false" : "true");
	else if (empty)
		out_puts(o, "null");
	else if (column->type == TABLE_NUMBER)
		out_puts(o, text);
	else
		out_json_string(o, text);
}

/* The row after `row` on its level. */
static size_t next_row(const struct table *t, bool tree, size_t row)
{
	if (tree)
		return t->rows[row].next;
	return row + 1 < t->n_rows ? row + 1 : NO_ROW;
}

static size_t first_row(const struct table *t, bool tree)
{
	if (tree)
		return t->first_root;
	return t->n_rows ? 0 : NO_ROW;
}

static void put_json_cells(const struct table *t, size_t row, size_t indent, struct out *o)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		put_key(o, indent, t->columns[c].name);
		put_json_value(&t->columns[c], t->rows[row].cells[c], o);
		if (c + 1 < t->n_columns)
			out_puts(o, ",\n");
	}
}

/* All rows as objects of a list, children in lists of their own. A loop, since a tree may be as
 * deep as there are processes. */
static void put_json_rows(const struct table *t, bool tree, size_t indent, struct out *o)
{
	size_t row = first_row(t, tree);

	put_blanks(o, row == NO_ROW ? 0 : indent);
	while (row != NO_ROW) {
		out_puts(o, "{\n");
		put_json_cells(t, row, indent + 3, o);
		if (tree && t->rows[row].first_child != NO_ROW) {
			out_puts(o, ",\n");
			put_key(o, indent + 3, "children");
			out_puts(o, "[\n");
			indent += 6;
			put_blanks(o, indent);
			row = t->rows[row].first_child;
			continue;
		}
		out_printf(o, "\n%*s}", (int)indent, "");
		while (tree && t->rows[row].next == NO_ROW && t->rows[row].parent != NO_ROW) {
			row = t->rows[row].parent;
			indent -= 6;
			out_printf(o, "\n%*s]\n%*s}", (int)indent + 3, "", (int)indent, "");
		}
		row = next_row(t, tree, row);
		out_puts(o, row == NO_ROW ? "" : ",");
	}
	out_puts(o, "\n");
}

void table_put_json(const struct table *t, size_t indent, struct out *o)
{
	out_puts(o, "[\n");
	put_json_rows(t, is_tree(t), indent + 3, o);
	put_blanks(o, indent);
	out_puts(o, "]");
}

static void put_json(const struct table *t, const struct table_style *style, struct out *o)
{
	out_puts(o, "{\n");
	put_key(o, 3, style->name);
	table_put_json(t, 3, o);
	out_puts(o, "\n}\n");
}

static void put_headings(const struct table *t, const struct table_style *style,
			 const struct widths *w, struct out *o)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		const char *name = t->columns[c].name;

		if (style->format == TABLE_RAW)
			out_printf(o, "%s%s", c ? " " : "", name);
		else
			put_cell(t, c, name, strlen(name), w[c].is, o);
	}
	out_puts(o, "\n");
}

static void put_rows(const struct table *t, const struct table_style *style, const struct widths *w,
		     struct out *o)
{
	bool tree = is_tree(t);
	size_t row = first_row(t, tree);

	while (row != NO_ROW) {
		if (style->format == TABLE_RAW)
			put_raw_row(t, style, row, o);
		else
			put_aligned_row(t, style, w, row, o);
		if (tree && t->rows[row].first_child != NO_ROW) {
			row = t->rows[row].first_child;
			continue;
		}
		while (tree && t->rows[row].next == NO_ROW && t->rows[row].parent != NO_ROW)
			row = t->rows[row].parent;
		row = next_row(t, tree, row);
	}
}

void table_print(const struct table *t, const struct table_style *style, struct out *o)
{
	struct widths *w;

	if (style->format == TABLE_JSON) {
		put_json(t, style, o);
		return;
	}
	if (t->n_rows == 0)
		return;
	w = calloc(t->n_columns, sizeof(*w));
	if (!w)
		out_of_memory();
	if (style->format == TABLE_ALIGNED)
		measure(t, style, w);
	if (!style->no_headings)
		put_headings(t, style, w, o);
	put_rows(t, style, w, o);
	free(w);
}

size_t terminal_width(int fd)
{
	const char *env = getenv("COLUMNS");
	struct winsize size = {0};
	uint64_t columns;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	return env && parse_u64(env, 1, 65535, &columns) == 0 ? (size_t)columns : 80;
}

/* locale(7): the first of these that is set and not empty decides. */
bool locale_is_ascii(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return !strcasestr(value, "utf-8") && !strcasestr(value, "utf8");
	}
	return true;
}
