// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "names.h"

static bool is_end(const struct option_def *d)
{
	return !d->name && !d->short_name;
}

static const struct option_def *find_short(const struct option_def *table, char c)
{
	for (; !is_end(table); table++)
		if (table->short_name == c)
			return table;
	return NULL;
}

/* Exact name, or the only one that begins so. */
static int find_long(const struct option_def *table, const char *name, size_t len,
		     const struct option_def **ret, struct err *err)
{
	const struct option_def *found = NULL;

	for (const struct option_def *d = table; !is_end(d); d++) {
		if (!d->name || strncmp(d->name, name, len) != 0)
			continue;
		if (d->name[len] == '\0') {
			*ret = d;
			return 0;
		}
		if (found && (found->set != d->set || found->data != d->data))
			return err_set(err, 0, "option '--%.*s' is ambiguous: '--%s' or '--%s'",
				       (int)len, name, found->name, d->name);
		found = d;
	}
	*ret = found;
	return 0;
}

static int unknown_long(const struct option_def *table, const char *name, size_t len,
			struct err *err)
{
	const char *names[256] = {NULL};
	char wanted[64];
	const char *near;
	size_t n = 0;

	for (; !is_end(table) && n < ARRAY_SIZE(names) - 1; table++)
		if (table->name && table->help)
			names[n++] = table->name;
	snprintf(wanted, sizeof(wanted), "%.*s", (int)len, name);
	near = nearest_name(wanted, names);
	err_set(err, 0, "unknown option '--%.*s'", (int)len, name);
	if (near)
		err_remedy(err, "did you mean '--%s'?", near);
	return -EINVAL;
}

static int apply(const struct option_def *d, const char *shown, void *request, const char *value,
		 struct err *err)
{
	int r = d->set(request, d, value, err);

	if (r < 0)
		err_context(err, "%s", shown);
	return r;
}

struct cursor {
	const struct option_def *table;
	void *request;
	char **argv;
	size_t at; /* the word being read */
	struct err *err;
};

static int missing_value(const struct option_def *d, const char *shown, struct err *err)
{
	return err_set(err, 0, "option '%s' needs a value: %s", shown,
		       d->metavar ? d->metavar : "VALUE");
}

static int parse_long(struct cursor *c)
{
	const char *name = c->argv[c->at] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option_def *d;
	char shown[72];
	int r = find_long(c->table, name, len, &d, c->err);

	if (r < 0)
		return r;
	if (!d)
		return unknown_long(c->table, name, len, c->err);
	snprintf(shown, sizeof(shown), "--%s", d->name);
	if (value && d->arg == ARG_NONE)
		return err_set(c->err, 0, "option '%s' takes no value, got '%s'", shown, value);
	if (!value && d->arg == ARG_REQUIRED) {
		value = c->argv[c->at + 1];
		if (!value)
			return missing_value(d, shown, c->err);
		c->at++;
	}
	return apply(d, shown, c->request, value, c->err);
}

/* "-user" where "--user" was meant: only when the letters cannot all be options. */
static int wrong_short(struct cursor *c, const char *word, const char *at)
{
	const struct option_def *d = find_short(c->table, at[-1]);

	/* "-n=FILE", "-rn=FILE", of an option whose short form takes no value. */
	if (*at == '=' && d && d->name) {
		err_set(c->err, 0, "option '-%c' takes no value", at[-1]);
		return d->arg == ARG_NONE
			       ? -EINVAL
			       : err_remedy(c->err, "write it so: '--%s%s'", d->name, at);
	}
	d = NULL;
	if (find_long(c->table, word + 1, strcspn(word + 1, "="), &d, NULL) == 0 && d && word[2]) {
		err_set(c->err, 0, "unknown option '%s'", word);
		return err_remedy(c->err, "a long option has two dashes: '-%s'", word);
	}
	return err_set(c->err, 0, "unknown option '-%c'%s%s%s", *at, word[2] ? " in '" : "",
		       word[2] ? word : "", word[2] ? "'" : "");
}

static int parse_short(struct cursor *c)
{
	const char *word = c->argv[c->at];

	for (const char *s = word + 1; *s; s++) {
		const struct option_def *d = find_short(c->table, *s);
		const char *value = NULL;
		char shown[3] = {'-', *s, '\0'};
		bool last = false;
		int r;

		if (!d)
			return wrong_short(c, word, s);
		if ((d->arg == ARG_REQUIRED || d->arg == ARG_OPTIONAL) && s[1]) {
			value = s + 1;
			last = true;
		} else if (d->arg == ARG_REQUIRED) {
			value = c->argv[c->at + 1];
			if (!value)
				return missing_value(d, shown, c->err);
			c->at++;
			last = true;
		}
		r = apply(d, shown, c->request, value, c->err);
		if (r < 0)
			return r;
		if (last)
			break;
	}
	return 0;
}

/* An en or em dash (U+2013, U+2014) at the start of a word: pasted from a typeset page. */
static const char *typeset_dash(const char *word)
{
	if (strncmp(word, "\xe2\x80\x93", 3) == 0 || strncmp(word, "\xe2\x80\x94", 3) == 0)
		return word + 3;
	if (word[0] == '-' && (strncmp(word + 1, "\xe2\x80\x93", 3) == 0 ||
			       strncmp(word + 1, "\xe2\x80\x94", 3) == 0))
		return word + 4;
	return NULL;
}

int options_parse(const struct option_def *table, enum options_order order, void *request,
		  char **argv, size_t *ret_rest, struct err *err)
{
	struct cursor c = {table, request, argv, 0, err};
	size_t kept = 0;

	for (; argv[c.at]; c.at++) {
		const char *word = argv[c.at];
		const char *rest = typeset_dash(word);
		int r;

		if (rest) {
			err_set(err, 0, "'%s' begins with a typeset dash, not with '-'", word);
			return err_remedy(err, "type it anew: '%s%s'",
					  rest[0] && rest[1] ? "--" : "-", rest);
		}
		if (strcmp(word, "--") == 0) {
			c.at++;
			break;
		}
		if (word[0] != '-' || !word[1]) {
			if (order == OPTIONS_FIRST)
				break;
			argv[kept++] = argv[c.at];
			continue;
		}
		r = word[1] == '-' ? parse_long(&c) : parse_short(&c);
		if (r < 0)
			return r;
	}
	for (; argv[c.at]; c.at++)
		argv[kept++] = argv[c.at];
	argv[kept] = NULL;
	*ret_rest = kept;
	return 0;
}

void options_help(const struct option_def *table, struct out *o)
{
	enum { COLUMN = 34 };

	for (; !is_end(table); table++) {
		char left[96];
		int n = 0;

		if (!table->help)
			continue;
		n = table->short_name ? snprintf(left, sizeof(left), "  -%c%s", table->short_name,
						 table->name ? ", " : "")
				      : snprintf(left, sizeof(left), "      ");
		if (table->name)
			n += snprintf(left + n, sizeof(left) - (size_t)n, "--%s", table->name);
		if (table->arg == ARG_REQUIRED)
			n += snprintf(left + n, sizeof(left) - (size_t)n,
				      table->name ? "=%s" : " %s", table->metavar);
		else if (table->arg == ARG_OPTIONAL || table->arg == ARG_OPTIONAL_LONG)
			n += snprintf(left + n, sizeof(left) - (size_t)n,
				      table->name ? "[=%s]" : "[%s]", table->metavar);
		if (n < COLUMN - 1)
			out_printf(o, "%-*s%s\n", COLUMN, left, table->help);
		else
			out_printf(o, "%s\n%*s%s\n", left, COLUMN, "", table->help);
	}
}
