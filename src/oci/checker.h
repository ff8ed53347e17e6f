// SPDX-License-Identifier: Apache-2.0
/*
 * Between the parts of spec_check(): rules are rows of tables, functions find where they are
 * broken.
 */
#ifndef KOKON_CHECKER_H
#define KOKON_CHECKER_H

#include "spec-check.h"

enum { COMPARED_MAX = 1000 }; /* entries of a list that are compared with each other */

struct rule {
	enum spec_severity severity;
	const char *path;   /* %u: an index of the place */
	const char *text;   /* %s: its subject */
	const char *remedy; /* or NULL */
};

struct checker {
	struct arena *arena;
	const struct spec *spec;
	const struct spec_surroundings *around;
	struct spec_problem *list;
	uint32_t n, room;
};

/* Where a rule is broken: up to two indices for its path, and a subject for its text. */
struct place {
	uint32_t i, j;
	const char *subject;
};

void broken(struct checker *c, const struct rule *rule, struct place at);

static inline struct place at(uint32_t i)
{
	return (struct place){.i = i};
}

static inline struct place at_of(uint32_t i, const char *subject)
{
	return (struct place){.i = i, .subject = subject};
}

#define NOWHERE ((struct place){0})

void check_top(struct checker *c);
void check_mounts(struct checker *c);
void check_process(struct checker *c, const struct spec_process *p);
void check_linux(struct checker *c);
void check_resources(struct checker *c, const struct spec_resources *r);
void check_seccomp(struct checker *c, const struct spec_seccomp *s);

/* A container of its own has such a namespace: made, or joined. */
static inline bool has_namespace(const struct checker *c, uint64_t flag)
{
	return spec_namespace_of(c->spec, flag) != NULL;
}

#endif
