// SPDX-License-Identifier: Apache-2.0
/*
 * Options are a table: parser, --help, completion and the man page's test all read it.
 *
 * The parser follows getopt_long(3): bundled short options, "--name=value", unambiguous
 * abbreviations of long names, "--" ends the options. Mistakes that people make with dashes
 * (a pasted long dash, one dash before a long name) are named as such.
 */
#ifndef KOKON_OPTIONS_H
#define KOKON_OPTIONS_H

#include "err.h"
#include "out.h"

enum option_arg {
	ARG_NONE,
	ARG_REQUIRED,      /* --name=value, --name value, -nvalue, -n value */
	ARG_OPTIONAL,      /* --name, --name=value, -n, -nvalue */
	ARG_OPTIONAL_LONG, /* --name, --name=value; the short form takes none */
};

/* What a value is, for completion. */
enum option_value {
	VALUE_TEXT,
	VALUE_FILE,
	VALUE_DIR,
	VALUE_PID,
	VALUE_USER,
	VALUE_CONTAINER,
	VALUE_SIGNAL
};

struct option_def {
	const char *name; /* without dashes; NULL: a short form only */
	char short_name;  /* 0: none */
	enum option_arg arg;
	const char *metavar; /* shown for the value, e.g. "FILE" */
	const char *help;    /* one line; NULL: accepted but not shown */
	/* Stores into the request. `value` is NULL when the option has none. Returns 0 or
	 * -errno with the message in err; the parser puts the option's name in front. */
	int (*set)(void *request, const struct option_def *def, const char *value, struct err *err);
	int64_t data; /* for setters that serve several options */
	enum option_value value;
};

enum options_order {
	OPTIONS_FIRST, /* stop at the first word that is no option: the rest is a command */
	OPTIONS_ANYWHERE,
};

/* Ends a table. */
#define OPTIONS_END                                                                                \
	{                                                                                          \
		.name = NULL                                                                       \
	}

/*
 * Parse argv (argv[0] is the first word after the command's name; ends with NULL).
 * On return *ret_rest is the number of words kept, moved to the front of argv in order.
 * Returns 0, or -EINVAL with the message. "--help"/"-h" and "--version"/"-V" are ordinary
 * entries of the table.
 */
int options_parse(const struct option_def *table, enum options_order order, void *request,
		  char **argv, size_t *ret_rest, struct err *err);

/* The table as aligned help lines. */
void options_help(const struct option_def *table, struct out *o);

#endif
