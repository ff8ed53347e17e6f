// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a config.json: decoded and checked, or refused with a message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "spec-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1); /* so that reading beyond the end is seen */
	struct spec_resources *resources;
	struct spec_process *process;
	struct spec_problems problems;
	struct err err = {0};
	struct spec *s;
	struct arena a;

	if (!exact || arena_init(&a) < 0)
		abort();
	memcpy(exact, data, size);
	if (spec_decode(&a, exact, size, &s, &err) == 0)
		spec_check(&a, s, NULL, &problems);
	else if (!err.text[0])
		abort();
	if (spec_decode_process(&a, exact, size, &process, &err) == 0)
		spec_check_process(&a, process, &problems);
	spec_decode_resources(&a, exact, size, &resources, &err);
	arena_free(&a);
	free(exact);
	return 0;
}
