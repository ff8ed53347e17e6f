// SPDX-License-Identifier: Apache-2.0
/* kokon run: a container in the foreground; the options are those of podman-run(1). */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "run-options.h"

/*
 * musl unmaps the memory for blocks of one size with the last of them, and maps it for the next one
 * again. A start allocates and frees some sizes a dozen times; one block of each is kept.
 */
static void keep_common_sizes(void)
{
	static const size_t sizes[] = {100, 250, 500, 1000, 2072 /* DIR */};
	static void *volatile kept[ARRAY_SIZE(sizes)] UNUSED; /* volatile: or malloc() is elided */

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		kept[i] = malloc(sizes[i]);
}

static int run(const struct command *self, char **argv)
{
	static struct run_options options; /* large, and zero nearly everywhere: untouched there */
	size_t rest;
	int status;

	keep_common_sizes();
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
