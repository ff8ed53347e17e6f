// SPDX-License-Identifier: Apache-2.0
/*
 * Strmap: a map from text to a pointer, in an arena. Entries are never removed.
 */
#ifndef KOKON_STRMAP_H
#define KOKON_STRMAP_H

#include <stddef.h>
#include <stdint.h>
#include "arena.h"

struct strmap_slot {
	const char *key;
	void *value;
	uint64_t hash;
};

struct strmap {
	struct arena *arena;
	struct strmap_slot *slots;
	size_t size; /* a power of two, or 0 */
	size_t used;
};

/* 64-bit FNV-1a: for tables and names, not against an adversary. */
uint64_t strmap_hash(const char *s);

void *strmap_get(const struct strmap *m, const char *key); /* NULL: not there */
/* Add or replace. The key is kept, not copied. */
void strmap_put(struct strmap *m, const char *key, void *value);

#endif
