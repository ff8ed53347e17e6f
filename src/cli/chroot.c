// SPDX-License-Identifier: Apache-2.0
/* kokon chroot: run a program with another root; the command line of chroot(1) of coreutils. */
#include <stddef.h>

#include "chroot-check.h"
#include "chroot-survey.h"
#include "commands.h"
#include "tool.h"

static const struct option_def options[] = {
	{.name = "groups",
	 .arg = ARG_REQUIRED,
	 .metavar = "LIST",
	 .help = "supplementary groups: names or ids, separated by commas",
	 .set = set_tool_text,
	 .data = TOOL_FIELD(groups)},
	{.name = "userspec",
	 .arg = ARG_REQUIRED,
	 .metavar = "USER:GROUP",
	 .help = "user and group, names of the new root or ids",
	 .set = set_tool_text,
	 .data = TOOL_FIELD(userspec),
	 .value = VALUE_USER},
	TOOL_FLAG("skip-chdir", 0, skip_chdir,
		  "leave the working directory; only when the new root is '/'"),
	TOOL_LAST_OPTIONS,
};

static int run(const struct command *self, char **argv)
{
	struct tool_options o = {0};
	struct tool_request *q = &o.request;
	struct arena scratch;
	struct err err = {0};
	size_t rest;
	int status, r;

	tool_request_init(q, "chroot", 125);
	status = command_parse(self, OPTIONS_FIRST, &o, argv, &rest);
	if (status >= 0)
		return status;
	if (rest == 0) {
		err_set(&err, 0, "the new root is missing");
		return command_usage(self, &err);
	}
	q->root = argv[1];
	q->argv = argv + 2;
	q->interactive_shell = true;
	r = arena_init(&scratch);
	if (r < 0)
		err_set(&err, -r, "cannot allocate memory");
	else
		r = chroot_survey(&scratch, q, &err);
	if (r == 0 && !q->explain)
		r = chroot_check(q, &err);
	return r < 0 ? command_fail(self, &err, 125) : tool_run(self, q);
}

const struct command chroot_command = {
	.name = "chroot",
	.group = "Namespaces",
	.synopsis = "[OPTION]… NEWROOT [COMMAND [ARGUMENT]…]",
	.summary = "Run a program with another root directory",
	.details =
		"Without COMMAND, '$SHELL -i' is run (/bin/sh). The options are those of "
		"chroot(1).\n"
		"Names of users and groups are those of the new root, else those of this system.\n"
		"Exit status: that of COMMAND; 125 when a step fails, 126 when COMMAND cannot be "
		"run,\n127 when it is not found.\n",
	.options = options,
	.run = run,
	.usage_status = 125,
};
