// SPDX-License-Identifier: Apache-2.0
#include "rlimits.h"

#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include "parse.h"

enum { PREFIX = 7 /* "RLIMIT_" */ };

int rlimit_from_name(const char *name, uint32_t *ret_resource, struct err *err)
{
	const char *names[RLIMITS_COUNT + 1] = {NULL};
	const char *near, *bare = strncasecmp(name, "RLIMIT_", PREFIX) == 0 ? name + PREFIX : name;
	char lower[RLIMITS_COUNT][16];

	for (size_t i = 0; i < RLIMITS_COUNT; i++) {
		const char *full = rlimit_names[i].name + PREFIX;

		if (strcasecmp(full, bare) == 0) {
			*ret_resource = (uint32_t)rlimit_names[i].value;
			return 0;
		}
		for (size_t j = 0; j <= strlen(full); j++)
			lower[i][j] = full[j] ? (char)(full[j] + 32) : '\0';
		names[i] = lower[i];
	}
	near = nearest_name(bare, names);
	err_set(err, 0, "unknown limit '%.64s'", name);
	if (near)
		return err_remedy(err, "did you mean '%s'?", near);
	return err_remedy(err, "the names are in getrlimit(2), such as nofile, nproc, core, stack");
}

static int parse_value(const char *text, uint64_t *ret)
{
	if (strcmp(text, "-1") == 0 || strcasecmp(text, "unlimited") == 0 ||
	    strcasecmp(text, "infinity") == 0) {
		*ret = RLIMIT_UNLIMITED;
		return 0;
	}
	return parse_u64(text, 0, INT64_MAX, ret);
}

int rlimit_parse(const char *text, struct rlimit_op *ret, struct err *err)
{
	const char *equals = strchr(text, '='), *colon;
	char name[32], soft[32];
	struct rlimit_op op = {0};
	size_t n;
	int r;

	if (!equals || (size_t)(equals - text) >= sizeof(name)) {
		err_set(err, 0, "'%.64s' is no limit", text);
		return err_remedy(err, "a limit is NAME=SOFT[:HARD], such as nofile=1024:2048");
	}
	memcpy(name, text, (size_t)(equals - text));
	name[equals - text] = '\0';
	r = rlimit_from_name(name, &op.resource, err);
	if (r < 0)
		return r;
	colon = strchr(equals, ':');
	n = colon ? (size_t)(colon - equals - 1) : strlen(equals + 1);
	if (n >= sizeof(soft))
		return err_set(err, 0, "the limit '%.64s' is too long", text);
	memcpy(soft, equals + 1, n);
	soft[n] = '\0';
	r = parse_value(soft, &op.soft);
	if (r >= 0)
		r = parse_value(colon ? colon + 1 : soft, &op.hard);
	if (r < 0)
		return err_set(err, 0, "the limit '%.64s' is no number", text);
	if (op.soft > op.hard)
		return err_set(err, 0, "the soft limit of '%.64s' is above the hard one", text);
	*ret = op;
	return 0;
}

void rlimits_put(struct rlimit_op *ops, uint32_t *count, const struct rlimit_op *op)
{
	for (uint32_t i = 0; i < *count; i++) {
		if (ops[i].resource == op->resource) {
			ops[i] = *op;
			return;
		}
	}
	ops[(*count)++] = *op;
}

int rlimits_of_self(struct rlimit_op *ops, uint32_t *ret_count, struct err *err)
{
	for (uint32_t i = 0; i < RLIMITS_COUNT; i++) {
		struct rlimit l;
		int resource = (int)rlimit_names[i].value;

		if (getrlimit(resource, &l) < 0)
			return err_errno(err, "cannot read own limit '%s'", rlimit_names[i].name);
		ops[i] = (struct rlimit_op){.resource = (uint32_t)resource,
					    .soft = l.rlim_cur,
					    .hard = l.rlim_max};
	}
	*ret_count = RLIMITS_COUNT;
	return 0;
}

static void print_value(uint64_t v, struct out *o)
{
	if (v == RLIMIT_UNLIMITED)
		out_puts(o, "unlimited");
	else
		out_printf(o, "%llu", (unsigned long long)v);
}

void rlimit_print(const struct rlimit_op *op, struct out *o)
{
	const char *name = value_to_name(rlimit_names, op->resource);

	for (name = name ? name + PREFIX : "?"; *name; name++)
		out_printf(o, "%c", *name >= 'A' ? *name + 32 : *name);
	out_puts(o, "=");
	print_value(op->soft, o);
	out_puts(o, ":");
	print_value(op->hard, o);
}

int oom_score_parse(const char *text, int32_t *ret, struct err *err)
{
	int64_t v;
	int r = parse_i64(text, -1000, 1000, &v);

	if (r < 0) {
		err_set(err, 0, "'%.64s' is no score", text);
		return err_remedy(err, "a score is a number from -1000 (never ended) to 1000 "
				       "(ended first)");
	}
	*ret = (int32_t)v;
	return 0;
}
