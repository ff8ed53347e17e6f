// SPDX-License-Identifier: Apache-2.0
/* kokon system: the state of the whole. */
#include <stddef.h>

#include "commands.h"
#include "engine-check.h"
#include "traced.h"

struct system_options {
	struct common_options common;
	struct traced_options traced;
	int repair, left;
};

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	*(int *)((char *)request + def->data) = 1;
	return 0;
}

static int do_check(void *arg, struct out *explain, struct out *result, struct err *err)
{
	struct system_options *o = arg;
	struct check_request q = {.repair = o->repair && !explain,
				  .explain = explain != NULL,
				  .out = explain ? explain : result};

	o->left = engine_check(&q, err);
	if (explain || o->left < 0)
		return o->left;
	if (!result->len)
		out_puts(result, "nothing is left behind\n");
	else if (o->left > 0 && !o->repair)
		out_puts(result, "to remove it: kokon system check --repair\n");
	return 0;
}

static int run_check(const struct command *self, char **argv)
{
	struct system_options options = {0};
	struct err err = {0};
	size_t rest;
	int r = command_parse(self, OPTIONS_ANYWHERE, &options, argv, &rest);

	if (r >= 0)
		return r;
	if (rest) {
		err_set(&err, 0, "one argument too many: '%s'", argv[1]);
		return command_usage(self, &err);
	}
	r = command_traced(self, &options.traced, do_check, &options);
	return r == 0 && options.left > 0 ? 1 : r;
}

#define FLAG(long_name, field, text)                                                               \
	{                                                                                          \
		.name = long_name, .help = text, .set = set_flag,                                  \
		.data = offsetof(struct system_options, field)                                     \
	}

static const struct option_def check_options[] = {
	FLAG("repair", repair, "remove what is found"),
	FLAG("explain", traced.explain, "print what --repair would do, as shell commands"),
	FLAG("trace", traced.trace, "do it, and print the steps and their duration to stderr"),
	OPTION_HELP,
	OPTIONS_END,
};
static const struct option_def options[] = {OPTION_HELP, OPTIONS_END};

static const struct command check_command = {
	.name = "system check",
	.synopsis = "[OPTION]…",
	.summary = "Find what is left of containers and networks that nobody answers for",
	.details = "Exit status: 0 when nothing is left behind, 1 when something is.\n",
	.options = check_options,
	.run = run_check,
	.usage_status = 2,
};

static const struct command *const subcommands[] = {&check_command, NULL};

const struct command system_command = {
	.name = "system",
	.group = "Containers",
	.synopsis = "COMMAND [OPTION]…",
	.summary = "Look after the whole",
	.options = options,
	.subcommands = subcommands,
	.run = command_dispatch,
	.usage_status = 2,
};
