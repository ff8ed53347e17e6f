// SPDX-License-Identifier: Apache-2.0
/*
 * A filter is a function of the architecture, the number and the arguments. For given
 * architecture and number it runs to a verdict, or to the first look at an argument; from there
 * its own instructions are kept as they are (the tail). Architecture and number are only
 * ever compared with constants, so the outcome is the same everywhere between two neighbouring
 * constants, and trying one number of each such interval tells it for all 2^32.
 *
 *   kinds_at()      which of both the accumulator may hold at each instruction, and the constants
 *   outcome_of()    runs the program for one architecture and number
 *   make_block()    the ranges of numbers of one architecture with their outcomes
 *   emit_…()        the new program, written from its end to its start, as jumps only go forward
 *                   and their targets must be known
 */
#include "seccomp-ranges.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "macros.h"

enum {
	MAX_POINTS = 2 * PROGRAM_MAX + 1,
	MAX_BLOCKS = 16,
	MAX_SHARED = 256, /* verdicts and tails that leaves of the search share */
	JUMP_MAX = 255,
};

/* What the accumulator may hold. */
enum { HAS_ARCH = 1, HAS_NUMBER = 2, HAS_OTHER = 4 };

/* A verdict, or the first instruction of a tail. */
struct outcome {
	bool tail;
	uint32_t value;
};

struct range {
	uint32_t from; /* up to the next range */
	struct outcome outcome;
};

struct points {
	uint32_t v[MAX_POINTS];
	size_t n;
};

struct block {
	uint32_t arch;
	size_t n;
	struct range *ranges;
};

struct shared {
	struct outcome outcome;
	size_t at;
};

struct work {
	const struct bpf_program *in;
	struct points arches, numbers;
	struct block blocks[MAX_BLOCKS], other; /* other: of every architecture without a block */
	size_t n_blocks;

	struct sock_filter code[PROGRAM_MAX]; /* the new program is code[at…] */
	size_t at, place[PROGRAM_MAX];        /* place: of an instruction of a tail */
	struct shared shared[MAX_SHARED];
	size_t n_shared;
	bool failed;
};

static bool same(struct outcome a, struct outcome b)
{
	return a.tail == b.tail && a.value == b.value;
}

/* --- understanding --- */

static void add_point(struct points *p, uint32_t value)
{
	p->v[p->n++] = value;
	if (value < UINT32_MAX && p->n < MAX_POINTS)
		p->v[p->n++] = value + 1;
}

static int compare_points(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_points(struct points *p)
{
	size_t n = 0;

	qsort(p->v, p->n, sizeof(p->v[0]), compare_points);
	for (size_t i = 0; i < p->n; i++)
		if (n == 0 || p->v[i] != p->v[n - 1])
			p->v[n++] = p->v[i];
	p->n = n;
}

static int loaded_kind(uint32_t offset)
{
	return offset == offsetof(struct seccomp_data, arch) ? HAS_ARCH
	       : offset == offsetof(struct seccomp_data, nr) ? HAS_NUMBER
							     : HAS_OTHER;
}

/* One instruction whose accumulator may hold `kinds`: false if that is beyond us. */
static bool understand(struct work *w, const struct sock_filter *f, int kinds)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_RET | BPF_K:
	case BPF_JMP | BPF_JA: return true;
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K: return !(kinds & (HAS_ARCH | HAS_NUMBER));
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
		if (kinds & HAS_ARCH)
			add_point(&w->arches, f->k);
		if (kinds & HAS_NUMBER)
			add_point(&w->numbers, f->k);
		return w->arches.n < MAX_POINTS - 1 && w->numbers.n < MAX_POINTS - 1;
	default: return false;
	}
}

/* Forward through the program, which cannot jump backwards; finds all constants. */
static bool kinds_at(struct work *w)
{
	size_t count = w->in->count;
	/* The accumulator begins as 0, which outcome_of() knows as well as an architecture. */
	uint8_t kinds[PROGRAM_MAX + 1] = {HAS_ARCH};

	add_point(&w->arches, 0);
	add_point(&w->numbers, 0);
	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *f = &w->in->code[i];
		int after = f->code == (BPF_LD | BPF_W | BPF_ABS) ? loaded_kind(f->k)
			    : BPF_CLASS(f->code) == BPF_ALU       ? HAS_OTHER
								  : kinds[i];

		if (!kinds[i] || f->code == (BPF_RET | BPF_K))
			continue;
		if (!understand(w, f, kinds[i]))
			return false;
		if (BPF_CLASS(f->code) != BPF_JMP || f->code == (BPF_JMP | BPF_JA)) {
			size_t next = i + 1 + (BPF_CLASS(f->code) == BPF_JMP ? f->k : 0);

			if (next >= count)
				return false;
			kinds[next] |= after;
			continue;
		}
		if (i + 1 + MAX(f->jt, f->jf) >= count)
			return false;
		kinds[i + 1 + f->jt] |= after;
		kinds[i + 1 + f->jf] |= after;
	}
	sort_points(&w->arches);
	sort_points(&w->numbers);
	return true;
}

static bool compares(const struct sock_filter *f, uint32_t value)
{
	switch (BPF_OP(f->code)) {
	case BPF_JEQ: return value == f->k;
	case BPF_JGT: return value > f->k;
	default: return value >= f->k;
	}
}

static struct outcome outcome_of(const struct bpf_program *p, uint32_t arch, uint32_t number)
{
	uint32_t value = 0;
	size_t i = 0;

	for (;;) {
		const struct sock_filter *f = &p->code[i];

		switch (BPF_CLASS(f->code)) {
		case BPF_RET: return (struct outcome){false, f->k};
		case BPF_LD:
			if (loaded_kind(f->k) == HAS_OTHER)
				return (struct outcome){true, (uint32_t)i};
			value = loaded_kind(f->k) == HAS_ARCH ? arch : number;
			i++;
			break;
		default:
			i += 1 + (BPF_OP(f->code) == BPF_JA ? f->k
				  : compares(f, value)      ? f->jt
							    : f->jf);
		}
	}
}

static void make_block(const struct work *w, uint32_t arch, struct arena *a, struct block *ret)
{
	*ret = (struct block){arch, 0, arena_array(a, struct range, w->numbers.n)};
	for (size_t i = 0; i < w->numbers.n; i++) {
		struct outcome o = outcome_of(w->in, arch, w->numbers.v[i]);

		if (ret->n == 0 || !same(o, ret->ranges[ret->n - 1].outcome))
			ret->ranges[ret->n++] = (struct range){w->numbers.v[i], o};
	}
}

static bool same_block(const struct block *a, const struct block *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->ranges[i].from != b->ranges[i].from ||
		    !same(a->ranges[i].outcome, b->ranges[i].outcome))
			return false;
	return true;
}

/* An architecture is a single value; all values between them must be treated alike. */
static bool make_blocks(struct work *w, struct arena *a)
{
	bool found = false;

	for (size_t i = 0; i < w->arches.n; i++) {
		uint32_t arch = w->arches.v[i];
		bool single = i + 1 < w->arches.n && w->arches.v[i + 1] == arch + 1;
		struct block b;

		make_block(w, arch, a, &b);
		if (single && w->n_blocks == MAX_BLOCKS)
			return false;
		if (single)
			w->blocks[w->n_blocks++] = b;
		else if (!found)
			w->other = b;
		else if (!same_block(&w->other, &b))
			return false;
		found = found || !single;
	}
	return found;
}

/* --- writing, from the end --- */

static void emit(struct work *w, uint16_t code, size_t jt, size_t jf, uint32_t k)
{
	if (w->at == 0) {
		w->failed = true;
		return;
	}
	w->code[--w->at] = (struct sock_filter){code, (uint8_t)jt, (uint8_t)jf, k};
}

static void emit_jump(struct work *w, size_t to)
{
	emit(w, BPF_JMP | BPF_JA, 0, 0, (uint32_t)(to - w->at));
}

static void mark_tails(const struct block *b, bool *needed)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->ranges[i].outcome.tail)
			needed[b->ranges[i].outcome.value] = true;
}

/* All instructions that tails reach, in their old order, so that no jump becomes longer. */
static void emit_tails(struct work *w)
{
	const struct sock_filter *in = w->in->code;
	bool needed[PROGRAM_MAX] = {false};

	for (size_t i = 0; i < w->n_blocks; i++)
		mark_tails(&w->blocks[i], needed);
	mark_tails(&w->other, needed);
	for (size_t i = 0; i < w->in->count; i++) {
		if (!needed[i] || BPF_CLASS(in[i].code) == BPF_RET)
			continue;
		if (BPF_CLASS(in[i].code) != BPF_JMP)
			needed[i + 1] = true;
		else if (BPF_OP(in[i].code) == BPF_JA)
			needed[i + 1 + in[i].k] = true;
		else
			needed[i + 1 + in[i].jt] = needed[i + 1 + in[i].jf] = true;
	}
	for (size_t i = w->in->count; i-- > 0;) {
		struct sock_filter f = in[i];

		if (!needed[i])
			continue;
		if (f.code == (BPF_JMP | BPF_JA)) {
			emit_jump(w, w->place[i + 1 + f.k]);
		} else if (BPF_CLASS(f.code) == BPF_JMP) {
			emit(w, f.code, w->place[i + 1 + f.jt] - w->at,
			     w->place[i + 1 + f.jf] - w->at, f.k);
		} else {
			/* The next one in the old order is needed too, and stands right behind. */
			emit(w, f.code, 0, 0, f.k);
		}
		w->place[i] = w->at;
	}
}

/* Where the outcome happens, near enough for a jump from here if possible. */
static size_t emit_leaf(struct work *w, struct outcome o)
{
	struct shared *s = NULL;

	for (size_t i = 0; i < w->n_shared && !s; i++)
		if (same(w->shared[i].outcome, o))
			s = &w->shared[i];
	if (s && s->at - w->at < JUMP_MAX - 2)
		return s->at;
	if (o.tail)
		emit_jump(w, w->place[o.value]);
	else
		emit(w, BPF_RET | BPF_K, 0, 0, o.value);
	if (!s && w->n_shared < MAX_SHARED)
		s = &w->shared[w->n_shared++];
	if (s)
		*s = (struct shared){o, w->at};
	return w->at;
}

/* Search by halving; returns where it begins. Depth: the logarithm of the number of ranges. */
static size_t emit_search(struct work *w, const struct range *ranges, size_t n)
{
	size_t below, above;

	if (n == 1)
		return emit_leaf(w, ranges[0].outcome);
	above = emit_search(w, ranges + n / 2, n - n / 2);
	below = emit_search(w, ranges, n / 2);
	while (!w->failed && (above - w->at > JUMP_MAX || below - w->at > JUMP_MAX)) {
		size_t *far = above - w->at > JUMP_MAX ? &above : &below;

		emit_jump(w, *far);
		*far = w->at;
	}
	emit(w, BPF_JMP | BPF_JGE | BPF_K, above - w->at, below - w->at, ranges[n / 2].from);
	return w->at;
}

static size_t emit_block(struct work *w, const struct block *b)
{
	size_t start = emit_search(w, b->ranges, b->n);

	if (b->n == 1)
		return start;
	if (start != w->at)
		emit_jump(w, start);
	emit(w, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	return w->at;
}

static void emit_program(struct work *w)
{
	size_t starts[MAX_BLOCKS] = {0}, other;

	w->at = PROGRAM_MAX;
	emit_tails(w);
	for (size_t i = 0; i < w->n_blocks; i++)
		starts[i] = emit_block(w, &w->blocks[i]);
	other = emit_block(w, &w->other);
	if (other != w->at)
		emit_jump(w, other);
	for (size_t i = 0; i < w->n_blocks; i++) {
		if (same_block(&w->blocks[i], &w->other))
			continue;
		emit_jump(w, starts[i]);
		emit(w, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, w->blocks[i].arch);
	}
	emit(w, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
}

bool seccomp_ranges(struct bpf_program *program, struct arena *a)
{
	struct work *w = arena_new(a, struct work);
	size_t count;

	w->in = program;
	if (program->count == 0 || !kinds_at(w) || !make_blocks(w, a))
		return false;
	emit_program(w);
	count = PROGRAM_MAX - w->at;
	if (w->failed || count >= program->count)
		return false;
	memcpy(program->code, w->code + w->at, count * sizeof(w->code[0]));
	program->count = count;
	return true;
}
