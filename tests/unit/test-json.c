// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "json-read.h"
#include "scratch.h"

/* The whole text is one value? */
static int whole(const char *text, size_t n, struct err *err)
{
	struct json j;
	int r;

	json_start(&j, &arena, text, n);
	r = json_skip(&j, err);
	return r < 0 ? r : json_end(&j, err);
}

static void test_accepts(void **state UNUSED)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" {\t\"a\" :\r\n[ 1 , -2 , 3.5e-7 , true , false , null , \"x\" ] } ",
		"0",
		"-0",
		"1E+2",
		"\"\"",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"[[[[]]]]",
		"{\"a\":{\"b\":{}}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct err err = {0};

		if (whole(texts[i], strlen(texts[i]), &err) < 0)
			fail_msg("'%s' was refused: %s", texts[i], err.text);
	}
}

static void test_refuses(void **state UNUSED)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "the text ends too early"},
		{"{", "the text ends too early"},
		{"[1,", "the text ends too early"},
		{"[1,]", "a comma before the end"},
		{"{\"a\":1,}", "a comma before the end"},
		{"[1 2]", "expected ',' or ']'"},
		{"{\"a\":1 \"b\":2}", "expected ',' or '}'"},
		{"{\"a\" 1}", "expected ':' behind a name"},
		{"{\"a\":}", "here is no value"},
		{"{a:1}", "expected a name in double quotes"},
		{"{'a':1}", "expected a name in double quotes"},
		{"{} x", "something follows the end of the value"},
		{"{}{}", "something follows the end of the value"},
		{"\"a", "a string does not end"},
		{"\"a\nb\"", "a control character in a string"},
		{"\"\\x\"", "an unknown escape in a string"},
		{"\"\\u12g4\"", "an unknown escape in a string"},
		{"\"\\u0000\"", "an escape in a string that stands for no character"},
		{"\"\\ud800\"", "an escape in a string that stands for no character"},
		{"\"\\ud800\\u0041\"", "an escape in a string that stands for no character"},
		{"\"\\udc00\"", "an escape in a string that stands for no character"},
		{"\"\xff\"", "a string is not UTF-8"},
		{"\"\xc0\xaf\"", "a string is not UTF-8"},     /* too long a form */
		{"\"\xed\xa0\x80\"", "a string is not UTF-8"}, /* a surrogate */
		{"\"\xf4\x90\x80\x80\"", "a string is not UTF-8"},
		{"\"\xe2\x82\"", "a string is not UTF-8"},
		{"01", "a malformed number"},
		{"-", "a malformed number"},
		{"1.", "a malformed number"},
		{"1e", "a malformed number"},
		{".5", "here is no value"},
		{"+1", "here is no value"},
		{"tru", "here is no value"},
		{"nul", "here is no value"},
		{"NaN", "here is no value"},
		{"// x\n1", "here is no value"},
		{"\xef\xbb\xbf{}", "here is no value"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = {0};

		if (whole(cases[i].text, strlen(cases[i].text), &err) == 0)
			fail_msg("'%s' was accepted", cases[i].text);
		if (!strstr(err.text, cases[i].message))
			fail_msg("'%s': %s", cases[i].text, err.text);
	}
}

static void test_says_where(void **state UNUSED)
{
	struct err err = {0};

	assert_true(whole("{\n  \"a\": x\n}", 12, &err) < 0);
	assert_string_equal(err.text, "line 2, column 8: here is no value");
}

static void test_nul_byte(void **state UNUSED)
{
	struct err err = {0};

	assert_true(whole("\"a\0b\"", 5, &err) < 0);
	assert_true(whole("{}\0", 3, &err) < 0);
	assert_true(whole("\"\\\0\"", 4, &err) < 0);
}

static void test_depth(void **state UNUSED)
{
	static char text[2 * (JSON_DEPTH + 1)];
	struct err err = {0};

	memset(text, '[', JSON_DEPTH);
	memset(text + JSON_DEPTH, ']', JSON_DEPTH);
	assert_int_equal(whole(text, 2 * JSON_DEPTH, &err), 0);
	memset(text, '[', JSON_DEPTH + 1);
	memset(text + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
	assert_true(whole(text, sizeof(text), &err) < 0);
	assert_non_null(strstr(err.text, "nested too deeply"));
}

static void test_every_prefix(void **state UNUSED)
{
	static const char text[] =
		"{\"a\":[1.5e3,\"\\ud83d\\ude00\xc3\xa9\",true,null,{\"b\":-7}]}";
	struct err err = {0};

	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_true(whole(text, n, &err) < 0);
	assert_int_equal(whole(text, sizeof(text) - 1, &err), 0);
}

static void test_strings(void **state UNUSED)
{
	static const char text[] = "\"a\\u00e9\\ud83d\\ude00\\n\" ";
	const char *s;
	struct json j;

	json_start(&j, &arena, text, sizeof(text) - 1);
	assert_int_equal(json_read_string(&j, &s, NULL), 0);
	assert_string_equal(s, "a\xc3\xa9\xf0\x9f\x98\x80\n");
	assert_int_equal(json_end(&j, NULL), 0);
}

static void test_numbers(void **state UNUSED)
{
	static const struct {
		const char *text;
		bool integer, negative;
		uint64_t magnitude;
	} cases[] = {
		{"18446744073709551615", true, false, UINT64_MAX},
		{"18446744073709551616", false, false, 0},
		{"-9223372036854775808", true, true, UINT64_C(1) << 63},
		{"-9223372036854775809", false, true, 0},
		{"1.0", false, false, 1},
		{"1e3", false, false, 1},
		{"-17", true, true, 17},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_number n;
		struct json j;

		json_start(&j, &arena, cases[i].text, strlen(cases[i].text));
		assert_int_equal(json_read_number(&j, &n, NULL), 0);
		assert_int_equal(n.integer, cases[i].integer);
		assert_int_equal(n.negative, cases[i].negative);
		if (n.integer)
			assert_int_equal(n.magnitude, cases[i].magnitude);
		assert_int_equal(n.len, strlen(cases[i].text));
	}
}

static void test_walk(void **state UNUSED)
{
	static const char text[] = "{\"a\": 1, \"\\u0062\": [true, \"x\"], \"c\": {}}";
	const char *key, *s;
	size_t len;
	bool truth;
	struct json j;

	json_start(&j, &arena, text, sizeof(text) - 1);
	assert_int_equal(json_enter(&j, NULL), 0);
	assert_int_equal(json_next_key(&j, &key, &len, NULL), 1);
	assert_memory_equal(key, "a", len);
	assert_int_equal(json_skip(&j, NULL), 0);
	assert_int_equal(json_next_key(&j, &key, &len, NULL), 1);
	assert_memory_equal(key, "b", len);
	assert_int_equal(json_enter(&j, NULL), 0);
	assert_int_equal(json_next(&j, NULL), 1);
	assert_int_equal(json_read_bool(&j, &truth, NULL), 0);
	assert_true(truth);
	assert_int_equal(json_next(&j, NULL), 1);
	assert_int_equal(json_read_string(&j, &s, NULL), 0);
	assert_int_equal(json_next(&j, NULL), 0);
	assert_int_equal(json_next_key(&j, &key, &len, NULL), 1);
	assert_int_equal(json_enter(&j, NULL), 0);
	assert_int_equal(json_next_key(&j, &key, &len, NULL), 0);
	assert_int_equal(json_next_key(&j, &key, &len, NULL), 0);
	assert_int_equal(json_end(&j, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),    cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_says_where), cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_depth),      cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_strings),    cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
