// SPDX-License-Identifier: Apache-2.0
/* The seeds of the fuzz targets for OCI documents, each whole, cut and changed, without libFuzzer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include "file.h"

int fuzz_spec(const uint8_t *data, size_t size);
int fuzz_idmap(const uint8_t *data, size_t size);
int fuzz_state(const uint8_t *data, size_t size);
int fuzz_seccomp(const uint8_t *data, size_t size);
#define LLVMFuzzerTestOneInput fuzz_spec
#include "../fuzz/fuzz-spec.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_idmap
#include "../fuzz/fuzz-idmap.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_state
#include "../fuzz/fuzz-state.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_seccomp
#include "../fuzz/fuzz-seccomp.c"

/* Seeds longer than this are only cut and changed here and there. */
enum { WHOLE = 256, STEP = 37 };

static void vary(int (*target)(const uint8_t *, size_t), char *data, size_t n)
{
	size_t step = n > WHOLE ? STEP : 1;

	target((uint8_t *)data, n);
	for (size_t i = 0; i < n; i += step) {
		static const unsigned char values[] = {0x00, '"', '}', '9', 0xff};
		char was = data[i];

		target((uint8_t *)data, i);
		for (size_t v = 0; v < sizeof(values); v++) {
			data[i] = (char)values[v];
			target((uint8_t *)data, n);
		}
		data[i] = was;
	}
}

static void corpus(const char *name, int (*target)(const uint8_t *, size_t))
{
	char path[1024];
	DIR *d;
	struct dirent *e;
	size_t count = 0;

	snprintf(path, sizeof(path), "%s/%s", getenv("KOKON_SEEDS"), name);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d))) {
		FREE_PTR char *data = NULL;
		ssize_t n;

		if (e->d_name[0] == '.')
			continue;
		n = read_file_at(dirfd(d), e->d_name, 1 << 20, &data);
		assert_true(n >= 0);
		vary(target, data, (size_t)n);
		count++;
	}
	closedir(d);
	assert_true(count >= 4);
}

static void spec_corpus(void **state)
{
	(void)state;
	corpus("spec", fuzz_spec);
}

static void idmap_corpus(void **state)
{
	(void)state;
	corpus("idmap", fuzz_idmap);
}

static void state_corpus(void **state)
{
	(void)state;
	corpus("state", fuzz_state);
}

static void seccomp_corpus(void **state)
{
	(void)state;
	corpus("seccomp", fuzz_seccomp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spec_corpus),
		cmocka_unit_test(idmap_corpus),
		cmocka_unit_test(state_corpus),
		cmocka_unit_test(seccomp_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
