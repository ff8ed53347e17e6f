// SPDX-License-Identifier: Apache-2.0
/* Any bytes as ld.so.cache: every entry that is given out lies inside the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "ld-cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ld_cache c;
	struct ld_cache_entry e;
	char *copy = malloc(size + 1);

	if (!copy)
		abort();
	memcpy(copy, data, size);
	copy[size] = '\0';
	ld_cache_init(&c, copy, size);
	for (size_t i = 0; i < c.count; i++) {
		size_t at = i;
		struct ld_cache_entry same;

		if (!ld_cache_entry(&c, i, &e))
			continue;
		if (strlen(e.name) + strlen(e.path) > 2 * size)
			abort();
		if (!ld_cache_next(&c, &at, e.name, &same) || at != i + 1 || same.path != e.path)
			abort();
	}
	if (ld_cache_entry(&c, c.count, &e))
		abort();
	ld_cache_free(&c);
	return 0;
}
