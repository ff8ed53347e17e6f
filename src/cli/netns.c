// SPDX-License-Identifier: Apache-2.0
/* kokon netns: named network namespaces. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "netns-ops.h"
#include "parse.h"
#include "traced.h"
#include "wire-ops.h"

struct netns_options {
	struct common_options common;
	struct traced_options traced;
	int json, all;
	const char *from;
	char **words;
};

enum flag { FLAG_EXPLAIN, FLAG_TRACE, FLAG_JSON, FLAG_ALL };

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	struct netns_options *o = request;

	switch ((enum flag)def->data) {
	case FLAG_EXPLAIN: o->traced.explain = 1; break;
	case FLAG_TRACE: o->traced.trace = 1; break;
	case FLAG_JSON: o->json = 1; break;
	case FLAG_ALL: o->all = 1; break;
	}
	return 0;
}

static int set_from(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err UNUSED)
{
	((struct netns_options *)request)->from = value;
	return 0;
}

#define FLAG(long, letter, which, text)                                                            \
	{                                                                                          \
		.name = long, .short_name = letter, .help = text, .set = set_flag, .data = which   \
	}
#define EXPLAIN                                                                                    \
	FLAG("explain", 0, FLAG_EXPLAIN, "print the steps as shell commands, and do nothing")
#define TRACE                                                                                      \
	FLAG("trace", 0, FLAG_TRACE, "do it, and print the steps and their duration to stderr")

static const struct option_def change_options[] = {EXPLAIN, TRACE, OPTION_HELP, OPTION_VERSION,
						   OPTIONS_END};
static const struct option_def delete_options[] = {FLAG("all", 'a', FLAG_ALL, "every name"),
						   EXPLAIN,
						   TRACE,
						   OPTION_HELP,
						   OPTION_VERSION,
						   OPTIONS_END};
static const struct option_def exec_options[] = {
	FLAG("all", 'a', FLAG_ALL, "in every named namespace, one after another"),
	EXPLAIN,
	TRACE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END};
static const struct option_def move_options[] = {
	{.name = "from",
	 .arg = ARG_REQUIRED,
	 .metavar = "TARGET",
	 .help = "where the interface is (usual: where you are)",
	 .set = set_from},
	EXPLAIN,
	TRACE,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END};
static const struct option_def list_options[] = {FLAG("json", 0, FLAG_JSON, "print JSON"),
						 OPTION_HELP, OPTION_VERSION, OPTIONS_END};
static const struct option_def plain_options[] = {OPTION_HELP, OPTION_VERSION, OPTIONS_END};

/* Options, and from `least` to `most` words, which are then in o->words. -1: go on. */
static int parse(const struct command *self, struct netns_options *o, enum options_order order,
		 char **argv, size_t least, size_t most)
{
	static const char *const missing[] = {"the name of a network namespace is missing",
					      "an argument is missing"};
	struct err err = {0};
	size_t n;
	int status = command_parse(self, order, o, argv, &n);

	if (status >= 0)
		return status;
	o->words = argv + 1;
	o->words[n] = NULL;
	if (n > most)
		err_set(&err, 0, "unexpected argument '%s'", o->words[most]);
	else if (n < least)
		err_set(&err, 0, "%s", missing[n > 0]);
	else
		return -1;
	return command_usage(self, &err);
}

static int do_add(void *arg, struct out *explain, struct out *result UNUSED, struct err *err)
{
	return netns_op_add(((struct netns_options *)arg)->words[0], explain, err);
}

static int run_add(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 1, 1);

	return status >= 0 ? status : command_traced(self, &o.traced, do_add, &o);
}

static int do_attach(void *arg, struct out *explain, struct out *result UNUSED, struct err *err)
{
	const struct netns_options *o = arg;

	return netns_op_attach(o->words[0], o->words[1], explain, err);
}

static int run_attach(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 2, 2);

	return status >= 0 ? status : command_traced(self, &o.traced, do_attach, &o);
}

static int do_delete(void *arg, struct out *explain, struct out *result UNUSED, struct err *err)
{
	const struct netns_options *o = arg;
	int r = 0;

	if (o->all)
		return netns_op_delete_all(explain, err);
	for (char **w = o->words; r == 0 && *w; w++)
		r = netns_op_delete(*w, explain, err);
	return r;
}

static int run_delete(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 0, SIZE_MAX);

	if (status >= 0)
		return status;
	if (!o.words[0] == !o.all) {
		err_set(&err, 0,
			o.all ? "--all takes no name"
			      : "the name of a network namespace is missing");
		return command_usage(self, &err);
	}
	return command_traced(self, &o.traced, do_delete, &o);
}

static int do_set(void *arg, struct out *explain, struct out *result UNUSED, struct err *err)
{
	const struct netns_options *o = arg;

	return netns_op_set(o->words[0], o->words[1], explain, err);
}

static int run_set(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 2, 2);

	return status >= 0 ? status : command_traced(self, &o.traced, do_set, &o);
}

static int do_move(void *arg, struct out *explain, struct out *result UNUSED, struct err *err)
{
	const struct netns_options *o = arg;

	return wire_op_move(o->words[0], o->words[1], o->from, explain, err);
}

static int run_move(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	size_t n;
	int status = command_parse(self, OPTIONS_ANYWHERE, &o, argv, &n);

	if (status >= 0)
		return status;
	o.words = argv + 1;
	if (n == 2)
		return command_traced(self, &o.traced, do_move, &o);
	err_set(&err, 0,
		n == 0   ? "the name of a network interface is missing"
		: n == 1 ? "where it is to go is missing"
			 : "too many arguments");
	return command_usage(self, &err);
}

/* What only looks: print what was found. */
static int show(const struct command *self, const struct out *out, int r, const struct err *err)
{
	return r < 0 ? command_fail(self, err, 1) : out->len ? command_print(self, out, 0) : 0;
}

static int run_list(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	OUT_CLEANUP struct out out = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 0, 0);

	return status >= 0 ? status : show(self, &out, netns_op_list(o.json, &out, &err), &err);
}

/* "target-nsid N" and "nsid N", as ip has them. */
static int parse_ids(char *const *words, struct netns_ids_request *q, struct err *err)
{
	uint64_t number;

	for (; *words; words += 2) {
		bool target = strcmp(words[0], "target-nsid") == 0;

		if (!target && strcmp(words[0], "nsid") != 0)
			return err_set(err, 0, "unexpected argument '%s'", words[0]);
		if (!words[1])
			return err_set(err, 0, "'%s' needs a number", words[0]);
		if (parse_u64(words[1], 0, INT32_MAX, &number) < 0)
			return err_set(err, 0, "'%s' is no number of a network namespace",
				       words[1]);
		*(target ? &q->target : &q->id) = (int)number;
	}
	return 0;
}

static int run_list_id(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct netns_ids_request q = {.target = -1, .id = -1};
	struct err err = {0};
	OUT_CLEANUP struct out out = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 0, 4);

	if (status >= 0)
		return status;
	if (parse_ids(o.words, &q, &err) < 0)
		return command_usage(self, &err);
	q.json = o.json;
	return show(self, &out, netns_op_list_id(&q, &out, &err), &err);
}

static int run_identify(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	OUT_CLEANUP struct out out = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 0, 1);

	return status >= 0 ? status
			   : show(self, &out, netns_op_identify(o.words[0], &out, &err), &err);
}

static int run_pids(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	OUT_CLEANUP struct out out = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 1, 1);

	return status >= 0 ? status : show(self, &out, netns_op_pids(o.words[0], &out, &err), &err);
}

static int run_monitor(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	int status = parse(self, &o, OPTIONS_ANYWHERE, argv, 0, 0);

	if (status >= 0)
		return status;
	return netns_op_monitor(&err) < 0 ? command_fail(self, &err, 1) : 0;
}

/* --- exec --- */

struct exec_each {
	const struct command *self;
	char **command;
	bool trace;
};

/* Enter, say what is missing there, become the command: returns only when that failed. */
static int enter_and_become(const struct exec_each *e, const char *name)
{
	OUT_CLEANUP struct out notes = {0}, steps = {0};
	struct err err = {0};
	double start = clock_ms();
	int r = e->trace ? netns_op_explain_exec(name, e->command, &steps, &err) : 0;

	if (r == 0)
		r = netns_op_enter(name, &notes, &err);
	if (e->trace)
		traced_print(&steps, start, r);
	if (r == 0 && notes.len) {
		notes.text[notes.len - 1] = '\0';
		command_note(e->self, "%s", notes.text);
	}
	if (r == 0)
		netns_op_become(e->command, &err);
	return command_fail(e->self, &err, 1);
}

static int in_one(const char *name, void *arg)
{
	printf("\nnetns: %s\n", name);
	fflush(stdout);
	return enter_and_become(arg, name);
}

static int explain_exec(const struct command *self, const char *name, char **command)
{
	OUT_CLEANUP struct out out = {0};
	struct err err = {0};
	int r = netns_op_explain_exec(name, command, &out, &err);

	return show(self, &out, r, &err);
}

static int run_exec(const struct command *self, char **argv)
{
	struct netns_options o = {0};
	struct err err = {0};
	int status = parse(self, &o, OPTIONS_FIRST, argv, 0, SIZE_MAX), r;
	struct exec_each each;
	char **command;

	if (status >= 0)
		return status;
	command = o.words;
	if (!o.all && *command)
		command++;
	if (*command && strcmp(*command, "--") == 0)
		command++;
	if (!*command) {
		err_set(&err, 0,
			!o.all && !o.words[0] ? "the name of a network namespace is missing"
					      : "a command is missing");
		return command_usage(self, &err);
	}
	if (o.all && o.traced.explain) {
		err_set(&err, 0, "--explain explains one namespace, not --all");
		return command_usage(self, &err);
	}
	if (o.traced.explain)
		return explain_exec(self, o.words[0], command);
	each = (struct exec_each){self, command, o.traced.trace};
	if (!o.all)
		return enter_and_become(&each, o.words[0]);
	r = netns_op_each(in_one, &each, &err);
	return r < 0 ? command_fail(self, &err, 1) : r;
}

#define COMMAND(word, synopsis_, summary_, options_)                                               \
	static const struct command netns_##word##_command = {                                     \
		.name = "netns " #word,                                                            \
		.synopsis = synopsis_,                                                             \
		.summary = summary_,                                                               \
		.options = options_,                                                               \
		.run = run_##word,                                                                 \
		.usage_status = 2,                                                                 \
	}

COMMAND(add, "[OPTIONS] NAME", "Make a network namespace with a name", change_options);
COMMAND(attach, "[OPTIONS] NAME TARGET", "Give the network namespace of a process a name",
	change_options);
COMMAND(delete, "[OPTIONS] NAME…|--all", "Take the name away", delete_options);
COMMAND(exec, "[OPTIONS] NAME|--all [--] COMMAND [ARGUMENT…]", "Run a command in a namespace",
	exec_options);
COMMAND(move, "[OPTIONS] IF TARGET[:NEWNAME]", "Move an interface into a namespace", move_options);
COMMAND(list, "[--json]", "List the names", list_options);
static const struct command netns_list_id_command = {
	.name = "netns list-id",
	.synopsis = "[--json] [target-nsid NUMBER] [nsid NUMBER]",
	.summary = "List the numbers that namespaces have",
	.options = list_options,
	.run = run_list_id,
	.usage_status = 2,
};
COMMAND(identify, "[TARGET]", "Names of the namespace that a process is in", plain_options);
COMMAND(pids, "NAME", "List the processes in a namespace", plain_options);
COMMAND(monitor, "", "Tell of names that come and go", plain_options);
COMMAND(set, "[OPTIONS] NAME NUMBER|auto", "Number a namespace as it is seen from here",
	change_options);

static const struct command *const subcommands[] = {
	&netns_add_command,     &netns_list_command, &netns_exec_command,     &netns_delete_command,
	&netns_attach_command,  &netns_move_command, &netns_identify_command, &netns_pids_command,
	&netns_monitor_command, &netns_set_command,  &netns_list_id_command,  NULL,
};

/* Words of ip-netns(8) that mean the same. */
static const struct {
	const char *word, *means;
} also[] = {{"ls", "list"}, {"show", "list"}, {"lst", "list"}, {"del", "delete"}};

static int run(const struct command *self, char **argv)
{
	OUT_CLEANUP struct out out = {0};

	if (!argv[1]) {
		command_help(self, &out);
		return command_print(self, &out, 0);
	}
	/* As `ip -all netns exec`. */
	if ((strcmp(argv[1], "-all") == 0 || strcmp(argv[1], "--all") == 0) && argv[2]) {
		argv[1] = argv[2];
		argv[2] = "--all";
	}
	for (size_t i = 0; i < ARRAY_SIZE(also); i++)
		if (strcmp(argv[1], also[i].word) == 0)
			argv[1] = (char *)also[i].means;
	return command_dispatch(self, argv);
}

static const struct option_def options[] = {OPTION_HELP, OPTION_VERSION, OPTIONS_END};

const struct command netns_command = {
	.name = "netns",
	.group = "Networks",
	.synopsis = "COMMAND [OPTIONS] [NAME …]",
	.summary = "Make, name and enter network namespaces",
	.details = "For root, names are files in /run/netns, shared with 'ip netns'. An ordinary "
		   "user has names of his\n"
		   "own, which every kokon command finds and 'ip netns' cannot see. A new "
		   "namespace is empty: its\n"
		   "loopback is down, and nothing reaches it until 'kokon veth' or 'kokon bridge' "
		   "connects it.\n",
	.options = options,
	.subcommands = subcommands,
	.run = run,
	.usage_status = 2,
};
