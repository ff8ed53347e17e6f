// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the record of a container, and as a state in JSON: what was read and is written
 * again reads the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "oci-state.h"
#include "state-record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_record(struct arena *a, const char *text)
{
	struct out first OUT_CLEANUP = {0}, second OUT_CLEANUP = {0};
	struct err err = {0};
	struct state s = {0};

	if (state_parse(text, a, &s, &err) < 0) {
		if (!err.text[0])
			abort();
		return;
	}
	state_format(&s, &first);
	if (state_parse(first.text, a, &s, &err) < 0)
		abort();
	state_format(&s, &second);
	if (strcmp(first.text, second.text) != 0)
		abort();
}

static void as_json(struct arena *a, const char *text, size_t size)
{
	struct out first OUT_CLEANUP = {0}, second OUT_CLEANUP = {0};
	struct err err = {0};
	struct oci_state s;

	if (oci_state_decode(a, text, size, &s, &err) < 0)
		return;
	oci_state_put(&s, NULL, &first);
	if (oci_state_decode(a, first.text, first.len, &s, &err) < 0)
		abort();
	oci_state_put(&s, NULL, &second);
	if (strcmp(first.text, second.text) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	char *text;

	if (size > 65536 || arena_init(&a) < 0)
		return 0;
	text = arena_strndup(&a, (const char *)data, size);
	as_record(&a, text);
	as_json(&a, text, size);
	arena_free(&a);
	return 0;
}
