// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "filter.h"

enum { NAME, COUNT, EMPTY, EMPTY_COUNT, ID };
static const char *const names[] = {"NAME", "COUNT", "EMPTY", "EMPTY_COUNT", "ID"};
static const char *const values[] = {" bash -l ", "12", NULL, NULL, "unassigned"};

static int resolve(void *context UNUSED, const char *name, enum filter_type *ret_type,
		   struct err *err)
{
	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_type = i == COUNT || i == EMPTY_COUNT ? FILTER_NUMBER : FILTER_TEXT;
			return i;
		}
	}
	return err_set(err, 0, "unknown column '%s'", name);
}

static const char *fetch(void *context UNUSED, int column)
{
	return values[column];
}

static void check(const char *text, bool wanted)
{
	struct filter *f = NULL;
	struct err err = {0};

	if (filter_parse(text, resolve, NULL, &f, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	if (filter_match(f, fetch, NULL) != wanted)
		fail_msg("%s is not %d", text, wanted);
	filter_free(f);
}

static void refuse(const char *text, const char *message)
{
	struct filter *f = NULL;
	struct err err = {0};

	if (filter_parse(text, resolve, NULL, &f, &err) == 0)
		fail_msg("'%s' is taken", text);
	assert_null(f);
	if (!strstr(err.text, message))
		fail_msg("'%s': '%s', not '%s'", text, err.text, message);
}

static void comparisons(void **state)
{
	(void)state;
	check("COUNT == 12", true);
	check("COUNT eq 12", true);
	check("12 == COUNT", true);
	check("COUNT != 12", false);
	check("COUNT > 9", true); /* as numbers: as text it is not */
	check("COUNT > \"9\"", false);
	check("COUNT LE 12 AND COUNT GE 12", true);
	check("COUNT lt 12 or COUNT gt 12", false);
	check("COUNT > 11.5", true);
	check("COUNT < 12.0", false);
	check("COUNT < 1K", true);
	check("1K == 1024 and 1MiB == 1048576", true);
	check("NAME == 'bash -l'", true); /* blanks around it do not count */
	check("NAME == ' bash -l  '", true);
	check("NAME < \"c\"", true);
	check("NAME != \"bash\"", true);
	check("COUNT == true", false); /* "12" is no yes */
}

static void regular_expressions(void **state)
{
	(void)state;
	check("NAME =~ \"^ba(sh|t)\"", true);
	check("NAME !~ \"^ba(sh|t)\"", false);
	check("COUNT =~ \"^1\"", true);
	check("EMPTY =~ \".\"", false);
	check("EMPTY !~ \".\"", true);
}

static void alone_and_empty(void **state)
{
	(void)state;
	check("NAME", true);
	check("EMPTY", false);
	check("!EMPTY", true);
	check("COUNT", true);
	check("EMPTY_COUNT", false);
	check("EMPTY_COUNT == 0", false);
	check("EMPTY_COUNT != 0", false);
	check("EMPTY == \"\"", true);
	check("ID == 1", false); /* a text that is no number */
	check("ID != 1", false);
	check("ID == \"unassigned\"", true);
	check("true", true);
	check("FALSE", false);
	check("0", false);
	check("\"\"", false);
	check("0.5", true);
}

static void binding(void **state)
{
	(void)state;
	check("true or false and false", true);
	check("(true or false) and false", false);
	check("true || true && false", true);
	check("not false and true", true);
	check("not (true and false)", true);
	check("! ! NAME", true);
	check("!COUNT == false", true); /* not binds before == */
	check("NAME==\"x\"||COUNT==12", true);
	check("COUNT > 1 == true", true);
}

static void lazy(void **state)
{
	struct filter *f = NULL;

	(void)state;
	assert_int_equal(filter_parse("NAME or COUNT > 1", resolve, NULL, &f, NULL), 0);
	assert_true(filter_uses(f, NAME));
	assert_true(filter_uses(f, COUNT));
	assert_false(filter_uses(f, EMPTY));
	assert_false(filter_uses(NULL, NAME));
	filter_free(f);
	filter_free(NULL);
}

static void refusals(void **state)
{
	char deep[400];

	(void)state;
	refuse("", "ends too early");
	refuse("COUNT >", "ends too early");
	refuse("(COUNT", "ends too early");
	refuse("COUNT)", "unexpected ')' at character 6");
	refuse("COUNT = 1", "unexpected '=' at character 7");
	refuse("COUNT & 1", "unexpected '&'");
	refuse("== 1", "unexpected '=='");
	refuse("COUNT 1", "unexpected '1'");
	refuse("COLOUR == 1", "unknown column 'COLOUR'");
	refuse("NAME == \"open", "has no end");
	refuse("NAME =~ bash", "unknown column 'bash'");
	refuse("NAME =~ COUNT", "no quoted text");
	refuse("NAME =~ \"(\"", "regular expression");
	refuse("COUNT == 99999999999999999999", "too large");
	refuse("COUNT == 99999999999E", "too large");
	refuse("COUNT == 1Y", "too large");
	refuse("aNd", "unknown column 'aNd'");
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	refuse(deep, "nested too deeply");
	memset(deep, '!', sizeof(deep) - 1);
	refuse(deep, "nested too deeply");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(comparisons),
					   cmocka_unit_test(regular_expressions),
					   cmocka_unit_test(alone_and_empty),
					   cmocka_unit_test(binding),
					   cmocka_unit_test(lazy),
					   cmocka_unit_test(refusals)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
