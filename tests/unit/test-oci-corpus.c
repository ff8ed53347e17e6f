// SPDX-License-Identifier: Apache-2.0
/* The seeds of the fuzz targets for OCI documents, each whole, cut and changed, without libFuzzer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "corpus.h"

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

static const struct corpus corpus = {
	.values = "\0\"}9\xff", .n_values = 5, .whole = 256, .step = 37, .least = 4};

static void spec_corpus(void **state)
{
	(void)state;
	corpus_run(&corpus, "spec", fuzz_spec);
}

static void idmap_corpus(void **state)
{
	(void)state;
	corpus_run(&corpus, "idmap", fuzz_idmap);
}

static void state_corpus(void **state)
{
	(void)state;
	corpus_run(&corpus, "state", fuzz_state);
}

static void seccomp_corpus(void **state)
{
	(void)state;
	corpus_run(&corpus, "seccomp", fuzz_seccomp);
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
