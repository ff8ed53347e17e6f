// SPDX-License-Identifier: Apache-2.0
/* An arena that each test gets empty: cmocka_unit_test_setup_teardown(test, setup, teardown). */
#ifndef KOKON_SCRATCH_H
#define KOKON_SCRATCH_H

#include "arena.h"

static struct arena arena;

static int setup(void **state UNUSED)
{
	return arena_init(&arena);
}

static int teardown(void **state UNUSED)
{
	arena_free(&arena);
	return 0;
}

#endif
