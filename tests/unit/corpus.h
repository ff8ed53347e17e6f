// SPDX-License-Identifier: Apache-2.0
/*
 * The seeds of a fuzz target, without libFuzzer: each whole, cut at each length, and with each
 * byte changed. They lie in $KOKON_SEEDS (set by tests/meson.build).
 */
#ifndef KOKON_CORPUS_H
#define KOKON_CORPUS_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "file.h"
#include "macros.h"

typedef int (*fuzz_target)(const uint8_t *data, size_t size);

/* Which bytes take a seed's place, and how a long seed is thinned out. */
struct corpus {
	const char *values;
	size_t n_values;
	size_t whole; /* seeds longer than this are changed at every `step`th byte only */
	size_t step;
	size_t least; /* so many seeds there must be */
};

static inline void corpus_vary(const struct corpus *c, fuzz_target target, char *data, size_t n)
{
	size_t step = n > c->whole ? c->step : 1;

	target((uint8_t *)data, n);
	for (size_t i = 0; i < n; i += step) {
		char was = data[i];

		target((uint8_t *)data, i);
		for (size_t v = 0; v < c->n_values; v++) {
			data[i] = c->values[v];
			target((uint8_t *)data, n);
		}
		data[i] = was;
	}
}

static inline void corpus_run(const struct corpus *c, const char *name, fuzz_target target)
{
	char path[1024];
	DIR *d;
	struct dirent *e;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/%s", getenv("KOKON_SEEDS"), name);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d))) {
		FREE_PTR char *data = NULL;
		ssize_t n;

		if (e->d_name[0] == '.')
			continue;
		n = read_file_at(dirfd(d), e->d_name, 1 << 20, &data);
		assert_true(n >= 0);
		corpus_vary(c, target, data, (size_t)n);
		count++;
	}
	closedir(d);
	assert_true(count >= c->least);
}

#endif
