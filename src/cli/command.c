// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

int set_help(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
	     struct err *err UNUSED)
{
	((struct common_options *)request)->help = 1;
	return 0;
}

int set_version(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		struct err *err UNUSED)
{
	((struct common_options *)request)->version = 1;
	return 0;
}

int command_fail(const struct command *self, const struct err *err, int status)
{
	char text[sizeof(err->text) + sizeof(err->remedy) + 128];

	err_format(err, text, sizeof(text));
	fprintf(stderr, "kokon %s: %s\n", self->name, text);
	return err->exit ? err->exit : status;
}

int command_usage(const struct command *self, const struct err *err)
{
	command_fail(self, err, 0);
	fprintf(stderr, "  see: kokon %s --help\n", self->name);
	return self->usage_status;
}

void command_note(const struct command *self, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "kokon %s: note: ", self->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void command_help(const struct command *self, struct out *o)
{
	out_printf(o, "Usage: kokon %s %s\n\n%s.\n", self->name, self->synopsis, self->summary);
	if (self->subcommands) {
		out_puts(o, "\nCommands:\n");
		for (const struct command *const *c = self->subcommands; *c; c++)
			out_printf(o, "  %-10s %s\n", strrchr((*c)->name, ' ') + 1, (*c)->summary);
	}
	if (self->options) {
		out_puts(o, "\nOptions:\n");
		options_help(self->options, o);
	}
	if (self->details)
		out_printf(o, "\n%s", self->details);
}

int command_print(const struct command *self, const struct out *o, int status)
{
	int r = out_write(o, STDOUT_FILENO);

	if (r < 0 && r != -EPIPE) {
		struct err err;

		err_set(&err, -r, "cannot write to standard output");
		return command_fail(self, &err, 1);
	}
	return r < 0 ? 1 : status;
}

static int unknown_subcommand(const struct command *self, const char *word)
{
	const char *names[64] = {NULL};
	struct err err = {0};
	OUT_CLEANUP struct out list = {0};
	const char *near = NULL;
	size_t n = 0;

	for (const struct command *const *c = self->subcommands; *c && n < ARRAY_SIZE(names) - 1;
	     c++) {
		names[n] = strrchr((*c)->name, ' ') + 1;
		out_printf(&list, "%s%s", n ? ", " : "", names[n]);
		n++;
	}
	if (word)
		near = nearest_name(word, names);
	err_set(&err, 0, word ? "unknown command '%s'" : "a command is missing", word);
	if (near)
		err_remedy(&err, "did you mean 'kokon %s %s'?", self->name, near);
	else
		err_remedy(&err, "there are: %s", list.text);
	return command_usage(self, &err);
}

int command_dispatch(const struct command *self, char **argv)
{
	struct common_options common = {0};
	size_t rest;
	int r = command_parse(self, OPTIONS_FIRST, &common, argv, &rest);

	if (r >= 0)
		return r;
	for (const struct command *const *c = self->subcommands; argv[1] && *c; c++)
		if (strcmp(strrchr((*c)->name, ' ') + 1, argv[1]) == 0)
			return (*c)->run(*c, argv + 1);
	return unknown_subcommand(self, argv[1]);
}

int command_parse(const struct command *self, enum options_order order, void *request, char **argv,
		  size_t *ret_rest)
{
	struct common_options *common = request;
	struct err err = {0};
	OUT_CLEANUP struct out o = {0};

	if (options_parse(self->options, order, request, argv + 1, ret_rest, &err) < 0)
		return command_usage(self, &err);
	if (common->help)
		command_help(self, &o);
	else if (common->version)
		out_printf(&o, "kokon %s\n", KOKON_VERSION);
	else
		return -1;
	return command_print(self, &o, 0);
}
