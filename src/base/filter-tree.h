// SPDX-License-Identifier: Apache-2.0
/* The tree of a filter expression, between its parser and its evaluator. */
#ifndef KOKON_FILTER_TREE_H
#define KOKON_FILTER_TREE_H

#include <regex.h>
#include <stdint.h>
#include "filter.h"

enum node_kind {
	/* comparisons, in the order of `operators` */
	N_EQ,
	N_NE,
	N_LE,
	N_LT,
	N_GE,
	N_GT,
	N_MATCH,
	N_NO_MATCH,
	N_AND,
	N_OR,
	N_NOT,
	N_LITERAL,
	N_COLUMN,
};

struct value {
	enum filter_type type;
	bool empty;
	const char *text; /* FILTER_TEXT; without blanks around it */
	uint64_t number;
	long double real;
	bool truth;
};

struct node {
	enum node_kind kind;
	uint32_t left, right; /* operands */
	int column;           /* N_COLUMN */
	struct value value;   /* N_LITERAL; of N_COLUMN the type */
	char *text;           /* owned: a literal's text */
	regex_t *regex;       /* owned: right side of =~ */
};

/* Nodes refer to each other by index, so freeing is one loop. */
struct filter {
	struct node *nodes;
	uint32_t n, size, root;
};

/* A copy without blanks around it, or NULL: no memory. */
char *filter_trimmed(const char *s, size_t len);

#endif
