// SPDX-License-Identifier: Apache-2.0
/* Any text as the id map of a mount option, and as mappings of a config.json: what comes out has
 * no range that the kernel would take otherwise than it is written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mount-options.h"
#include "out.h"
#include "spec-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ranges(const struct spec_idmap *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (!m->list[i].size ||
		    (uint64_t)m->list[i].container_id + m->list[i].size > UINT32_MAX)
			abort();
}

static void as_mappings(struct arena *a, const char *text)
{
	struct out json OUT_CLEANUP = {0};
	struct spec_problems p;
	struct err err = {0};
	struct spec *s;

	out_printf(&json,
		   "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"namespaces\":["
		   "{\"type\":\"user\"}],\"uidMappings\":%s,\"gidMappings\":[{\"containerID\":0,"
		   "\"hostID\":0,\"size\":1}]}}",
		   text);
	if (spec_decode(a, json.text, json.len, &s, &err) < 0)
		return;
	spec_check(a, s, NULL, &p);
	if (!p.n_errors)
		check_ranges(&s->linux_.uid_map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *option[2] = {NULL, NULL};
	struct spec_strings list = {.n = 1, .list = option};
	struct spec_mount m = {0};
	struct err err = {0};
	struct arena a;
	char *text;

	if (size > 4096 || arena_init(&a) < 0)
		return 0;
	text = arena_strndup(&a, (const char *)data, size);
	option[0] = text;
	if (mount_options_decide(&a, &list, &m, &err) < 0 && !err.text[0])
		abort();
	as_mappings(&a, text);
	arena_free(&a);
	return 0;
}
