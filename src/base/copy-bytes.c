// SPDX-License-Identifier: Apache-2.0
#include "copy-bytes.h"

#include <features.h>
#include <stdint.h>

/* The compiler knows memcpy() when it sees one, and would make this function call itself. */
#ifdef __clang__
#define NO_IDIOM __attribute__((no_builtin("memcpy")))
#else
#define NO_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

/* At any address, and of whatever is there. */
typedef uint16_t two __attribute__((may_alias, aligned(1)));
typedef uint32_t four __attribute__((may_alias, aligned(1)));
typedef uint64_t eight __attribute__((may_alias, aligned(1)));

/*
 * The first bytes and the last ones, which may be the same: no length needs a loop. All is read
 * before it is written.
 */
#define MOVE_ENDS(type, to, from, n)                                                               \
	do {                                                                                       \
		type first_ = *(const type *)(from);                                               \
		type last_ = *(const type *)((from) + (n) - sizeof(type));                         \
		*(type *)(to) = first_;                                                            \
		*(type *)((to) + (n) - sizeof(type)) = last_;                                      \
	} while (0)

NO_IDIOM static inline void move_16(char *to, const char *from)
{
	eight a = *(const eight *)from, b = *(const eight *)(from + 8);

	*(eight *)to = a;
	*(eight *)(to + 8) = b;
}

NO_IDIOM static inline void move_short(char *to, const char *from, size_t n)
{
	if (n >= 8)
		MOVE_ENDS(eight, to, from, n);
	else if (n >= 4)
		MOVE_ENDS(four, to, from, n);
	else if (n >= 2)
		MOVE_ENDS(two, to, from, n);
	else if (n == 1)
		*to = *from;
}

NO_IDIOM void *copy_bytes(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

#ifdef __x86_64__
	if (n > 512) {
		__asm__ volatile("rep movsb" : "+D"(t), "+S"(f), "+c"(n)::"memory");
		return to;
	}
#endif
	for (; n > 16; n -= 16, t += 16, f += 16)
		move_16(t, f);
	move_short(t, f, n);
	return to;
}

NO_IDIOM void *move_bytes(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	/* Forwards is right also where the target begins below the source. */
	if ((uintptr_t)t - (uintptr_t)f >= n)
		return copy_bytes(to, from, n);
	for (; n >= 8; n -= 8)
		*(eight *)(t + n - 8) = *(const eight *)(f + n - 8);
	for (; n > 0; n--)
		t[n - 1] = f[n - 1];
	return to;
}

/* Both: musl's memmove() names a part of its memcpy(), which would come along. */
#if defined(__x86_64__) && !defined(__GLIBC__)
void *memcpy(void *restrict to, const void *restrict from, size_t n)
	__attribute__((alias("copy_bytes")));
void *memmove(void *to, const void *from, size_t n) __attribute__((alias("move_bytes")));
#endif
