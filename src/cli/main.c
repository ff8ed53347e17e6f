// SPDX-License-Identifier: Apache-2.0
/*
 * main() of kokon: find the command by the first argument, or by the name of the link that
 * the program was called through (unshare, nsenter, lsns, chroot), and run it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "file.h"
#include "names.h"
#include "state.h"

static void overview(struct out *o)
{
	const char *group = "";

	out_puts(o, "kokon " KOKON_VERSION " - containers for Linux, from namespaces up\n\n"
		    "  kokon run                         a shell in a container made of this "
		    "machine's programs\n"
		    "  kokon run host:bash,ls,ps -- ps   one command in a container\n"
		    "  kokon unshare -Urpf --mount-proc  a shell in new namespaces, as an ordinary "
		    "user\n");
	for (const struct command *const *c = commands; *c; c++) {
		if (!(*c)->group)
			continue;
		if (strcmp(group, (*c)->group) != 0) {
			group = (*c)->group;
			out_printf(o, "\n%s\n", group);
		}
		out_printf(o, "  %-10s %s\n", (*c)->name, (*c)->summary);
	}
	out_puts(o, "\n'kokon help COMMAND' tells more. With --explain a command prints its steps "
		    "and does nothing.\n");
}

static const struct command *find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (strcmp((*c)->name, name) == 0)
			return *c;
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[128] = {NULL};
	const char *near;
	size_t n = 0;

	for (const struct command *const *c = commands; *c && n < ARRAY_SIZE(names) - 1; c++)
		names[n++] = (*c)->name;
	near = nearest_name(name, names);
	fprintf(stderr, "kokon: unknown command '%s'\n", name);
	if (near)
		fprintf(stderr, "  did you mean 'kokon %s'?\n", near);
	else
		fprintf(stderr, "  'kokon help' lists the commands\n");
	return 2;
}

static int run_help(const struct command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	const struct command *c;

	if (!argv[1]) {
		overview(&o);
		return command_print(self, &o, 0);
	}
	c = find(argv[1]);
	if (!c)
		return unknown_command(argv[1]);
	if (c->subcommands && argv[2])
		return c->run(c, (char *[]){argv[1], argv[2], (char *)"--help", NULL});
	command_help(c, &o);
	return command_print(self, &o, 0);
}

const struct command command_help_command = {
	.name = "help",
	.group = "Help",
	.synopsis = "[COMMAND]",
	.summary = "Explain a command, or list them all",
	.run = run_help,
	.usage_status = 2,
};

/* The command that a link's name stands for: util-linux and coreutils names only. */
static const struct command *by_link(const char *arg0)
{
	static const char *const links[] = {"unshare", "nsenter", "lsns", "chroot", NULL};
	const char *slash = strrchr(arg0, '/');
	const char *name = slash ? slash + 1 : arg0;

	for (const char *const *l = links; *l; l++)
		if (strcmp(*l, name) == 0)
			return find(name);
	return NULL;
}

/* What stands before the command: -1 to go on with it, else the exit status. */
static int first_options(char **argv)
{
	static const struct option_def table[] = {OPTION_HELP, OPTION_VERSION, OPTIONS_END};
	struct common_options common = {0};
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};
	char text[sizeof(err.text) + sizeof(err.remedy) + 128];
	size_t rest;

	if (options_parse(table, OPTIONS_FIRST, &common, argv + 1, &rest, &err) < 0) {
		err_format(&err, text, sizeof(text));
		fprintf(stderr, "kokon: %s\n  see: kokon --help\n", text);
		return 2;
	}
	if (common.version) {
		out_printf(&o, "kokon %s\n", KOKON_VERSION);
		return command_print(&command_help_command, &o, 0);
	}
	return common.help || !rest ? run_help(&command_help_command, argv) : -1;
}

int main(int argc, char **argv)
{
	const struct command *c = argc > 0 ? by_link(argv[0]) : NULL;
	int status;

	open_standard_descriptors();
	if (c) {
		state_sweep();
		return c->run(c, argv);
	}
	status = argc > 0 ? first_options(argv) : 2;
	if (status >= 0)
		return status;
	c = find(argv[1]);
	if (!c)
		return unknown_command(argv[1]);
	/* What killed ones left is removed by whichever command comes next. */
	if (c != &command_help_command && c != &completion_command)
		state_sweep();
	return c->run(c, argv + 1);
}
