// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include <string.h>
#include "table.h"

static const struct table_column columns[] = {
	{"N", COLUMN_RIGHT, 5, TABLE_NUMBER},       {"NAME", COLUMN_TREE, 0, TABLE_STRING},
	{"PATHS", COLUMN_LINES, 0, TABLE_STRING},   {"ON", 0, 0, TABLE_BOOLEAN},
	{"TEXT", COLUMN_TRUNCATE, 0, TABLE_STRING},
};

static void fill(struct table *t)
{
	size_t a, b;

	table_init(t, columns, 5);
	a = table_add_row(t, TABLE_NO_PARENT);
	table_set(t, a, 0, "1");
	table_set(t, a, 1, "root");
	table_set(t, a, 2, "/a\n/bb");
	table_set(t, a, 3, "1");
	table_set(t, a, 4, "some words");
	b = table_add_row(t, a);
	table_setf(t, b, 0, "%d", 22);
	table_set(t, b, 1, "first");
	b = table_add_row(t, b);
	table_set(t, b, 1, "deeper");
	table_set(t, b, 2, "/c\n/d");
	b = table_add_row(t, a);
	table_set(t, b, 1, "second");
	b = table_add_row(t, TABLE_NO_PARENT);
	table_set(t, b, 0, "333");
	table_set(t, b, 4, "tab\there");
}

static void expect(const struct table *t, struct table_style style, const char *wanted)
{
	OUT_CLEANUP struct out o = {0};

	table_print(t, &style, &o);
	assert_string_equal(o.text ? o.text : "", wanted);
}

static void aligned(void **state)
{
	TABLE_CLEANUP struct table t;

	(void)state;
	fill(&t);
	expect(&t, (struct table_style){.format = TABLE_ALIGNED},
	       "    N NAME       PATHS ON TEXT\n"
	       "    1 root       /a    1  some words\n"
	       "      │          /bb      \n"
	       "   22 ├─first             \n"
	       "      │ └─deeper /c       \n"
	       "      │          /d       \n"
	       "      └─second            \n"
	       "  333                     tab\\x09here\n");
	expect(&t,
	       (struct table_style){.format = TABLE_ALIGNED, .ascii = true, .no_headings = true},
	       "    1 root       /a    1  some words\n"
	       "      |          /bb      \n"
	       "   22 |-first             \n"
	       "      | `-deeper /c       \n"
	       "      |          /d       \n"
	       "      `-second            \n"
	       "  333                     tab\\x09here\n");
}

static void narrow(void **state)
{
	TABLE_CLEANUP struct table t;
	static const struct table_column two[] = {{"A", COLUMN_TRUNCATE, 0, TABLE_STRING},
						  {"LONG", COLUMN_TRUNCATE, 0, TABLE_STRING}};
	size_t row;

	(void)state;
	table_init(&t, two, 2);
	row = table_add_row(&t, TABLE_NO_PARENT);
	table_set(&t, row, 0, "abcdefgh");
	table_set(&t, row, 1, "12345678");
	expect(&t, (struct table_style){.width = 17}, "A        LONG\nabcdefgh 12345678\n");
	expect(&t, (struct table_style){.width = 14}, "A      LONG\nabcdef 1234567\n");
	/* Never below the headings. */
	expect(&t, (struct table_style){.width = 2}, "A LONG\na 1234\n");
	table_set(&t, row, 0, "日本語日本");
	expect(&t, (struct table_style){.width = 14}, "A       LONG\n日本語  123456\n");
}

static void raw(void **state)
{
	TABLE_CLEANUP struct table t;

	(void)state;
	fill(&t);
	expect(&t, (struct table_style){.format = TABLE_RAW, .ascii = true},
	       "N NAME PATHS ON TEXT\n"
	       "1 root /a\\x0a/bb 1 some\\x20words\n"
	       "22 |-first   \n"
	       " |\\x20`-deeper /c\\x0a/d  \n"
	       " `-second   \n"
	       "333    tab\\x09here\n");
}

static void json(void **state)
{
	TABLE_CLEANUP struct table t;
	TABLE_CLEANUP struct table none;

	(void)state;
	fill(&t);
	expect(&t, (struct table_style){.format = TABLE_JSON, .name = "things"},
	       "{\n   \"things\": [\n      {\n"
	       "         \"n\": 1,\n         \"name\": \"root\",\n         \"paths\": "
	       "\"/a\\n/bb\",\n"
	       "         \"on\": true,\n         \"text\": \"some words\",\n         \"children\": "
	       "[\n"
	       "            {\n"
	       "               \"n\": 22,\n               \"name\": \"first\",\n               "
	       "\"paths\": null,\n"
	       "               \"on\": false,\n               \"text\": null,\n               "
	       "\"children\": [\n"
	       "                  {\n"
	       "                     \"n\": null,\n                     \"name\": \"deeper\",\n"
	       "                     \"paths\": \"/c\\n/d\",\n                     \"on\": false,\n"
	       "                     \"text\": null\n                  }\n               ]\n"
	       "            },{\n"
	       "               \"n\": null,\n               \"name\": \"second\",\n               "
	       "\"paths\": null,\n"
	       "               \"on\": false,\n               \"text\": null\n            }\n      "
	       "   ]\n"
	       "      },{\n"
	       "         \"n\": 333,\n         \"name\": null,\n         \"paths\": null,\n"
	       "         \"on\": false,\n         \"text\": \"tab\\there\"\n      }\n   ]\n}\n");
	table_init(&none, columns, 5);
	expect(&none, (struct table_style){.format = TABLE_JSON, .name = "things"},
	       "{\n   \"things\": [\n\n   ]\n}\n");
	expect(&none, (struct table_style){.format = TABLE_ALIGNED}, "");
	expect(&none, (struct table_style){.format = TABLE_RAW}, "");
}

/* A least width counts only once the contents are wider than the heading. */
static void widths(void **state)
{
	static const struct table_column one[] = {{"PID", COLUMN_RIGHT, 5, TABLE_NUMBER},
						  {"X", 0, 0, TABLE_STRING}};
	TABLE_CLEANUP struct table t;
	size_t row;

	(void)state;
	table_init(&t, one, 2);
	row = table_add_row(&t, TABLE_NO_PARENT);
	table_set(&t, row, 1, "x");
	table_set(&t, row, 0, "12");
	expect(&t, (struct table_style){0}, "PID X\n 12 x\n");
	table_set(&t, row, 0, "1234");
	expect(&t, (struct table_style){0}, "  PID X\n 1234 x\n");
	table_set(&t, row, 0, "1234567");
	expect(&t, (struct table_style){0}, "    PID X\n1234567 x\n");
}

static void safe(const char *text, bool ascii, const char *wanted)
{
	OUT_CLEANUP struct out o = {0};

	out_puts(&o, "");
	out_safe_text(&o, text, ascii);
	assert_string_equal(o.text, wanted);
}

static void escapes(void **state)
{
	(void)state;
	safe("plain", false, "plain");
	safe("\033[31mred\033[0m", false, "\\x1b[31mred\\x1b[0m");
	safe("a\nb", false, "a\\x0ab");
	safe("back\\slash \\x41", false, "back\\slash \\x5cx41");
	safe("naïve", false, "naïve");
	safe("naïve", true, "na\\xc3\\xafve");
	safe("\xff\xc3", false, "\\xff\\xc3");
	safe("\xc2\x9b"
	     "31m",
	     false, "\\xc2\\x9b31m"); /* a control sequence in one character */
	safe("\xe2\x80\xaegnp.exe", false, "\\xe2\\x80\\xaegnp.exe"); /* right to left */
	safe("\x7f", false, "\\x7f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(aligned), cmocka_unit_test(narrow),
					   cmocka_unit_test(raw),     cmocka_unit_test(json),
					   cmocka_unit_test(widths),  cmocka_unit_test(escapes)};

	setlocale(LC_ALL, "C.UTF-8"); /* for wcwidth() */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
