// SPDX-License-Identifier: Apache-2.0
/*
 * A command of `kokon`: one file, one struct command. The table in commands.c lists them all;
 * dispatch, help, suggestions and completion read it.
 */
#ifndef KOKON_COMMAND_H
#define KOKON_COMMAND_H

#include "err.h"
#include "options.h"

struct command {
	const char *name;     /* one word, or "rootfs" with subcommands */
	const char *group;    /* heading in the overview */
	const char *synopsis; /* after "kokon NAME" */
	const char *summary;  /* one line, no full stop */
	const char *details;  /* paragraphs after the options in --help; may be NULL */
	const struct option_def *options;
	const struct command *const *subcommands; /* ends with NULL; or NULL */
	/* argv[0] is the command's name as typed. Returns the exit status. */
	int (*run)(const struct command *self, char **argv);
	int usage_status; /* exit status for wrong usage: 2 for our own commands */
};

extern const struct command *const commands[]; /* ends with NULL */

/* Print "kokon NAME: message" to stderr; returns `status`, or err->exit when it asks for one. */
int command_fail(const struct command *self, const struct err *err, int status);
/* The same for wrong usage, with the line that points to --help. */
int command_usage(const struct command *self, const struct err *err);
/* "kokon NAME: note: …" */
void command_note(const struct command *self, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The --help text. */
void command_help(const struct command *self, struct out *o);
/* Print to stdout; a closed pipe or a full disk becomes exit status 1. Returns `status` if written.
 */
int command_print(const struct command *self, const struct out *o, int status);

/* The run() of a command that only has subcommands: finds the one named by argv[1]. */
int command_dispatch(const struct command *self, char **argv);

/*
 * The common start of every command: parse the options; --help and --version are answered.
 * Returns -1 to go on (then *ret_rest words remain in argv+1), else the exit status.
 * Requests whose tables use OPTION_HELP begin with a struct common_options.
 */
struct common_options {
	int help;
	int version;
};
int command_parse(const struct command *self, enum options_order order, void *request, char **argv,
		  size_t *ret_rest);
int set_help(void *request, const struct option_def *def, const char *value, struct err *err);
int set_version(void *request, const struct option_def *def, const char *value, struct err *err);
#define OPTION_HELP                                                                                \
	{                                                                                          \
		.name = "help", .short_name = 'h', .help = "show this help and exit",              \
		.set = set_help                                                                    \
	}
#define OPTION_VERSION                                                                             \
	{                                                                                          \
		.name = "version", .short_name = 'V', .help = "show the version and exit",         \
		.set = set_version                                                                 \
	}

#endif
