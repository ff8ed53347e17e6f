// SPDX-License-Identifier: Apache-2.0
/* kokon run: a container in the foreground; the options are those of podman-run(1). */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "run-options.h"

static int run(const struct command *self, char **argv)
{
	static struct run_options options; /* large, and zero nearly everywhere: untouched there */
	size_t rest;
	int status;

	run_options_init(&options);
	status = command_parse(self, OPTIONS_FIRST, &options, argv, &rest);
	if (status >= 0)
		return status;
	return run_options_go(self, &options, argv + 1, rest);
}

const struct command run_command = {
	.name = "run",
	.group = "Containers",
	.synopsis = "[OPTION]… [host:NAME,…|--rootfs DIR] [--] [COMMAND [ARGUMENT]…]",
	.summary = "Run a program in a container of its own",
	.details = "host:bash,ls,ps is an image made of these programs of this machine; host: "
		   "alone has a\n"
		   "sensible set of them, and is the default. Without COMMAND a shell is run, "
		   "interactively.\n"
		   "Exit status: that of COMMAND, 128 + signal; 125 when the container cannot be "
		   "made,\n"
		   "126 when COMMAND cannot be run, 127 when it is not found.\n",
	.options = run_option_table,
	.run = run,
	.usage_status = 125,
};
