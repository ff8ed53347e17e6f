// SPDX-License-Identifier: Apache-2.0
#include "json-read.h"

#include <string.h>

void json_start(struct json *j, struct arena *a, const char *text, size_t n)
{
	*j = (struct json){.text = text, .at = text, .end = text + n, .arena = a};
}

int json_error(const struct json *j, const char *what, struct err *err)
{
	size_t line = 1, column = 1;

	for (const char *s = j->text; s < j->at; s++) {
		column = *s == '\n' ? 1 : column + 1;
		line += *s == '\n';
	}
	return err_set(err, 0, "line %zu, column %zu: %s", line, column, what);
}

static void skip_blanks(struct json *j)
{
	while (j->at < j->end &&
	       (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r'))
		j->at++;
}

int json_end(struct json *j, struct err *err)
{
	skip_blanks(j);
	return j->at == j->end ? 0 : json_error(j, "something follows the end of the value", err);
}

enum json_kind json_peek(struct json *j)
{
	skip_blanks(j);
	if (j->at == j->end)
		return JSON_BAD;
	switch (*j->at) {
	case '{': return JSON_OBJECT;
	case '[': return JSON_LIST;
	case '"': return JSON_STRING;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	case '-': return JSON_NUMBER;
	default: return *j->at >= '0' && *j->at <= '9' ? JSON_NUMBER : JSON_BAD;
	}
}

static int no_value(const struct json *j, struct err *err)
{
	return json_error(j, j->at == j->end ? "the text ends too early" : "here is no value", err);
}

/* ---- objects and lists -------------------------------------------------------------------- */

int json_enter(struct json *j, struct err *err)
{
	enum json_kind kind = json_peek(j);

	if (kind != JSON_OBJECT && kind != JSON_LIST)
		return no_value(j, err);
	if (j->depth >= JSON_DEPTH)
		return json_error(j, "it is nested too deeply", err);
	j->depth++;
	j->at++;
	j->first = true;
	return 0;
}

/* Over the comma before an entry: 1; over the bracket at the end: 0. */
static int next_entry(struct json *j, char closing, struct err *err)
{
	bool first = j->first;

	skip_blanks(j);
	j->first = false;
	if (j->at == j->end)
		return no_value(j, err);
	if (*j->at == closing) {
		j->at++;
		j->depth--;
		return 0;
	}
	if (first)
		return 1;
	if (*j->at != ',')
		return json_error(j, closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'",
				  err);
	j->at++;
	skip_blanks(j);
	if (j->at < j->end && *j->at == closing)
		return json_error(j, "a comma before the end", err);
	return 1;
}

int json_next(struct json *j, struct err *err)
{
	int r = next_entry(j, ']', err);

	return r > 0 && json_peek(j) == JSON_BAD ? no_value(j, err) : r;
}

/* ---- strings ------------------------------------------------------------------------------ */

/* Length of the well-formed UTF-8 sequence at s (Unicode, table 3-7), or 0. */
static size_t utf8_length(const unsigned char *s, const unsigned char *end)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (*s < 0x80)
		return 1;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	n = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	if (*s == 0xe0)
		low = 0xa0;
	else if (*s == 0xed)
		high = 0x9f; /* surrogates */
	else if (*s == 0xf0)
		low = 0x90;
	else if (*s == 0xf4)
		high = 0x8f; /* U+10FFFF */
	if ((size_t)(end - s) < n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

static int hex4(const char *s, const char *end, uint32_t *ret)
{
	uint32_t v = 0;

	if (end - s < 4)
		return -EINVAL;
	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (uint32_t)((c | 32) - 'a' + 10);
		else
			return -EINVAL;
	}
	*ret = v;
	return 0;
}

/* The character that the escape behind a backslash stands for; j->at moves behind it. */
static int read_escape(struct json *j, uint32_t *ret, struct err *err)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;
	uint32_t high, low;

	if (j->at == j->end)
		return no_value(j, err);
	which = *j->at ? strchr(from, *j->at) : NULL;
	if (which) {
		*ret = (unsigned char)to[which - from];
		j->at++;
		return 0;
	}
	if (*j->at != 'u' || hex4(j->at + 1, j->end, &high) < 0)
		return json_error(j, "an unknown escape in a string", err);
	j->at += 5;
	if (high >= 0xd800 && high <= 0xdbff && j->end - j->at >= 6 && j->at[0] == '\\' &&
	    j->at[1] == 'u' && hex4(j->at + 2, j->end, &low) == 0 && low >= 0xdc00 &&
	    low <= 0xdfff) {
		j->at += 6;
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	}
	if (high == 0 || (high >= 0xd800 && high <= 0xdfff))
		return json_error(j, "an escape in a string that stands for no character", err);
	*ret = high;
	return 0;
}

static char *put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char)(0xe0 | c >> 12);
		} else {
			*to++ = (char)(0xf0 | c >> 18);
			*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* Move to the string's end and find its length as written, and whether it has escapes. */
static int scan_string(struct json *j, bool *ret_escapes, struct err *err)
{
	*ret_escapes = false;
	for (j->at++; j->at < j->end && *j->at != '"';) {
		unsigned char c = (unsigned char)*j->at;

		if (c == '\\') {
			uint32_t ignored;
			int r;

			*ret_escapes = true;
			j->at++;
			r = read_escape(j, &ignored, err);
			if (r < 0)
				return r;
			continue;
		}
		if (c < 0x20)
			return json_error(j, "a control character in a string", err);
		if (c < 0x80) {
			j->at++;
			continue;
		}
		c = (unsigned char)utf8_length((const unsigned char *)j->at,
					       (const unsigned char *)j->end);
		if (c == 0)
			return json_error(j, "a string is not UTF-8", err);
		j->at += c;
	}
	if (j->at == j->end)
		return json_error(j, "a string does not end", err);
	j->at++;
	return 0;
}

/* Without the escapes, in the arena. What was scanned before cannot fail. */
static size_t unescape(const char *from, const char *end, char *to)
{
	struct json in = {.text = from, .at = from, .end = end};
	char *start = to;

	while (in.at < end) {
		uint32_t c;

		if (*in.at != '\\') {
			*to++ = *in.at++;
			continue;
		}
		in.at++;
		if (read_escape(&in, &c, NULL) < 0)
			break;
		to = put_utf8(to, c);
	}
	*to = '\0';
	return (size_t)(to - start);
}

int json_read_slice(struct json *j, const char **ret, size_t *ret_len, struct err *err)
{
	const char *start;
	bool escapes;
	size_t n;
	char *copy;
	int r;

	if (json_peek(j) != JSON_STRING)
		return no_value(j, err);
	start = j->at + 1;
	r = scan_string(j, &escapes, err);
	if (r < 0)
		return r;
	n = (size_t)(j->at - 1 - start);
	if (escapes) {
		copy = arena_alloc(j->arena, n + 1);
		n = unescape(start, j->at - 1, copy);
		start = copy;
	}
	*ret = start;
	*ret_len = n;
	return 0;
}

int json_read_string(struct json *j, const char **ret, struct err *err)
{
	const char *s = NULL;
	size_t n = 0;
	int r = json_read_slice(j, &s, &n, err);

	if (r < 0)
		return r;
	*ret = s >= j->text && s <= j->end ? arena_strndup(j->arena, s, n) : s;
	return 0;
}

int json_next_key(struct json *j, const char **ret_key, size_t *ret_len, struct err *err)
{
	int r = next_entry(j, '}', err);

	if (r <= 0)
		return r;
	if (json_peek(j) != JSON_STRING)
		return json_error(j, "expected a name in double quotes", err);
	r = json_read_slice(j, ret_key, ret_len, err);
	if (r < 0)
		return r;
	skip_blanks(j);
	if (j->at == j->end || *j->at != ':')
		return json_error(j, "expected ':' behind a name", err);
	j->at++;
	return json_peek(j) == JSON_BAD ? no_value(j, err) : 1;
}

/* ---- numbers and words -------------------------------------------------------------------- */

static size_t digits(struct json *j)
{
	const char *start = j->at;

	while (j->at < j->end && *j->at >= '0' && *j->at <= '9')
		j->at++;
	return (size_t)(j->at - start);
}

int json_read_number(struct json *j, struct json_number *ret, struct err *err)
{
	struct json_number n = {.integer = true};
	size_t whole;

	if (json_peek(j) != JSON_NUMBER)
		return no_value(j, err);
	n.text = j->at;
	n.negative = *j->at == '-';
	j->at += n.negative;
	whole = digits(j);
	if (whole == 0 || (whole > 1 && j->at[-(ptrdiff_t)whole] == '0'))
		return json_error(j, "a malformed number", err);
	for (const char *s = j->at - whole; s < j->at; s++)
		if (__builtin_mul_overflow(n.magnitude, 10, &n.magnitude) ||
		    __builtin_add_overflow(n.magnitude, (uint64_t)(*s - '0'), &n.magnitude))
			n.integer = false;
	if (j->at < j->end && *j->at == '.') {
		j->at++;
		n.integer = false;
		if (digits(j) == 0)
			return json_error(j, "a malformed number", err);
	}
	if (j->at < j->end && (*j->at | 32) == 'e') {
		j->at++;
		j->at += j->at < j->end && (*j->at == '+' || *j->at == '-');
		n.integer = false;
		if (digits(j) == 0)
			return json_error(j, "a malformed number", err);
	}
	if (n.negative && n.magnitude > (uint64_t)INT64_MAX + 1)
		n.integer = false;
	n.len = (size_t)(j->at - n.text);
	*ret = n;
	return 0;
}

static int read_word(struct json *j, const char *word, struct err *err)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->at) < n || memcmp(j->at, word, n) != 0)
		return no_value(j, err);
	j->at += n;
	return 0;
}

int json_read_bool(struct json *j, bool *ret, struct err *err)
{
	bool value = json_peek(j) == JSON_TRUE;
	int r = read_word(j, value ? "true" : "false", err);

	if (r >= 0)
		*ret = value;
	return r;
}

static int skip_inside(struct json *j, bool object, struct err *err)
{
	const char *key;
	size_t n;
	int r = json_enter(j, err);

	while (r >= 0) {
		r = object ? json_next_key(j, &key, &n, err) : json_next(j, err);
		if (r <= 0)
			return r;
		r = json_skip(j, err);
	}
	return r;
}

int json_skip(struct json *j, struct err *err)
{
	enum json_kind kind = json_peek(j);
	struct json_number number;
	bool ignored;

	switch (kind) {
	case JSON_OBJECT:
	case JSON_LIST: return skip_inside(j, kind == JSON_OBJECT, err);
	case JSON_STRING: return scan_string(j, &ignored, err);
	case JSON_NUMBER: return json_read_number(j, &number, err);
	case JSON_TRUE:
	case JSON_FALSE: return json_read_bool(j, &ignored, err);
	case JSON_NULL: return read_word(j, "null", err);
	default: return no_value(j, err);
	}
}

enum { SHOWN = 40 }; /* bytes of a value in a message */

void json_describe(struct json *j, struct out *o)
{
	enum json_kind kind = json_peek(j);
	struct json at = *j;
	struct json_number number = {0};
	size_t n;

	switch (kind) {
	case JSON_OBJECT: out_puts(o, "an object"); return;
	case JSON_LIST: out_puts(o, "a list"); return;
	case JSON_STRING:
		if (json_skip(&at, NULL) < 0)
			break;
		n = (size_t)(at.at - j->at);
		if (n <= SHOWN) {
			out_put(o, j->at, n);
			return;
		}
		for (n = SHOWN; n > 1 && ((unsigned char)j->at[n] & 0xc0) == 0x80;)
			n--; /* not within a character */
		out_put(o, j->at, n);
		out_puts(o, "…\"");
		return;
	case JSON_NUMBER:
		if (json_read_number(&at, &number, NULL) < 0)
			break;
		out_put(o, number.text, MIN(number.len, (size_t)SHOWN));
		return;
	case JSON_TRUE: out_puts(o, "true"); return;
	case JSON_FALSE: out_puts(o, "false"); return;
	case JSON_NULL: out_puts(o, "null"); return;
	default: break;
	}
	out_puts(o, "no value");
}
