// SPDX-License-Identifier: Apache-2.0
/* Every length up to 1,200 at every alignment: what was to be copied is, and nothing beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "copy-bytes.h"

static unsigned char from[2048], to[2048];

static void every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i * 7 + i / 256 + 1);
	for (size_t n = 0; n <= 1200; n++)
		for (size_t at = 0; at < 17; at++) {
			size_t start = 64 + at;

			memset(to, 0, sizeof(to));
			assert_ptr_equal(copy_bytes(to + start, from + 3 * at, n), to + start);
			for (size_t i = 0; i < n; i++)
				if (to[start + i] != from[3 * at + i])
					fail_msg("length %zu, alignment %zu, byte %zu", n, at, i);
			for (size_t i = start + n; i < start + n + 64; i++)
				assert_int_equal(to[i], 0);
			for (size_t i = 0; i < start; i++)
				assert_int_equal(to[i], 0);
		}
}

static void overlapping(void **state)
{
	unsigned char expected[2048];

	(void)state;
	for (size_t n = 0; n <= 700; n++)
		for (size_t source = 600; source < 640; source++) {
			const size_t target = 620;

			for (size_t k = 0; k < sizeof(to); k++)
				to[k] = expected[k] = (unsigned char)(k * 11 + k / 256);
			for (size_t k = 0; k < n; k++)
				expected[target + k] = to[source + k];
			assert_ptr_equal(move_bytes(to + target, to + source, n), to + target);
			assert_memory_equal(to, expected, sizeof(to));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(overlapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
