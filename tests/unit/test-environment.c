// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "environment.h"

static struct arena arena;
static struct err err;
static char one[] = "LANG=C", two[] = "LC_ALL=C.UTF-8", three[] = "LC_TIME=x", four[] = "EMPTY=";
static char *own[] = {one, two, three, four, NULL};

static void options(void **state)
{
	struct environment e;

	(void)state;
	environment_init(&e, &arena);
	environment_set(&e, "PATH", "/bin");
	assert_int_equal(environment_option(&e, "A=1=2", own, &err), 0);
	assert_string_equal(environment_get(&e, "A"), "1=2");
	assert_int_equal(environment_option(&e, "PATH=/sbin", own, &err), 0);
	assert_string_equal(e.v[0], "PATH=/sbin");
	assert_int_equal(environment_option(&e, "LANG", own, &err), 0);
	assert_string_equal(environment_get(&e, "LANG"), "C");
	assert_int_equal(environment_option(&e, "LAN", own, &err), 0);
	assert_null(environment_get(&e, "LAN"));
	assert_int_equal(environment_option(&e, "EMPTY", own, &err), 0);
	assert_string_equal(environment_get(&e, "EMPTY"), "");
	assert_int_equal(environment_option(&e, "LC_*", own, &err), 0);
	assert_string_equal(environment_get(&e, "LC_TIME"), "x");
	assert_int_equal(e.count, 6);
	environment_unset(&e, "A");
	environment_unset(&e, "NOT_THERE");
	assert_int_equal(e.count, 5);
	assert_null(e.v[5]);
	assert_null(environment_get(&e, "A"));
	assert_int_equal(environment_option(&e, "", own, &err), -EINVAL);
	assert_int_equal(environment_option(&e, "=x", own, &err), -EINVAL);
	assert_int_equal(environment_option(&e, "A B=x", own, &err), -EINVAL);
	assert_int_equal(environment_option(&e, "A=x y", own, &err), 0);
	assert_int_equal(environment_option(&e, "*", own, &err), 0);
}

static void many(void **state)
{
	struct environment e;
	char name[16];

	(void)state;
	environment_init(&e, &arena);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "V%d", i);
		environment_set(&e, name, "x");
	}
	assert_int_equal(e.count, 1000);
	assert_null(e.v[1000]);
	assert_string_equal(e.v[999], "V999=x");
}

static void files(void **state)
{
	struct environment e;

	(void)state;
	environment_init(&e, &arena);
	assert_int_equal(
		environment_lines(&e, "# comment\n\n  A=1\r\n\tB=\"q\" # no comment\nLANG\nNO\nC=3",
				  "f", own, &err),
		0);
	assert_string_equal(environment_get(&e, "A"), "1");
	assert_string_equal(environment_get(&e, "B"), "\"q\" # no comment");
	assert_string_equal(environment_get(&e, "LANG"), "C");
	assert_string_equal(environment_get(&e, "C"), "3");
	assert_int_equal(e.count, 4);
	assert_int_equal(environment_lines(&e, "A=1\nB C=2\n", "f.env", own, &err), -EINVAL);
	assert_string_equal(err.text,
			    "line 2 of 'f.env': the name of variable 'B C=2' holds a blank");
	assert_int_equal(environment_file(&e, "/nonexistent", own, &err), -ENOENT);
	assert_int_equal(environment_file(&e, "/dev/zero", own, &err), -EFBIG);
}

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options),
		cmocka_unit_test(many),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
