// SPDX-License-Identifier: Apache-2.0
/*
 * /etc/ld.so.cache, the index of libraries that ldconfig(8) makes and glibc's loader reads.
 *
 * Format "glibc-ld.so.cache1.1" (glibc, sysdeps/generic/dl-cache.h), alone or behind the older
 * table. The file may be hostile: every offset is checked.
 */
#ifndef KOKON_LD_CACHE_H
#define KOKON_LD_CACHE_H

#include <stdbool.h>
#include <stddef.h>

struct ld_cache {
	char *buf; /* owned */
	size_t size;
	size_t start; /* of the new table in buf */
	size_t count; /* entries */
};

struct ld_cache_entry {
	const char *name; /* "libc.so.6" */
	const char *path;
	bool legacy_hwcap; /* of a folder that today's loader no longer searches */
};

/* Takes ownership of `buf`, which must be terminated behind `size` bytes. A table that makes
 * no sense gives an empty cache, as the loader ignores it too. */
void ld_cache_init(struct ld_cache *c, char *buf, size_t size);
void ld_cache_free(struct ld_cache *c);
/* Entry i, or false when its texts lie outside of the file. */
bool ld_cache_entry(const struct ld_cache *c, size_t i, struct ld_cache_entry *ret);
/* The next entry of this name from *at on, which then is the place behind it. */
bool ld_cache_next(const struct ld_cache *c, size_t *at, const char *name,
		   struct ld_cache_entry *ret);

#endif
