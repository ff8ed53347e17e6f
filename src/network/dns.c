// SPDX-License-Identifier: Apache-2.0
#include "dns.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { HEADER = 12, TTL = 5 /* seconds: a container may end any time */ };

static uint16_t u16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Labels into text; a question's name has no pointers. Bytes behind it, or 0. */
static size_t read_name(const unsigned char *message, size_t len, size_t at, char *name)
{
	size_t n = 0;

	while (at < len && message[at] != 0) {
		size_t label = message[at++];

		if (label > 63 || at + label >= len || n + label + 1 >= DNS_NAME_MAX)
			return 0;
		if (n)
			name[n++] = '.';
		for (size_t i = 0; i < label; i++) {
			unsigned char c = message[at++];

			/* A dot or a zero inside of a label would become another name. */
			if (c <= ' ' || c >= 0x7f || c == '.')
				return 0;
			name[n++] = (char)tolower(c);
		}
	}
	name[n] = '\0';
	return at < len ? at + 1 : 0;
}

bool dns_parse(const unsigned char *m, size_t len, struct dns_question *ret)
{
	size_t at;

	/* A query (QR and opcode 0) with one question. */
	if (len < HEADER || (m[2] & 0xf8) != 0 || u16(m + 4) != 1)
		return false;
	at = read_name(m, len, HEADER, ret->name);
	if (at == 0 || at + 4 > len || u16(m + at + 2) != 1)
		return false;
	ret->type = u16(m + at);
	ret->end = at + 4;
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool reverse6(const char *name, struct ip *ret)
{
	if (strlen(name) != 64 + 8 || strcmp(name + 64, "ip6.arpa") != 0)
		return false;
	*ret = (struct ip){.family = AF_INET6, .prefix = 128};
	for (int i = 0; i < 32; i++) {
		int digit = hex(name[2 * i]);

		if (digit < 0 || name[2 * i + 1] != '.')
			return false;
		ret->bytes[15 - i / 2] |= (unsigned char)(i % 2 ? digit << 4 : digit);
	}
	return true;
}

bool dns_reverse(const char *name, struct ip *ret)
{
	const char *at = name;

	*ret = (struct ip){.family = AF_INET, .prefix = 32};
	for (int i = 3; i >= 0; i--) {
		char *end;
		unsigned long v = isdigit((unsigned char)*at) ? strtoul(at, &end, 10) : 256;

		if (v > 255 || *end != '.')
			return reverse6(name, ret);
		ret->bytes[i] = (unsigned char)v;
		at = end + 1;
	}
	return strcmp(at, "in-addr.arpa") == 0 || reverse6(name, ret);
}

/* --- answers --- */

struct writer {
	unsigned char *buf;
	size_t size, len;
};

static bool put(struct writer *w, const void *data, size_t len)
{
	if (w->size - w->len < len)
		return false;
	memcpy(w->buf + w->len, data, len);
	w->len += len;
	return true;
}

static bool put16(struct writer *w, unsigned v)
{
	return put(w, (unsigned char[]){(unsigned char)(v >> 8), (unsigned char)v}, 2);
}

/* One record about the name of the question, to which 0xc00c points. */
static bool put_record(struct writer *w, uint16_t type, const void *data, size_t len)
{
	size_t before = w->len;

	if (put16(w, 0xc000 | HEADER) && put16(w, type) && put16(w, 1) && put16(w, 0) &&
	    put16(w, TTL) && put16(w, (unsigned)len) && put(w, data, len))
		return true;
	w->len = before;
	return false;
}

static size_t encode_name(const char *name, unsigned char buf[DNS_NAME_MAX + 1])
{
	size_t n = 0;

	while (*name) {
		size_t label = strcspn(name, ".");

		if (label == 0 || label > 63 || n + label + 2 > DNS_NAME_MAX)
			return 0;
		buf[n++] = (unsigned char)label;
		memcpy(buf + n, name, label);
		n += label;
		name += label + (name[label] == '.');
	}
	buf[n++] = 0;
	return n;
}

size_t dns_answer(const unsigned char *query, const struct dns_question *q, int code,
		  const struct ip *ips, size_t n, const char *pointer, unsigned char *buf,
		  size_t size)
{
	struct writer w = {buf, size, 0};
	unsigned char name[DNS_NAME_MAX + 1];
	unsigned records = 0;
	bool cut = false;

	if (!put(&w, query, q->end))
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (ips[i].family != (q->type == DNS_A ? AF_INET : AF_INET6) ||
		    (q->type != DNS_A && q->type != DNS_AAAA))
			continue;
		if (put_record(&w, q->type, ips[i].bytes, ip_size(&ips[i])))
			records++;
		else
			cut = true;
	}
	if (pointer) {
		size_t len = encode_name(pointer, name);

		if (len && put_record(&w, DNS_PTR, name, len))
			records++;
	}
	/* Answer, recursion available; the query's id, opcode and wish for recursion stay. */
	buf[2] = (unsigned char)(0x80 | (query[2] & 0x01) | (cut ? 0x02 : 0));
	buf[3] = (unsigned char)(0x80 | code);
	memset(buf + 4, 0, 8);
	buf[5] = 1;
	buf[6] = (unsigned char)(records >> 8);
	buf[7] = (unsigned char)records;
	return w.len;
}
