// SPDX-License-Identifier: Apache-2.0
/* The examples of the encoding's documentation, and messages that are cut or no messages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "protobuf.h"

static void written(void **state)
{
	OUT_CLEANUP struct out o = {0}, inner = {0};

	(void)state;
	protobuf_put_number(&o, 1, 150);
	protobuf_put_text(&o, 2, "testing");
	protobuf_put_number(&inner, 1, 150);
	protobuf_put_bytes(&o, 3, inner.text, inner.len);
	protobuf_put_number(&o, 1, (uint64_t)-2);
	protobuf_put_number(&o, 71, 0);
	assert_int_equal(o.len, 3 + 9 + 5 + 11 + 3);
	assert_memory_equal(o.text,
			    "\x08\x96\x01"
			    "\x12\x07testing"
			    "\x1a\x03\x08\x96\x01"
			    "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
			    "\xb8\x04\x00",
			    o.len);
}

static void read_back(void **state)
{
	static const char message[] = "\x08\x96\x01"
				      "\x12\x07testing"
				      "\x19\1\2\3\4\5\6\7\x08"
				      "\x25\1\2\3\4"
				      "\xb8\x04\x00";
	struct protobuf p = protobuf_of(message, sizeof(message) - 1);
	struct protobuf_field f;

	(void)state;
	assert_int_equal(protobuf_next(&p, &f), 1);
	assert_int_equal(f.number, 1);
	assert_false(f.is_bytes);
	assert_int_equal(f.value, 150);
	assert_int_equal(protobuf_next(&p, &f), 1);
	assert_true(f.is_bytes);
	assert_int_equal(f.bytes.end - f.bytes.at, 7);
	assert_memory_equal(f.bytes.at, "testing", 7);
	assert_int_equal(protobuf_next(&p, &f), 1);
	assert_int_equal(f.bytes.end - f.bytes.at, 8);
	assert_int_equal(protobuf_next(&p, &f), 1);
	assert_int_equal(f.bytes.end - f.bytes.at, 4);
	assert_int_equal(protobuf_next(&p, &f), 1);
	assert_int_equal(f.number, 71);
	assert_int_equal(f.value, 0);
	assert_int_equal(protobuf_next(&p, &f), 0);
}

static int last(const char *message, size_t len)
{
	struct protobuf p = protobuf_of(message, len);
	struct protobuf_field f;
	int r;

	while ((r = protobuf_next(&p, &f)) > 0)
		;
	return r;
}

static void cut_or_nonsense(void **state)
{
	static const char message[] = "\x12\x07testing";

	(void)state;
	for (size_t n = 1; n < sizeof(message) - 1; n++)
		assert_int_equal(last(message, n), -EBADMSG);
	assert_int_equal(last(message, 0), 0);
	assert_int_equal(last("\x08", 1), -EBADMSG);
	assert_int_equal(last("\x0b", 1), -EBADMSG); /* a group */
	assert_int_equal(last("\0\0", 2), -EBADMSG); /* field 0 */
	assert_int_equal(last("\x0d\1\2\3", 4), -EBADMSG);
	assert_int_equal(last("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12), -EBADMSG);
	assert_int_equal(last("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 11), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written),
		cmocka_unit_test(read_back),
		cmocka_unit_test(cut_or_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
