// SPDX-License-Identifier: Apache-2.0
/*
 * Arena: memory that is only ever handed out, and freed all at once.
 *
 * A request, a spec and a plan each live in one arena, so nothing that parses or plans has
 * to free. The arena of a plan is a memfd mapped at ARENA_ADDRESS in both programs, so its
 * pointers stay valid when the init maps it. Allocation never fails to its caller: an arena
 * is larger than any input that is accepted, and running out ends the program with a message.
 */
#ifndef KOKON_ARENA_H
#define KOKON_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include "macros.h"

#define ARENA_ADDRESS 0x40000000UL
#define ARENA_SIZE    (64UL << 20) /* bytes of address space; pages are used as they fill */
/* A shared arena goes on for one page more, of the largest size there is. It is not handed out. */
#define ARENA_RESULT (64UL << 10)

struct arena {
	char *base;
	size_t size; /* bytes in all */
	size_t used; /* bytes handed out */
};

/* Anonymous memory, for what one process alone reads. Returns 0 or -errno. */
int arena_init(struct arena *a);
/* A memfd at ARENA_ADDRESS for a plan; the caller owns *ret_fd. Returns 0 or -errno. */
int arena_init_shared(struct arena *a, int *ret_fd);
/* Get the first bytes of it at once, which costs less than one page fault for each page. */
void arena_prepare(struct arena *a, size_t bytes);
/* Map a plan's arena read-only at ARENA_ADDRESS. Returns 0 or -errno. */
int arena_map(int fd);
void arena_free(struct arena *a);

/* Zeroed memory, aligned to 16 bytes. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
#define arena_new(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t n, size_t size);

char *arena_strdup(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A NULL-terminated copy of n strings. */
char **arena_strv(struct arena *a, char *const *v, size_t n);

#endif
