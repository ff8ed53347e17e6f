// SPDX-License-Identifier: Apache-2.0
/*
 * Parsing of numbers, sizes and lists. Strict: the whole text must be the value.
 *
 * Each returns 0 or -errno (EINVAL: not of this form, ERANGE: outside the bounds), and leaves
 * its result untouched on failure. The caller names the subject in its message.
 */
#ifndef KOKON_PARSE_H
#define KOKON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret);
int parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret);
int parse_octal(const char *s, uint32_t max, uint32_t *ret);
/* User or group id, 0 … 4294967294 (4294967295 means "no change" to the kernel). */
int parse_id(const char *s, uint32_t *ret);
/* Bytes: a number with an optional unit b, k, m, g, t (powers of 1024; either case, "kb" and
 * "KiB" too). A fraction is accepted before a unit: "1.5g". */
int parse_size(const char *s, uint64_t *ret);
/* Seconds with up to nine decimals, into nanoseconds; a leading '-' is accepted. */
int parse_seconds(const char *s, int64_t *ret_ns);
/* A decimal fraction >= 0 in billionths: "1.5" -> 1500000000. */
int parse_billionths(const char *s, uint64_t *ret);

/* Next field of a list: *s moves behind `sep`. False at the end. Fields may be empty. */
bool next_field(const char **s, char sep, const char **ret_field, size_t *ret_len);

#endif
