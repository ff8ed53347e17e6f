// SPDX-License-Identifier: Apache-2.0
/*
 * A filter rewritten as a search over ranges gives every input the verdict that it had: programs
 * made at random, and the shapes that are hard to write, are interpreted before and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/seccomp.h>
#include <cmocka.h>
#include "seccomp-ranges.h"

static struct bpf_program before, after;

enum {
	LOAD = BPF_LD | BPF_W | BPF_ABS,
	RETURN = BPF_RET | BPF_K,
	AND = BPF_ALU | BPF_AND | BPF_K,
	GOTO = BPF_JMP | BPF_JA,
	IF_EQUAL = BPF_JMP | BPF_JEQ | BPF_K,
	IF_ABOVE = BPF_JMP | BPF_JGT | BPF_K,
	IF_AT_LEAST = BPF_JMP | BPF_JGE | BPF_K,
	IF_BITS = BPF_JMP | BPF_JSET | BPF_K,
	NUMBER = 0,
	ARCH = 4,
	ARGUMENT = 16,
	X86_64 = 0x3e,
	I386 = 0x03,
};

static void add(uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	before.code[before.count++] = (struct sock_filter){code, jt, jf, k};
}

static uint32_t verdict(const struct bpf_program *p, const struct seccomp_data *d)
{
	uint32_t a = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct sock_filter *f = &p->code[i];
		bool yes = false;

		switch (f->code) {
		case LOAD: memcpy(&a, (const char *)d + f->k, 4); continue;
		case RETURN: return f->k;
		case AND: a &= f->k; continue;
		case GOTO: i += f->k; continue;
		case IF_EQUAL: yes = a == f->k; break;
		case IF_ABOVE: yes = a > f->k; break;
		case IF_AT_LEAST: yes = a >= f->k; break;
		case IF_BITS: yes = a & f->k; break;
		default: fail_msg("instruction %#x", f->code);
		}
		i += yes ? f->jt : f->jf;
	}
	fail_msg("fell off the end");
	return 0;
}

static bool rewrite(void)
{
	struct arena arena;
	bool done;

	assert_int_equal(arena_init(&arena), 0);
	after = before;
	done = seccomp_ranges(&after, &arena);
	arena_free(&arena);
	return done;
}

static void same_verdict(uint32_t arch, uint32_t number, uint64_t argument)
{
	struct seccomp_data d = {.arch = arch,
				 .nr = (int)number,
				 .args = {argument, argument >> 3}};
	uint32_t old = verdict(&before, &d), new = verdict(&after, &d);

	if (old != new)
		fail_msg("arch %#x, number %u, argument %#llx: %#x became %#x", arch, number,
			 (unsigned long long)argument, old, new);
}

static void same_verdicts(uint32_t last_number)
{
	static const uint32_t arches[] = {0,      I386,       I386 + 1,  X86_64 - 1,
					  X86_64, X86_64 + 1, UINT32_MAX};

	for (size_t i = 0; i < sizeof(arches) / sizeof(*arches); i++) {
		for (uint32_t n = 0; n <= last_number; n++)
			for (uint64_t argument = 0; argument < 4; argument++)
				same_verdict(arches[i], n, argument * 0x100000005);
		same_verdict(arches[i], UINT32_MAX, 0);
	}
}

/* Forward jumps of any length to instructions of any kind, the last one a verdict. */
static void random_program(unsigned size)
{
	static const uint32_t offsets[] = {NUMBER, NUMBER, ARCH, ARGUMENT, ARGUMENT + 4};
	static const uint16_t tests[] = {IF_EQUAL, IF_EQUAL, IF_ABOVE, IF_AT_LEAST};

	before.count = 0;
	add(LOAD, 0, 0, ARCH);
	while (before.count < size) {
		unsigned left = size - (unsigned)before.count - 1;
		unsigned far = left > 40 ? 40 : left;

		switch (rand() % 8) {
		case 0: add(RETURN, 0, 0, (uint32_t)rand() % 5); break;
		case 1: add(GOTO, 0, 0, left ? (uint32_t)rand() % far : 0); break;
		case 2:
		case 3: add(LOAD, 0, 0, offsets[rand() % 5]); break;
		default:
			add(tests[rand() % 4], (uint8_t)(far ? (unsigned)rand() % far : 0),
			    (uint8_t)(far ? (unsigned)rand() % far : 0), (uint32_t)rand() % 70);
		}
	}
	add(RETURN, 0, 0, 9);
}

static void random_programs(void **state)
{
	int rewritten = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 3000; i++) {
		random_program(3 + (unsigned)rand() % 60);
		if (rewrite()) {
			assert_true(after.count < before.count);
			same_verdicts(72);
			rewritten++;
		} else {
			assert_memory_equal(&after, &before, sizeof(after));
		}
	}
	assert_true(rewritten > 300);
}

/* As libseccomp does it: a comparison for each number. Neighbours with one verdict become one. */
static void chain(unsigned last, uint32_t (*verdict_of)(unsigned))
{
	before.count = 0;
	add(LOAD, 0, 0, ARCH);
	add(IF_EQUAL, 1, 0, X86_64);
	add(RETURN, 0, 0, 99);
	add(LOAD, 0, 0, NUMBER);
	for (unsigned n = 0; n <= last; n++) {
		add(IF_EQUAL, 0, 1, n);
		add(RETURN, 0, 0, verdict_of(n));
	}
	add(RETURN, 0, 0, 98);
}

static uint32_t two_halves(unsigned n)
{
	return n < 200;
}

static uint32_t all_different(unsigned n)
{
	return n + 1000;
}

static uint32_t alternating(unsigned n)
{
	return n % 2 ? 1 : 2;
}

static void chains(void **state)
{
	(void)state;
	chain(400, two_halves);
	assert_true(rewrite());
	assert_in_range(after.count, 6, 12);
	same_verdicts(402);
	chain(1500, alternating);
	assert_true(rewrite());
	same_verdicts(1502);
	/* Verdicts of its own for each: no shorter, or shorter and right. */
	chain(1500, all_different);
	rewrite();
	same_verdicts(1502);
}

/* A look at arguments stays as it is, also when three numbers share it and it is far away. */
static void tails(void **state)
{
	(void)state;
	before.count = 0;
	add(LOAD, 0, 0, NUMBER);
	for (unsigned n = 0; n < 600; n++) {
		add(IF_EQUAL, n % 200 == 7 ? 0 : 1, 1, n);
		add(GOTO, 0, 0, 2 * (600 - n) - 2 + 1);
	}
	add(RETURN, 0, 0, 5);
	add(LOAD, 0, 0, ARGUMENT);
	add(AND, 0, 0, 5);
	add(IF_BITS, 0, 1, 4);
	add(RETURN, 0, 0, 6);
	add(IF_EQUAL, 0, 1, 0);
	add(RETURN, 0, 0, 7);
	add(LOAD, 0, 0, ARGUMENT + 4);
	add(IF_ABOVE, 0, 1, 1);
	add(RETURN, 0, 0, 8);
	add(RETURN, 0, 0, 9);
	rewrite();
	same_verdicts(602);
}

static void left_alone(uint16_t code, uint32_t k)
{
	before.count = 0;
	add(LOAD, 0, 0, NUMBER);
	add(code, 0, 0, k);
	for (unsigned n = 0; n < 20; n++)
		add(IF_EQUAL, 0, 0, n);
	add(RETURN, 0, 0, 1);
	assert_false(rewrite());
	assert_memory_equal(&after, &before, sizeof(after));
}

static void beyond_us(void **state)
{
	(void)state;
	left_alone(AND, 0xff);
	left_alone(IF_BITS, 1);
	left_alone(BPF_ST, 0);
	left_alone(BPF_MISC | BPF_TAX, 0);
	left_alone(BPF_RET | BPF_A, 0);
	left_alone(GOTO, 100);
	before.count = 0;
	assert_false(rewrite());
	/* Architectures treated by their order, not one by one. */
	add(LOAD, 0, 0, ARCH);
	add(IF_AT_LEAST, 0, 1, 5);
	for (unsigned n = 0; n < 20; n++)
		add(RETURN, 0, 0, n);
	assert_false(rewrite());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs),
		cmocka_unit_test(chains),
		cmocka_unit_test(tails),
		cmocka_unit_test(beyond_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
