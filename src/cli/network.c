// SPDX-License-Identifier: Apache-2.0
/*
 * kokon network: networks for containers. The options are checked here; the work is done by the
 * helper kokon-network, which links SQLite and libnftables.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "helper.h"
#include "network-plug.h"
#include "network-request.h"

_Static_assert(offsetof(struct network_request, help) == offsetof(struct common_options, help) &&
		       offsetof(struct network_request, version) ==
			       offsetof(struct common_options, version),
	       "a request begins with the common options");

static int exec_helper(const struct command *self, char **words)
{
	char path[4096];
	struct err err = {0};

	if (helper_path("kokon-network", path, sizeof(path), &err) < 0)
		return command_fail(self, &err, 1);
	execv(path, words);
	err_errno(&err, "cannot run '%s'", path);
	return command_fail(self, &err, 1);
}

static int wrong_words(const struct command *self, size_t rest, size_t least, char **argv,
		       size_t most)
{
	struct err err = {0};

	if (rest < least)
		err_set(&err, 0, "an argument is missing: kokon %s %s", self->name, self->synopsis);
	else
		err_set(&err, 0, "one argument too many: '%s'", argv[most + 1]);
	return command_usage(self, &err);
}

/* The helper gets the words as they were typed, once they are known to be good. */
static int run_with(const struct command *self, char **argv, size_t least, size_t most)
{
	struct network_request request = {0};
	FREE_PTR char **words = NULL;
	size_t n = 0, rest;
	int r;

	while (argv[n])
		n++;
	words = calloc(n + 2, sizeof(*words));
	if (!words)
		return 1;
	words[0] = (char *)"kokon-network";
	memcpy(words + 1, argv, n * sizeof(*words));
	r = command_parse(self, OPTIONS_ANYWHERE, &request, argv, &rest);
	if (r >= 0)
		return r;
	if (rest < least || rest > most)
		return wrong_words(self, rest, least, argv, most);
	return exec_helper(self, words);
}

static int run_none(const struct command *self, char **argv)
{
	return run_with(self, argv, 0, 0);
}

static int run_one(const struct command *self, char **argv)
{
	return run_with(self, argv, 1, 1);
}

static int run_some(const struct command *self, char **argv)
{
	return run_with(self, argv, 1, SIZE_MAX);
}

static const struct option_def options[] = {OPTION_HELP, OPTIONS_END};
static const struct option_def create_options[] = {NETWORK_CREATE_OPTIONS, OPTION_HELP,
						   OPTIONS_END};
static const struct option_def rm_options[] = {NETWORK_RM_OPTIONS, OPTION_HELP, OPTIONS_END};
static const struct option_def ls_options[] = {NETWORK_LS_OPTIONS, OPTION_HELP, OPTIONS_END};
static const struct option_def inspect_options[] = {NETWORK_INSPECT_OPTIONS, OPTION_HELP,
						    OPTIONS_END};
static const struct option_def prune_options[] = {NETWORK_PRUNE_OPTIONS, OPTION_HELP, OPTIONS_END};
static const struct option_def reload_options[] = {NETWORK_RELOAD_OPTIONS, OPTION_HELP,
						   OPTIONS_END};

static const struct command create_command = {
	.name = "network create",
	.synopsis = "[OPTION]… NAME",
	.summary = "Make a network: a bridge, a subnet, a way out",
	.details = "Containers join it with kokon run --net NAME. It is there until it is removed, "
		   "also\nafter the machine was started anew.\n",
	.options = create_options,
	.run = run_one,
	.usage_status = 2,
};

static const struct command rm_command = {
	.name = "network rm",
	.synopsis = "[OPTION]… NAME…",
	.summary = "Remove networks that no container uses",
	.options = rm_options,
	.run = run_some,
	.usage_status = 2,
};

static const struct command ls_command = {
	.name = "network ls",
	.synopsis = "[OPTION]…",
	.summary = "List networks",
	.options = ls_options,
	.run = run_none,
	.usage_status = 2,
};

static const struct command inspect_command = {
	.name = "network inspect",
	.synopsis = "[OPTION]… NAME…",
	.summary = "Show networks and the containers in them, as JSON",
	.options = inspect_options,
	.run = run_some,
	.usage_status = 2,
};

static const struct command prune_command = {
	.name = "network prune",
	.synopsis = "[OPTION]…",
	.summary = "Remove all networks that no container uses",
	.options = prune_options,
	.run = run_none,
	.usage_status = 2,
};

static const struct command reload_command = {
	.name = "network reload",
	.synopsis = "[OPTION]…",
	.summary = "Make bridges and firewall rules anew, after something removed them",
	.details = "Running containers keep their connections.\n",
	.options = reload_options,
	.run = run_none,
	.usage_status = 2,
};

static const struct command *const subcommands[] = {
	&create_command,
	&ls_command,
	&inspect_command,
	&network_connect_command,
	&network_disconnect_command,
	&rm_command,
	&prune_command,
	&reload_command,
	NULL,
};

const struct command network_command = {
	.name = "network",
	.group = "Containers",
	.synopsis = "COMMAND [OPTION]…",
	.summary = "Make networks that containers join",
	.options = options,
	.subcommands = subcommands,
	.run = command_dispatch,
	.usage_status = 2,
};
