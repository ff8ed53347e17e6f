// SPDX-License-Identifier: Apache-2.0
/* kokon map: the machine's network namespaces, what joins them and what is wrong. */
#include "commands.h"
#include "engine-map.h"
#include "table.h"

struct request {
	struct common_options common;
	struct map_request map;
	const char *form; /* the option that chose it */
};

static int set_form(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err)
{
	struct request *r = request;

	if (r->form && r->map.form != (enum map_form)def->data)
		return err_set(err, 0, "only one form at a time; '--%s' is given too", r->form);
	r->form = def->name;
	r->map.form = (enum map_form)def->data;
	return 0;
}

static const struct option_def options[] = {
	{.name = "json",
	 .short_name = 'J',
	 .help = "print JSON",
	 .set = set_form,
	 .data = MAP_JSON},
	{.name = "svg", .help = "draw a picture for a browser", .set = set_form, .data = MAP_SVG},
	{.name = "dot", .help = "print a graph for dot(1)", .set = set_form, .data = MAP_DOT},
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

static int run(const struct command *self, char **argv)
{
	struct request r = {.map = {.form = MAP_TEXT}};
	struct err err = {0};
	OUT_CLEANUP struct out o = {0};
	size_t words;
	int status = command_parse(self, OPTIONS_ANYWHERE, &r, argv, &words);

	if (status >= 0)
		return status;
	if (words > 1) {
		err_set(&err, 0, "unexpected argument '%s'", argv[2]);
		return command_usage(self, &err);
	}
	r.map.target = argv[1];
	r.map.style.ascii = locale_is_ascii();
	r.map.style.width = terminal_width(STDOUT_FILENO);
	if (engine_map(&r.map, &o, &err) < 0)
		return command_fail(self, &err, 1);
	return command_print(self, &o, 0);
}

const struct command map_command = {
	.name = "map",
	.group = "Networks",
	.synopsis = "[OPTIONS] [TARGET]",
	.summary = "Show network namespaces, what joins them, and what is wrong",
	.details = "Without TARGET: all of this machine. With one: its routes and sockets too.\n"
		   "TARGET: host, pid:N or N, container:NAME, netns:NAME, ns:PATH, or a NAME.\n",
	.options = options,
	.run = run,
	.usage_status = 2,
};
