// SPDX-License-Identifier: Apache-2.0
/* Messages: what they are made of, and that no terminal does what they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "err.h"

static const char *format(const struct err *err)
{
	static char text[1024];

	err_format(err, text, sizeof(text));
	return text;
}

static void parts(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(err_set(&err, ENOENT, "cannot open '%s'", "x"), -ENOENT);
	assert_int_equal(err_remedy(&err, "make it"), -ENOENT);
	assert_int_equal(err_context(&err, "mounts[%d]", 3), -ENOENT);
	assert_string_equal(format(&err),
			    "mounts[3]: cannot open 'x': No such file or directory\n  make it");
	assert_int_equal(err_set(&err, 0, "no"), -EINVAL);
	assert_string_equal(format(&err), "no");
}

/* Escape sequences, in seven bits and as UTF-8 has them; other letters stay. */
static void control_characters(void **state)
{
	struct err err = {0};

	(void)state;
	err_set(&err, 0, "a\033[31mb\r\b\x7f");
	assert_string_equal(format(&err), "a?[31mb???");
	err_set(&err, 0,
		"a\xc2\x9b"
		"31m \xc2\xa9 \xc3\x9f\n\tb");
	assert_string_equal(format(&err), "a??31m \xc2\xa9 \xc3\x9f\n\tb");
	err_context(&err, "\033c");
	assert_string_equal(format(&err), "?c: a??31m \xc2\xa9 \xc3\x9f\n\tb");
	/* As another process sends it. */
	memcpy(err.text,
	       "\xc2\x9b"
	       "2J",
	       5);
	memcpy(err.remedy, "\033c", 3);
	assert_string_equal(format(&err), "??2J\n  ?c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
