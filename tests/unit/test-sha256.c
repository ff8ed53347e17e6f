// SPDX-License-Identifier: Apache-2.0
/* The examples of FIPS 180-4, and lengths around the block's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "sha256.h"

static void digest_is(const char *text, size_t part, const char *wanted)
{
	struct sha256 s;
	char hex[SHA256_HEX];
	size_t n = strlen(text);

	sha256_init(&s);
	for (size_t i = 0; i < n; i += part)
		sha256_add(&s, text + i, n - i < part ? n - i : part);
	sha256_hex(&s, hex);
	assert_string_equal(hex, wanted);
}

static void examples(void **state)
{
	char a55[56], a56[57], a64[65];

	(void)state;
	digest_is("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_is("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 7,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(a55, 'a', 55);
	memset(a56, 'a', 56);
	memset(a64, 'a', 64);
	a55[55] = a56[56] = a64[64] = '\0';
	digest_is(a55, 1, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	digest_is(a56, 56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
	digest_is(a64, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(examples)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
