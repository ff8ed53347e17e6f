// SPDX-License-Identifier: Apache-2.0
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "macros.h"

int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
	long long v;
	char *end;

	if (!isdigit((unsigned char)s[*s == '-' || *s == '+']))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int parse_octal(const char *s, uint32_t max, uint32_t *ret)
{
	uint32_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '7')
			return -EINVAL;
		v = v * 8 + (uint32_t)(*s - '0');
		if (v > max)
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int parse_id(const char *s, uint32_t *ret)
{
	uint64_t v;
	int r = parse_u64(s, 0, UINT32_MAX - 1, &v);

	if (r < 0)
		return r;
	*ret = (uint32_t)v;
	return 0;
}

int parse_billionths(const char *s, uint64_t *ret)
{
	uint64_t whole = 0, part = 0, unit = 1000000000;
	bool digits = false;

	for (; isdigit((unsigned char)*s); s++, digits = true) {
		if (__builtin_mul_overflow(whole, (uint64_t)10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*s - '0'), &whole))
			return -ERANGE;
	}
	if (*s == '.') {
		for (s++; isdigit((unsigned char)*s); s++, digits = true) {
			unit /= 10;
			part += (uint64_t)(*s - '0') * unit;
		}
	}
	if (!digits || *s)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, (uint64_t)1000000000, &whole) ||
	    __builtin_add_overflow(whole, part, &whole))
		return -ERANGE;
	*ret = whole;
	return 0;
}

/* The power of two that a unit stands for, or -1. */
static int unit_shift(const char *unit)
{
	static const char letters[] = "kmgtp";
	const char *at;

	if (!*unit || strcasecmp(unit, "b") == 0)
		return 0;
	at = strchr(letters, tolower((unsigned char)*unit));
	if (!at || (unit[1] && strcasecmp(unit + 1, "b") != 0 && strcasecmp(unit + 1, "ib") != 0))
		return -1;
	return 10 * (int)(at - letters + 1);
}

int parse_size(const char *s, uint64_t *ret)
{
	size_t n = strspn(s, "0123456789.");
	uint64_t billionths, bytes;
	char number[32];
	int shift = unit_shift(s + n);
	int r;

	if (n == 0 || n >= sizeof(number) || shift < 0)
		return -EINVAL;
	memcpy(number, s, n);
	number[n] = '\0';
	if (!strchr(number, '.')) {
		r = parse_u64(number, 0, UINT64_MAX, &bytes);
		if (r < 0)
			return r;
		if (shift && bytes >> (64 - shift))
			return -ERANGE;
		*ret = bytes << shift;
		return 0;
	}
	r = parse_billionths(number, &billionths);
	if (r < 0)
		return r;
	*ret = (uint64_t)(((unsigned __int128)billionths << shift) / 1000000000);
	return 0;
}

int parse_seconds(const char *s, int64_t *ret_ns)
{
	bool negative = *s == '-';
	uint64_t ns;
	int r = parse_billionths(s + negative, &ns);

	if (r < 0)
		return r;
	if (ns > INT64_MAX)
		return -ERANGE;
	*ret_ns = negative ? -(int64_t)ns : (int64_t)ns;
	return 0;
}

bool next_field(const char **s, char sep, const char **ret_field, size_t *ret_len)
{
	const char *end;

	if (!*s)
		return false;
	end = strchr(*s, sep);
	*ret_field = *s;
	*ret_len = end ? (size_t)(end - *s) : strlen(*s);
	*s = end ? end + 1 : NULL;
	return true;
}
