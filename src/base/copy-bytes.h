// SPDX-License-Identifier: Apache-2.0
/*
 * memcpy() for short copies.
 *
 * musl's for x86-64 is "rep movsq" for every length, which takes some 60 ns before the first byte
 * moves; a start makes thousands of copies of a few bytes, printf() one for each piece. That was a
 * quarter of a millisecond of every `kokon run`. copy-bytes.c therefore defines memcpy() and
 * memmove() where the C library is musl; they are these functions, here under names of their own
 * for tests.
 */
#ifndef KOKON_COPY_BYTES_H
#define KOKON_COPY_BYTES_H

#include <stddef.h>

void *copy_bytes(void *restrict to, const void *restrict from, size_t n);
/* As memmove(): they may overlap. */
void *move_bytes(void *to, const void *from, size_t n);

#endif
