// SPDX-License-Identifier: Apache-2.0
/* Any bytes as an ELF file: facts are read or refused, within bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "elf-facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct elf_facts *f)
{
	size_t total = 0;

	if (f->needed_count > ELF_NEEDED_MAX || f->needed[f->needed_count])
		abort();
	for (size_t i = 0; i < f->needed_count; i++)
		total += strlen(f->needed[i]);
	total += f->interp ? strlen(f->interp) : 0;
	total += f->runpath ? strlen(f->runpath) : 0;
	if (total > (f->needed_count + 1) * ELF_TEXT_MAX + ELF_RPATH_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_facts facts;
	struct err err = {0};
	struct arena a;
	char *copy = malloc(size ? size : 1);
	int r;

	if (!copy || arena_init(&a) < 0)
		abort();
	memcpy(copy, data, size);
	r = elf_facts_parse(copy, size, &a, &facts, &err);
	if (r == 0)
		check(&facts);
	else if (r != -ENOEXEC && !err.text[0])
		abort();
	arena_free(&a);
	free(copy);
	return 0;
}
