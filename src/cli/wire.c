// SPDX-License-Identifier: Apache-2.0
/* kokon veth, kokon bridge: connecting network namespaces. */
#include <stddef.h>

#include "commands.h"
#include "traced.h"
#include "wire-ops.h"

struct wire_options {
	struct common_options common;
	struct traced_options traced;
	const char *in;
	int remove;
	char **words;
	size_t n;
};

static int set_explain(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		       struct err *err UNUSED)
{
	((struct wire_options *)request)->traced.explain = 1;
	return 0;
}

static int set_trace(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		     struct err *err UNUSED)
{
	((struct wire_options *)request)->traced.trace = 1;
	return 0;
}

static int set_in(void *request, const struct option_def *def UNUSED, const char *value,
		  struct err *err UNUSED)
{
	((struct wire_options *)request)->in = value;
	return 0;
}

static int set_remove(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		      struct err *err UNUSED)
{
	((struct wire_options *)request)->remove = 1;
	return 0;
}

#define EXPLAIN                                                                                    \
	{                                                                                          \
		.name = "explain", .help = "print the steps as shell commands, and do nothing",    \
		.set = set_explain                                                                 \
	}
#define TRACE                                                                                      \
	{                                                                                          \
		.name = "trace",                                                                   \
		.help = "do it, and print the steps and their duration to stderr",                 \
		.set = set_trace                                                                   \
	}

static const struct option_def veth_options[] = {EXPLAIN, TRACE, OPTION_HELP, OPTION_VERSION,
						 OPTIONS_END};
static const struct option_def bridge_options[] = {
	{.name = "in",
	 .arg = ARG_REQUIRED,
	 .metavar = "TARGET",
	 .help = "make the bridge in this namespace (usual: where you are)",
	 .set = set_in},
	{.name = "remove", .help = "remove the bridge and the pairs on it", .set = set_remove},
	EXPLAIN,
	TRACE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END};

static int parse(const struct command *self, struct wire_options *o, char **argv)
{
	int status = command_parse(self, OPTIONS_ANYWHERE, o, argv, &o->n);

	o->words = argv + 1;
	return status;
}

static int do_veth(void *arg, struct out *explain, struct out *result, struct err *err)
{
	const struct wire_options *o = arg;

	return wire_op_veth(o->words[0], o->words[1], explain, result, err);
}

static int run_veth(const struct command *self, char **argv)
{
	struct wire_options o = {0};
	struct err err = {0};
	int status = parse(self, &o, argv);

	if (status >= 0)
		return status;
	if (o.n == 2)
		return command_traced(self, &o.traced, do_veth, &o);
	if (o.n < 2)
		err_set(&err, 0, o.n ? "the second end is missing" : "both ends are missing");
	else
		err_set(&err, 0, "unexpected argument '%s'", o.words[2]);
	return command_usage(self, &err);
}

static int do_bridge(void *arg, struct out *explain, struct out *result, struct err *err)
{
	const struct wire_options *o = arg;

	if (o->remove)
		return wire_op_remove(o->words[0], o->in, explain, err);
	return wire_op_bridge(o->words[0], o->in, o->words + 1, o->n - 1, explain, result, err);
}

static int run_bridge(const struct command *self, char **argv)
{
	struct wire_options o = {0};
	struct err err = {0};
	int status = parse(self, &o, argv);

	if (status >= 0)
		return status;
	if (o.n == 0)
		err_set(&err, 0, "the name of the bridge is missing");
	else if (o.remove && o.n > 1)
		err_set(&err, 0, "--remove takes the name alone: '%s'", o.words[1]);
	else
		return command_traced(self, &o.traced, do_bridge, &o);
	return command_usage(self, &err);
}

#define END                                                                                        \
	"TARGET is host, pid:N, container:NAME, netns:NAME, ns:PATH or a NAME. IF is the\n"        \
	"interface's name there, by default the next free eth0, eth1 …\n"

const struct command veth_command = {
	.name = "veth",
	.group = "Networks",
	.synopsis = "[OPTIONS] TARGET[:IF][=ADDR/LEN[,…]] TARGET[:IF][=ADDR/LEN[,…]]",
	.summary = "Connect two network namespaces by a pair of virtual interfaces",
	.details = END "\nkokon veth red=10.0.0.1/24 blue=10.0.0.2/24\n",
	.options = veth_options,
	.run = run_veth,
	.usage_status = 2,
};

const struct command bridge_command = {
	.name = "bridge",
	.group = "Networks",
	.synopsis = "[OPTIONS] NAME[=ADDR/LEN[,…]] [TARGET[:IF][=ADDR/LEN[,…]]]…",
	.summary = "Connect network namespaces by a bridge",
	.details = END "\nkokon bridge br0=10.0.0.254/24 red=10.0.0.1/24 blue=10.0.0.2/24\n",
	.options = bridge_options,
	.run = run_bridge,
	.usage_status = 2,
};
