// SPDX-License-Identifier: Apache-2.0
/* kokon ns: where am I, where is a process, and what do two share. */
#include "commands.h"
#include "nstell.h"

struct request {
	struct common_options common;
	struct nstell_request ns;
};

enum flag { FLAG_MOUNTS, FLAG_IDS, FLAG_JSON };

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	struct nstell_request *r = &((struct request *)request)->ns;

	switch ((enum flag)def->data) {
	case FLAG_MOUNTS: r->mounts = true; break;
	case FLAG_IDS: r->ids = true; break;
	case FLAG_JSON: r->json = true; break;
	}
	return 0;
}

static const struct option_def options[] = {
	{.name = "mounts",
	 .short_name = 'm',
	 .help = "each mount, with its propagation in words",
	 .set = set_flag,
	 .data = FLAG_MOUNTS},
	{.name = "ids",
	 .short_name = 'i',
	 .help = "the id maps, and why an id shows as 65534",
	 .set = set_flag,
	 .data = FLAG_IDS},
	{.name = "json",
	 .short_name = 'J',
	 .help = "print JSON",
	 .set = set_flag,
	 .data = FLAG_JSON},
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

static int run(const struct command *self, char **argv)
{
	struct request r = {.ns = {.source = {.proc = -1}}};
	struct err err = {0};
	OUT_CLEANUP struct out o = {0};
	size_t words;
	int status = command_parse(self, OPTIONS_ANYWHERE, &r, argv, &words);

	if (status >= 0)
		return status;
	if (words > 2) {
		err_set(&err, 0, "unexpected argument '%s'", argv[3]);
		return command_usage(self, &err);
	}
	if (words == 2 && (r.ns.mounts || r.ns.ids)) {
		err_set(&err, 0, "'%s' takes one target, not two",
			r.ns.mounts ? "--mounts" : "--ids");
		return command_usage(self, &err);
	}
	r.ns.target[0] = argv[1];
	r.ns.target[1] = words == 2 ? argv[2] : NULL;
	r.ns.style.ascii = locale_is_ascii();
	r.ns.style.width = terminal_width(STDOUT_FILENO);
	if (nstell(&r.ns, &o, &err) < 0)
		return command_fail(self, &err, 1);
	return command_print(self, &o, 0);
}

const struct command ns_command = {
	.name = "ns",
	.group = "Namespaces",
	.synopsis = "[OPTIONS] [TARGET [TARGET]]",
	.summary = "Show which namespaces you, a process or a container are in",
	.details = "Without TARGET: where you are. With two: what they share.\n"
		   "TARGET: host, pid:N or N, container:NAME, netns:NAME, ns:PATH, or a NAME.\n",
	.options = options,
	.run = run,
	.usage_status = 2,
};
