// SPDX-License-Identifier: Apache-2.0
/*
 * A lexer and a parser by recursive descent, one function per level of binding; the tree
 * that they make is evaluated in filter-match.c.
 */
#include "filter-tree.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "parse.h"

enum token {
	T_END,
	T_OPEN,
	T_CLOSE,
	T_NUMBER,
	T_FLOAT,
	T_TEXT,
	T_TRUE,
	T_FALSE,
	T_NAME,
	T_OPERATOR, /* a comparison, see kind */
	T_AND,
	T_OR,
	T_NOT,
	T_BAD,
};

struct parser {
	const char *start, *at;
	enum token token;
	enum node_kind kind; /* of T_OPERATOR */
	const char *word;    /* the token's text */
	size_t len;
	unsigned depth;
	struct filter *filter;
	filter_resolve *resolve;
	void *context;
	struct err *err;
};

enum { DEEPEST = 64, LONGEST_WORD = 1024 };

static const struct {
	const char *sign;
	enum token token;
	enum node_kind kind;
} signs[] =
	{
		/* longer ones first */
		{"&&", T_AND, 0},
		{"||", T_OR, 0},
		{"==", T_OPERATOR, N_EQ},
		{"!=", T_OPERATOR, N_NE},
		{"<=", T_OPERATOR, N_LE},
		{">=", T_OPERATOR, N_GE},
		{"=~", T_OPERATOR, N_MATCH},
		{"!~", T_OPERATOR, N_NO_MATCH},
		{"<", T_OPERATOR, N_LT},
		{">", T_OPERATOR, N_GT},
		{"!", T_NOT, 0},
		{"(", T_OPEN, 0},
		{")", T_CLOSE, 0},
},
  words[] = {
	  /* all lower or all upper case */
	  {"and", T_AND, 0},        {"or", T_OR, 0},          {"not", T_NOT, 0},
	  {"eq", T_OPERATOR, N_EQ}, {"ne", T_OPERATOR, N_NE}, {"le", T_OPERATOR, N_LE},
	  {"lt", T_OPERATOR, N_LT}, {"ge", T_OPERATOR, N_GE}, {"gt", T_OPERATOR, N_GT},
	  {"true", T_TRUE, 0},      {"false", T_FALSE, 0},
};

static bool is_keyword(const char *word, size_t len, const char *keyword)
{
	bool lower = true, upper = true;

	for (size_t i = 0; i < len; i++) {
		lower &= word[i] == keyword[i];
		upper &= word[i] == toupper((unsigned char)keyword[i]);
		if (!keyword[i])
			return false;
	}
	return !keyword[len] && (lower || upper);
}

static void lex_word(struct parser *p)
{
	p->len = 1 + strspn(p->word + 1,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.%:/-");
	p->token = T_NAME;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (is_keyword(p->word, p->len, words[i].sign)) {
			p->token = words[i].token;
			p->kind = words[i].kind;
		}
	}
}

static void lex_number(struct parser *p)
{
	p->len = strspn(p->word, "0123456789");
	p->token = T_NUMBER;
	if (p->word[p->len] == '.' && isdigit((unsigned char)p->word[p->len + 1])) {
		p->len += 1 + strspn(p->word + p->len + 1, "0123456789");
		p->token = T_FLOAT;
	} else if (p->word[p->len] && strchr("KMGTPEZY", p->word[p->len])) {
		p->len += strncmp(p->word + p->len + 1, "iB", 2) == 0 ? 3 : 1;
	}
}

static void lex_text(struct parser *p)
{
	char quote[3] = {p->word[0], '\n', '\0'};
	size_t len = strcspn(p->word + 1, quote);

	p->token = p->word[1 + len] == quote[0] ? T_TEXT : T_BAD;
	p->len = len + (p->token == T_TEXT ? 2 : 1);
}

static void lex_sign(struct parser *p)
{
	p->token = T_BAD;
	p->len = 1;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		if (strncmp(p->word, signs[i].sign, strlen(signs[i].sign)) == 0) {
			p->token = signs[i].token;
			p->kind = signs[i].kind;
			p->len = strlen(signs[i].sign);
			return;
		}
	}
}

static void next_token(struct parser *p)
{
	p->word = p->at + strspn(p->at, " \t\n");
	p->len = 0;
	if (!*p->word)
		p->token = T_END;
	else if (isalpha((unsigned char)*p->word))
		lex_word(p);
	else if (isdigit((unsigned char)*p->word))
		lex_number(p);
	else if (*p->word == '"' || *p->word == '\'')
		lex_text(p);
	else
		lex_sign(p);
	p->at = p->word + p->len;
}

static int unexpected(struct parser *p)
{
	if (p->token == T_END)
		return err_set(p->err, 0, "filter '%s' ends too early", p->start);
	if (p->token == T_BAD && p->len > 1)
		return err_set(p->err, 0, "filter '%s': the text %.*s has no end", p->start,
			       (int)MIN(p->len, (size_t)40), p->word);
	return err_set(p->err, 0, "filter '%s': unexpected '%.*s' at character %zu", p->start,
		       (int)MIN(p->len, (size_t)40), p->word, (size_t)(p->word - p->start) + 1);
}

static uint32_t add_node(struct parser *p, struct node node)
{
	struct filter *f = p->filter;

	if (f->n == f->size) {
		f->size = f->size ? 2 * f->size : 16;
		f->nodes = realloc(f->nodes, f->size * sizeof(*f->nodes));
		if (!f->nodes)
			out_of_memory();
	}
	f->nodes[f->n] = node;
	return f->n++;
}

/* 4K, 1MiB: powers of 1024. */
static int parse_number(struct parser *p, struct value *ret)
{
	static const char units[] = "KMGTPEZY";
	char digits[24];
	size_t n = strspn(p->word, "0123456789");
	const char *unit = n < p->len ? strchr(units, p->word[n]) : NULL;
	unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
	uint64_t number;

	snprintf(digits, sizeof(digits), "%.*s", (int)n, p->word);
	if (n >= sizeof(digits) || parse_u64(digits, 0, UINT64_MAX, &number) < 0 || shift > 63 ||
	    number > UINT64_MAX >> shift)
		return err_set(p->err, 0, "filter '%s': the number %.*s is too large", p->start,
			       (int)MIN(p->len, (size_t)40), p->word);
	*ret = (struct value){.type = FILTER_NUMBER, .number = number << shift};
	return 0;
}

static int parse_column(struct parser *p, struct node *node)
{
	char name[64];
	int column;

	snprintf(name, sizeof(name), "%.*s", (int)MIN(p->len, sizeof(name) - 1), p->word);
	column = p->resolve(p->context, name, &node->value.type, p->err);
	if (column < 0)
		return err_context(p->err, "filter");
	node->kind = N_COLUMN;
	node->column = column;
	return 0;
}

static int parse_param(struct parser *p, uint32_t *ret)
{
	struct node node = {.kind = N_LITERAL};
	int r = 0;

	switch (p->token) {
	case T_NUMBER: r = parse_number(p, &node.value); break;
	case T_FLOAT:
		node.value.type = FILTER_FLOAT;
		node.value.real = strtold(p->word, NULL);
		break;
	case T_TRUE:
	case T_FALSE:
		node.value.type = FILTER_BOOLEAN;
		node.value.truth = p->token == T_TRUE;
		break;
	case T_TEXT:
		node.text = filter_trimmed(p->word + 1, p->len - 2);
		if (!node.text)
			return -ENOMEM;
		break;
	case T_NAME: r = parse_column(p, &node); break;
	default: return unexpected(p);
	}
	if (r < 0)
		return r;
	*ret = add_node(p, node);
	next_token(p);
	return 0;
}

static int parse_or(struct parser *p, uint32_t *ret);

static int parse_unary(struct parser *p, uint32_t *ret)
{
	enum token token = p->token;
	int r;

	if (token != T_OPEN && token != T_NOT)
		return parse_param(p, ret);
	if (++p->depth > DEEPEST)
		return err_set(p->err, 0, "filter '%s' is nested too deeply", p->start);
	next_token(p);
	r = token == T_OPEN ? parse_or(p, ret) : parse_unary(p, ret);
	if (r == 0 && token == T_OPEN) {
		if (p->token != T_CLOSE)
			return unexpected(p);
		next_token(p);
	} else if (r == 0) {
		*ret = add_node(p, (struct node){.kind = N_NOT, .right = *ret});
	}
	p->depth--;
	return r;
}

static int compile_regex(struct parser *p, struct node *literal)
{
	char why[128];
	int r;

	if (literal->kind != N_LITERAL || literal->value.type != FILTER_TEXT)
		return err_set(p->err, 0,
			       "filter '%s': the right side of a match is no quoted text",
			       p->start);
	if (literal->regex)
		return 0;
	literal->regex = calloc(1, sizeof(*literal->regex));
	if (!literal->regex)
		return -ENOMEM;
	r = regcomp(literal->regex, literal->text, REG_EXTENDED | REG_NOSUB);
	if (r == 0)
		return 0;
	regerror(r, literal->regex, why, sizeof(why));
	free(TAKE_PTR(literal->regex));
	return err_set(p->err, 0, "filter '%s': regular expression '%s': %s", p->start,
		       literal->text, why);
}

static int parse_comparison(struct parser *p, uint32_t *ret)
{
	int r = parse_unary(p, ret);

	while (r == 0 && p->token == T_OPERATOR) {
		struct node node = {.kind = p->kind, .left = *ret};

		next_token(p);
		r = parse_unary(p, &node.right);
		if (r == 0 && (node.kind == N_MATCH || node.kind == N_NO_MATCH))
			r = compile_regex(p, &p->filter->nodes[node.right]);
		if (r == 0)
			*ret = add_node(p, node);
	}
	return r;
}

static int parse_and(struct parser *p, uint32_t *ret)
{
	int r = parse_comparison(p, ret);

	while (r == 0 && p->token == T_AND) {
		struct node node = {.kind = N_AND, .left = *ret};

		next_token(p);
		r = parse_comparison(p, &node.right);
		if (r == 0)
			*ret = add_node(p, node);
	}
	return r;
}

static int parse_or(struct parser *p, uint32_t *ret)
{
	int r = parse_and(p, ret);

	while (r == 0 && p->token == T_OR) {
		struct node node = {.kind = N_OR, .left = *ret};

		next_token(p);
		r = parse_and(p, &node.right);
		if (r == 0)
			*ret = add_node(p, node);
	}
	return r;
}

int filter_parse(const char *text, filter_resolve *resolve, void *context, struct filter **ret,
		 struct err *err)
{
	struct filter *f = calloc(1, sizeof(*f));
	struct parser p = {.start = text,
			   .at = text,
			   .filter = f,
			   .resolve = resolve,
			   .context = context,
			   .err = err};
	int r;

	if (!f)
		return -ENOMEM;
	next_token(&p);
	r = parse_or(&p, &f->root);
	if (r == 0 && p.token != T_END)
		r = unexpected(&p);
	if (r < 0) {
		filter_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

void filter_free(struct filter *f)
{
	for (uint32_t i = 0; f && i < f->n; i++) {
		if (f->nodes[i].regex)
			regfree(f->nodes[i].regex);
		free(f->nodes[i].regex);
		free(f->nodes[i].text);
	}
	if (f)
		free(f->nodes);
	free(f);
}

bool filter_uses(const struct filter *f, int column)
{
	for (uint32_t i = 0; f && i < f->n; i++)
		if (f->nodes[i].kind == N_COLUMN && f->nodes[i].column == column)
			return true;
	return false;
}
