// SPDX-License-Identifier: Apache-2.0
/* Filters: the evaluator. Both sides of a comparison are brought to one type first. */
#include "filter-tree.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "parse.h"

char *filter_trimmed(const char *s, size_t len)
{
	while (len > 0 && isspace((unsigned char)*s)) {
		s++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	return strndup(s, len);
}

struct row {
	filter_fetch *fetch;
	void *context;
};

/* A value on its way through a comparison; `owned` is what its text may lie in. */
struct operand {
	struct value value;
	char *owned;
};

static bool eval(const struct filter *f, uint32_t at, const struct row *row);

static struct operand load(const struct filter *f, uint32_t at, const struct row *row)
{
	const struct node *n = &f->nodes[at];
	struct operand o = {.value = n->value};

	if (n->kind == N_LITERAL) {
		o.value.text = n->text;
	} else if (n->kind == N_COLUMN) {
		const char *text = row->fetch(row->context, n->column);

		o.owned = text ? filter_trimmed(text, strlen(text)) : NULL;
		o.value = (struct value){.type = FILTER_TEXT, .text = o.owned, .empty = !o.owned};
	} else {
		o.value = (struct value){.type = FILTER_BOOLEAN, .truth = eval(f, at, row)};
	}
	return o;
}

static void to_text(struct operand *o)
{
	struct value *v = &o->value;
	int r = 0;

	if (v->type == FILTER_NUMBER)
		r = asprintf(&o->owned, "%llu", (unsigned long long)v->number);
	else if (v->type == FILTER_FLOAT)
		r = asprintf(&o->owned, "%Lg", v->real);
	else
		r = asprintf(&o->owned, "%s", v->truth ? "true" : "false");
	if (r < 0)
		out_of_memory();
	v->text = o->owned;
}

static void from_text(struct value *v, enum filter_type type)
{
	char *end;

	if (type == FILTER_NUMBER) {
		v->empty |= !v->text || parse_u64(v->text, 0, UINT64_MAX, &v->number) < 0;
	} else if (type == FILTER_FLOAT) {
		v->real = v->text ? strtold(v->text, &end) : 0;
		v->empty |= !v->text || end == v->text || *end;
	} else {
		v->truth = v->text &&
			   (strcmp(v->text, "1") == 0 || strcasecmp(v->text, "true") == 0 ||
			    strcasecmp(v->text, "yes") == 0 || strcasecmp(v->text, "y") == 0);
	}
}

static void convert(struct operand *o, enum filter_type type)
{
	struct value *v = &o->value;
	long double real = v->type == FILTER_FLOAT    ? v->real
			   : v->type == FILTER_NUMBER ? (long double)v->number
						      : v->truth;

	if (v->type == type)
		return;
	if (type == FILTER_TEXT)
		to_text(o);
	else if (v->type == FILTER_TEXT)
		from_text(v, type);
	else if (type == FILTER_NUMBER)
		v->number = real < 0 || real > (long double)UINT64_MAX ? 0 : (uint64_t)real;
	else if (type == FILTER_FLOAT)
		v->real = real;
	else
		v->truth = real != 0;
	v->type = type;
}

static enum filter_type type_of(const struct node *n)
{
	return n->kind == N_LITERAL || n->kind == N_COLUMN ? n->value.type : FILTER_BOOLEAN;
}

/* The literal beside a column decides; a number beside a fraction becomes one. */
static enum filter_type common_type(const struct node *l, const struct node *r)
{
	enum filter_type a = type_of(l), b = type_of(r);
	enum filter_type type = l->kind == N_COLUMN && r->kind != N_COLUMN ? b : a;

	return type == FILTER_NUMBER && (a == FILTER_FLOAT || b == FILTER_FLOAT) ? FILTER_FLOAT
										 : type;
}

static int order_of(const struct value *l, const struct value *r)
{
	switch (l->type) {
	case FILTER_NUMBER: return l->number < r->number ? -1 : l->number > r->number;
	case FILTER_FLOAT: return l->real < r->real ? -1 : l->real > r->real;
	case FILTER_BOOLEAN: return (int)l->truth - (int)r->truth;
	case FILTER_TEXT: break;
	}
	return strcmp(l->text ? l->text : "", r->text ? r->text : "");
}

static bool holds(enum node_kind kind, const struct value *l, const struct value *r)
{
	int order;

	if (l->type != FILTER_TEXT && (l->empty || r->empty))
		return false;
	order = order_of(l, r);
	switch (kind) {
	case N_EQ: return order == 0;
	case N_NE: return order != 0;
	case N_LE: return order <= 0;
	case N_LT: return order < 0;
	case N_GE: return order >= 0;
	default: return order > 0;
	}
}

static bool compare(const struct filter *f, const struct node *n, const struct row *row)
{
	bool match = n->kind == N_MATCH || n->kind == N_NO_MATCH, result;
	enum filter_type type =
		match ? FILTER_TEXT : common_type(&f->nodes[n->left], &f->nodes[n->right]);
	struct operand l = load(f, n->left, row), r = {.owned = NULL};

	convert(&l, type);
	if (match) {
		const char *text = l.value.text ? l.value.text : "";

		result = (regexec(f->nodes[n->right].regex, text, 0, NULL, 0) == 0) ==
			 (n->kind == N_MATCH);
	} else {
		r = load(f, n->right, row);
		convert(&r, type);
		result = holds(n->kind, &l.value, &r.value);
	}
	free(l.owned);
	free(r.owned);
	return result;
}

/* A param alone. */
static bool is_true(const struct filter *f, uint32_t at, const struct row *row)
{
	enum filter_type type = f->nodes[at].value.type;
	struct operand o = load(f, at, row);
	struct value *v = &o.value;
	bool result;

	convert(&o, type);
	result = !v->empty && (type == FILTER_TEXT     ? v->text && *v->text
			       : type == FILTER_NUMBER ? v->number != 0
			       : type == FILTER_FLOAT  ? v->real != 0
						       : v->truth);
	free(o.owned);
	return result;
}

static bool eval(const struct filter *f, uint32_t at, const struct row *row)
{
	const struct node *n = &f->nodes[at];

	switch (n->kind) {
	case N_AND: return eval(f, n->left, row) && eval(f, n->right, row);
	case N_OR: return eval(f, n->left, row) || eval(f, n->right, row);
	case N_NOT: return !eval(f, n->right, row);
	case N_LITERAL:
	case N_COLUMN: return is_true(f, at, row);
	default: return compare(f, n, row);
	}
}

bool filter_match(const struct filter *f, filter_fetch *fetch, void *context)
{
	struct row row = {fetch, context};

	return eval(f, f->root, &row);
}
