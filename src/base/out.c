// SPDX-License-Identifier: Apache-2.0
#include "out.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "err.h"

void out_free(struct out *o)
{
	if (!o->lent)
		free(o->text);
	*o = (struct out){0};
}

/* Room for n bytes and the end: whether it is there. */
static bool reserve(struct out *o, size_t n)
{
	size_t size = o->size ? o->size : 512;
	char *text;

	while (size - o->len <= n)
		size *= 2;
	if (size == o->size)
		return !o->failed;
	text = realloc(o->lent ? NULL : o->text, size);
	if (!text && !o->may_fail)
		out_of_memory();
	if (!text) {
		o->failed = true;
		return false;
	}
	if (o->lent)
		memcpy(text, o->text, o->len);
	o->lent = false;
	o->text = text;
	o->size = size;
	return !o->failed;
}

void out_put(struct out *o, const char *s, size_t n)
{
	if (!reserve(o, n))
		return;
	memcpy(o->text + o->len, s, n);
	o->len += n;
	o->text[o->len] = '\0';
}

void out_puts(struct out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

void out_vprintf(struct out *o, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	int n;

	if (!reserve(o, 0))
		return;
	/* Mostly it fits: then it is formatted once. */
	room = o->size - o->len;
	va_copy(again, ap);
	n = vsnprintf(o->text + o->len, room, fmt, ap);
	if (n > 0 && (size_t)n >= room && reserve(o, (size_t)n))
		vsnprintf(o->text + o->len, (size_t)n + 1, fmt, again);
	va_end(again);
	if (n > 0 && !o->failed)
		o->len += (size_t)n;
	else
		o->text[o->len] = '\0';
}

void out_printf(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	out_vprintf(o, fmt, ap);
	va_end(ap);
}

void out_shell_word(struct out *o, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_@%+=:,./-";

	if (*s && s[strspn(s, plain)] == '\0') {
		out_puts(o, s);
		return;
	}
	out_puts(o, "'");
	for (; *s; s++) {
		if (*s == '\'')
			out_puts(o, "'\\''");
		else
			out_put(o, s, 1);
	}
	out_puts(o, "'");
}

void out_shell_words(struct out *o, char *const *v)
{
	for (size_t i = 0; v[i]; i++) {
		if (i)
			out_puts(o, " ");
		out_shell_word(o, v[i]);
	}
}

/* Length of the valid UTF-8 sequence at s (RFC 3629), or 0. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80   ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void out_json_string(struct out *o, const char *s)
{
	if (!s) {
		out_puts(o, "null");
		return;
	}
	out_puts(o, "\"");
	while (*s) {
		size_t n = utf8_length((const unsigned char *)s);

		if (*s == '"' || *s == '\\')
			out_printf(o, "\\%c", *s);
		else if (*s == '\n')
			out_puts(o, "\\n");
		else if (*s == '\t')
			out_puts(o, "\\t");
		else if (*s == '\r')
			out_puts(o, "\\r");
		else if ((unsigned char)*s < 0x20)
			out_printf(o, "\\u%04x", (unsigned char)*s);
		else if (n == 0)
			out_puts(o, "\\ufffd");
		else
			out_put(o, s, n);
		s += n ? n : 1;
	}
	out_puts(o, "\"");
}

int out_write(const struct out *o, int fd)
{
	size_t done = 0;

	if (o->failed)
		return -ENOMEM;
	while (done < o->len) {
		ssize_t n = write(fd, o->text + done, o->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}
