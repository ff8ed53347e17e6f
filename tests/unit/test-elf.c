// SPDX-License-Identifier: Apache-2.0
/* ELF files and ld.so.cache: what is read in good ones, and every seed of the fuzz targets, cut
 * at each length and with each byte changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "corpus.h"
#include "elf-facts.h"

int fuzz_elf(const uint8_t *data, size_t size);
int fuzz_ld_cache(const uint8_t *data, size_t size);
#define LLVMFuzzerTestOneInput fuzz_elf
#include "../fuzz/fuzz-elf.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_ld_cache
#include "../fuzz/fuzz-ld-cache.c"

static const struct corpus corpus = {
	.values = "\x00\x01\x7f\xff", .n_values = 4, .whole = 1024, .step = 61, .least = 6};

static void elf_corpus(void **state)
{
	(void)state;
	corpus_run(&corpus, "elf", fuzz_elf);
}

static void ld_cache_corpus(void **state)
{
	(void)state;
	corpus_run(&corpus, "ld-cache", fuzz_ld_cache);
}

static int facts_of(struct arena *a, const char *name, struct elf_facts *ret, struct err *err)
{
	char path[1024];
	CLOSE_FD int fd = -1;

	snprintf(path, sizeof(path), "%s/elf/%s", getenv("KOKON_SEEDS"), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	return elf_facts_read(fd, a, ret, err);
}

static void good_files(void **state)
{
	static const struct {
		const char *name, *arch;
		bool big_endian;
	} files[] = {{"good-64", "x86_64", false},
		     {"good-32", "i386", false},
		     {"good-32-big", "mips", true},
		     {"good-64-big", "s390x", true}};
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct elf_facts f;
		struct err err = {0};

		assert_int_equal(facts_of(&a, files[i].name, &f, &err), 0);
		assert_string_equal(f.arch->name, files[i].arch);
		assert_int_equal(f.big_endian, files[i].big_endian);
		assert_string_equal(f.interp, "/lib64/ld-linux-x86-64.so.2");
		assert_int_equal(f.needed_count, 2);
		assert_string_equal(f.needed[0], "libc.so.6");
		assert_string_equal(f.needed[1], "libm.so.6");
		assert_string_equal(f.runpath, "$ORIGIN/../lib:/opt/lib");
		assert_string_equal(f.soname, "libself.so");
		assert_null(f.rpath);
	}
	arena_free(&a);
}

static void bad_files(void **state)
{
	static const char *const names[] = {"cut-header",   "cut-phdrs",     "cut-dynamic",
					    "phoff-far",    "dynamic-huge",  "needed-many",
					    "needed-far",   "soname-far",    "strings-nowhere",
					    "strings-none", "phnum-many",    "interp-no-end",
					    "interp-long",  "string-no-end", "magic-only",
					    "class-9",      "data-9"};
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct elf_facts f = {.machine = 4242};
		struct err err = {0};
		int r = facts_of(&a, names[i], &f, &err);

		if (r != -EINVAL || strncmp(err.text, "malformed ELF file: ", 20) != 0)
			fail_msg("%s: %d '%s'", names[i], r, err.text);
		assert_int_equal(f.machine, 4242);
	}
	arena_free(&a);
}

static void no_elf(void **state)
{
	static const char *const names[] = {"empty", "script", "archive"};
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct elf_facts f;
		struct err err = {0};

		assert_int_equal(facts_of(&a, names[i], &f, &err), -ENOEXEC);
		assert_int_equal(err.text[0], 0);
	}
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files),      cmocka_unit_test(bad_files),
		cmocka_unit_test(no_elf),          cmocka_unit_test(elf_corpus),
		cmocka_unit_test(ld_cache_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
