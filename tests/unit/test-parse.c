// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "parse.h"

static void sizes(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(parse_size("64M", &v), 0);
	assert_int_equal(v, 64 << 20);
	assert_int_equal(parse_size("1.5g", &v), 0);
	assert_int_equal(v, 3ULL << 29);
	assert_int_equal(parse_size("12", &v), 0);
	assert_int_equal(v, 12);
	assert_int_equal(parse_size("1KiB", &v), 0);
	assert_int_equal(v, 1024);
	assert_true(parse_size("", &v) < 0);
	assert_true(parse_size("1q", &v) < 0);
	assert_true(parse_size("-1", &v) < 0);
	assert_true(parse_size("1e9", &v) < 0);
	assert_true(parse_size("99999999999999999999", &v) < 0);
	assert_true(parse_size("17179869184g", &v) < 0);
	assert_int_equal(v, 1024);
}

static void ids(void **state)
{
	uint32_t v = 7;

	(void)state;
	assert_int_equal(parse_id("4294967294", &v), 0);
	assert_true(parse_id("4294967295", &v) < 0);
	assert_true(parse_id("4294967296", &v) < 0);
	assert_true(parse_id("-1", &v) < 0);
	assert_true(parse_id("+1", &v) < 0);
	assert_true(parse_id("", &v) < 0);
	assert_true(parse_id("1x", &v) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(sizes), cmocka_unit_test(ids)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
