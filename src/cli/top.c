// SPDX-License-Identifier: Apache-2.0
/* kokon top: the processes of a container. */
#include "commands.h"
#include "engine-top.h"

struct top_options {
	struct common_options common;
	struct top_request request;
};

static int set_json(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		    struct err *err UNUSED)
{
	((struct top_options *)request)->request.style.format = TABLE_JSON;
	return 0;
}

static int set_no_headings(void *request, const struct option_def *def UNUSED,
			   const char *value UNUSED, struct err *err UNUSED)
{
	((struct top_options *)request)->request.style.no_headings = true;
	return 0;
}

static int set_columns(void *request, const struct option_def *def UNUSED, const char *value,
		       struct err *err)
{
	return top_add_columns(&((struct top_options *)request)->request, value, err);
}

static const struct option_def options[] = {
	{.name = "format",
	 .short_name = 'o',
	 .arg = ARG_REQUIRED,
	 .metavar = "COLUMNS",
	 .help = "pid, hpid, ppid, user, huser, state, pcpu, rss, etime, time, comm, args",
	 .set = set_columns},
	{.name = "json", .help = "print JSON", .set = set_json},
	{.name = "noheading",
	 .short_name = 'n',
	 .help = "print no headings",
	 .set = set_no_headings},
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

static int run(const struct command *self, char **argv)
{
	struct top_options o = {0};
	struct err err = {0};
	OUT_CLEANUP struct out out = {0};
	size_t words;
	int status = command_parse(self, OPTIONS_ANYWHERE, &o, argv, &words);

	if (status >= 0)
		return status;
	if (words == 0) {
		err_set(&err, 0, "the name of a container is missing");
		err_remedy(&err, "kokon ps lists them");
		return command_usage(self, &err);
	}
	for (size_t i = 2; i <= words; i++)
		if (top_add_columns(&o.request, argv[i], &err) < 0)
			return command_usage(self, &err);
	o.request.name = argv[1];
	o.request.style.name = "processes";
	o.request.style.ascii = locale_is_ascii();
	o.request.style.width = terminal_width(STDOUT_FILENO);
	if (engine_top(&o.request, &out, &err) < 0)
		return command_fail(self, &err, 1);
	return command_print(self, &out, 0);
}

const struct command top_command = {
	.name = "top",
	.group = "Containers",
	.synopsis = "[OPTIONS] NAME [COLUMN]…",
	.summary = "List the processes of a container, from outside",
	.details = "Nothing is run in the container. PID is the number inside, HOSTPID the one "
		   "here.\n",
	.options = options,
	.run = run,
	.usage_status = 2,
};
