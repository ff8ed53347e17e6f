// SPDX-License-Identifier: Apache-2.0
/* kokon system: the state of the whole. */
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "engine-check.h"

struct system_options {
	struct common_options common;
	bool repair;
};

static int set_repair(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		      struct err *err UNUSED)
{
	((struct system_options *)request)->repair = true;
	return 0;
}

static int run_check(const struct command *self, char **argv)
{
	struct system_options options = {0};
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};
	size_t rest;
	int r = command_parse(self, OPTIONS_ANYWHERE, &options, argv, &rest);

	if (r >= 0)
		return r;
	if (rest) {
		err_set(&err, 0, "one argument too many: '%s'", argv[1]);
		return command_usage(self, &err);
	}
	r = engine_check(&(struct check_request){.repair = options.repair, .out = &o}, &err);
	if (r < 0)
		return command_fail(self, &err, 1);
	if (!o.len)
		out_puts(&o, "nothing is left behind\n");
	else if (r > 0 && !options.repair)
		out_puts(&o, "to remove it: kokon system check --repair\n");
	return command_print(self, &o, r > 0 ? 1 : 0);
}

static const struct option_def check_options[] = {
	{.name = "repair", .help = "remove what is found", .set = set_repair},
	OPTION_HELP,
	OPTIONS_END,
};
static const struct option_def options[] = {OPTION_HELP, OPTIONS_END};

static const struct command check_command = {
	.name = "system check",
	.synopsis = "[--repair]",
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
