// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a seccomp profile: what both readers take, they take alike. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "out.h"
#include "seccomp-profile.h"
#include "spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct spec_seccomp *decoded(struct arena *a, const uint8_t *data, size_t size)
{
	static const char head[] = "{\"ociVersion\":\"1.3.0\",\"linux\":{\"seccomp\":";
	struct out json OUT_CLEANUP = {0};
	struct err err = {0};
	struct spec *s;

	out_puts(&json, head);
	out_put(&json, (const char *)data, size);
	out_puts(&json, "}}");
	return spec_decode(a, json.text, json.len, &s, &err) == 0 ? s->linux_.seccomp : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct spec_seccomp *s;
	struct profile p;
	struct err err = {0};
	struct arena a;

	if (size > 65536 || arena_init(&a) < 0)
		return 0;
	if (profile_read((const char *)data, size, 6 << 16 | 1, &a, &p, &err) < 0 && !err.text[0])
		abort();
	s = decoded(&a, data, size);
	if (s && profile_read(s->text, s->text_len, 6 << 16 | 1, &a, &p, &err) == 0 &&
	    (p.flags != s->flags || p.rules_count > s->n_syscalls))
		abort();
	arena_free(&a);
	return 0;
}
