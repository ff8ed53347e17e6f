// SPDX-License-Identifier: Apache-2.0
/* kokon ps: the running containers. */
#include <stddef.h>

#include "commands.h"
#include "engine-ps.h"

struct ps_options {
	struct common_options common;
	struct ps_request request;
	int all;
};

enum flag { FLAG_ALL, FLAG_JSON, FLAG_NO_HEADINGS, FLAG_NO_TRUNC, FLAG_QUIET };

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	struct ps_options *o = request;

	switch (def->data) {
	case FLAG_ALL: o->all = 1; break;
	case FLAG_JSON: o->request.style.format = TABLE_JSON; break;
	case FLAG_NO_HEADINGS: o->request.style.no_headings = true; break;
	case FLAG_NO_TRUNC: o->request.no_trunc = true; break;
	case FLAG_QUIET: o->request.quiet = true; break;
	}
	return 0;
}

static int add_filter(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err)
{
	struct ps_request *q = &((struct ps_options *)request)->request;

	if (ps_filter_check(value, err) < 0)
		return -EINVAL;
	if (q->n_filters == PS_FILTERS_MAX)
		return err_set(err, 0, "more than %d filters", PS_FILTERS_MAX);
	q->filters[q->n_filters++] = value;
	return 0;
}

#define FLAG(long, letter, which, text)                                                            \
	{                                                                                          \
		.name = long, .short_name = letter, .help = text, .set = set_flag, .data = which   \
	}

static const struct option_def options[] = {
	FLAG("all", 'a', FLAG_ALL, "all containers: at present, all run"),
	{.name = "filter",
	 .short_name = 'f',
	 .arg = ARG_REQUIRED,
	 .metavar = "KEY=VALUE",
	 .help = "only those with name=TEXT in the name, status=WORD, ancestor=IMAGE",
	 .set = add_filter},
	FLAG("json", 0, FLAG_JSON, "print JSON"),
	FLAG("noheading", 'n', FLAG_NO_HEADINGS, "print no headings"),
	FLAG("no-trunc", 0, FLAG_NO_TRUNC, "do not cut columns at the terminal's width"),
	FLAG("quiet", 'q', FLAG_QUIET, "print names only"),
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

static int run(const struct command *self, char **argv)
{
	struct ps_options o = {0};
	struct err err = {0};
	OUT_CLEANUP struct out out = {0};
	size_t words;
	int status = command_parse(self, OPTIONS_ANYWHERE, &o, argv, &words);

	if (status >= 0)
		return status;
	if (words > 0) {
		err_set(&err, 0, "unexpected argument '%s'", argv[1]);
		err_remedy(&err, "to list those with a name: --filter name=%s", argv[1]);
		return command_usage(self, &err);
	}
	if (o.request.quiet && o.request.style.format == TABLE_JSON) {
		err_set(&err, 0, "'--quiet' and '--json' exclude each other");
		return command_usage(self, &err);
	}
	o.request.style.name = "containers";
	o.request.style.ascii = locale_is_ascii();
	o.request.style.width = terminal_width(STDOUT_FILENO);
	if (engine_ps(&o.request, &out, &err) < 0)
		return command_fail(self, &err, 1);
	return command_print(self, &out, 0);
}

const struct command ps_command = {
	.name = "ps",
	.group = "Containers",
	.synopsis = "[OPTIONS]",
	.summary = "List the running containers",
	.details = "They are those of the user who asks; root's are root's.\n",
	.options = options,
	.run = run,
	.usage_status = 2,
};
