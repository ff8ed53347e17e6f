// SPDX-License-Identifier: Apache-2.0
/* kokon lsns: the list of namespaces. Options and output are those of lsns(8). */
#include "nslist.h"

#include <string.h>

#include "commands.h"
#include "names.h"
#include "parse.h"

struct request {
	struct common_options common;
	struct lsns_request lsns;
	bool list_columns, raw, json, list;
	const char *namespace;
};

enum flag {
	FLAG_JSON,
	FLAG_LIST,
	FLAG_NO_HEADINGS,
	FLAG_OUTPUT_ALL,
	FLAG_PERSISTENT,
	FLAG_RAW,
	FLAG_NO_TRUNCATE,
	FLAG_NO_WRAP,
	FLAG_LIST_COLUMNS
};

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	struct request *r = request;

	switch ((enum flag)def->data) {
	case FLAG_JSON: r->json = true; break;
	case FLAG_LIST: r->list = true; break;
	case FLAG_NO_HEADINGS: r->lsns.style.no_headings = true; break;
	case FLAG_OUTPUT_ALL: r->lsns.output_all = true; break;
	case FLAG_PERSISTENT: r->lsns.persistent = true; break;
	case FLAG_RAW: r->raw = r->lsns.no_wrap = true; break;
	case FLAG_NO_TRUNCATE: r->lsns.no_truncate = true; break;
	case FLAG_NO_WRAP: r->lsns.no_wrap = true; break;
	case FLAG_LIST_COLUMNS: r->list_columns = true; break;
	}
	return 0;
}

static int set_output(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err UNUSED)
{
	((struct request *)request)->lsns.output = value;
	return 0;
}

static int set_filter(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err UNUSED)
{
	((struct request *)request)->lsns.filter = value;
	return 0;
}

static int set_task(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	int64_t pid;

	if (parse_i64(value, 1, INT32_MAX, &pid) < 0)
		return err_set(err, 0, "'%s' is no process number", value);
	((struct request *)request)->lsns.task = (int32_t)pid;
	return 0;
}

static int set_type(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	enum namespace_type type;

	if (!namespace_by_name(value, &type)) {
		err_set(err, 0, "unknown namespace type '%s'", value);
		return err_remedy(err,
				  "the types are mnt, net, ipc, user, pid, uts, cgroup and time");
	}
	((struct request *)request)->lsns.types |= 1U << type;
	return 0;
}

static int set_tree(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err)
{
	int tree = LSNS_TREE_OWNER;

	if (value) {
		value += *value == '='; /* "-T=owner" too */
		tree = lsns_tree_from_name(value);
		if (tree < 0) {
			err_set(err, 0, "unknown tree type '%s'", value);
			return err_remedy(err, "the types are parent, owner and process");
		}
	}
	((struct request *)request)->lsns.tree = (enum lsns_tree)tree;
	return 0;
}

#define FLAG(long, letter, which, text)                                                            \
	{                                                                                          \
		.name = long, .short_name = letter, .help = text, .set = set_flag, .data = which   \
	}

static const struct option_def options[] = {
	FLAG("json", 'J', FLAG_JSON, "use JSON output format"),
	FLAG("list", 'l', FLAG_LIST, "use list format output"),
	FLAG("noheadings", 'n', FLAG_NO_HEADINGS, "don't print headings"),
	{.name = "output",
	 .short_name = 'o',
	 .arg = ARG_REQUIRED,
	 .metavar = "LIST",
	 .help = "columns to show; +LIST adds to the default",
	 .set = set_output},
	FLAG("output-all", 0, FLAG_OUTPUT_ALL, "show all columns"),
	FLAG("persistent", 'P', FLAG_PERSISTENT, "only namespaces without processes"),
	{.name = "task",
	 .short_name = 'p',
	 .arg = ARG_REQUIRED,
	 .metavar = "PID",
	 .help = "only the namespaces of this process",
	 .set = set_task,
	 .value = VALUE_PID},
	{.name = "filter",
	 .short_name = 'Q',
	 .arg = ARG_REQUIRED,
	 .metavar = "EXPR",
	 .help = "only rows for which the expression is true",
	 .set = set_filter},
	FLAG("raw", 'r', FLAG_RAW, "use the raw output format"),
	FLAG("notruncate", 'u', FLAG_NO_TRUNCATE, "don't cut text at the edge of the terminal"),
	FLAG("nowrap", 'W', FLAG_NO_WRAP,
	     "one line per row: several paths are separated by commas"),
	{.name = "type",
	 .short_name = 't',
	 .arg = ARG_REQUIRED,
	 .metavar = "TYPE",
	 .help = "mnt, net, ipc, user, pid, uts, cgroup or time; may be repeated",
	 .set = set_type},
	{.name = "tree",
	 .short_name = 'T',
	 .arg = ARG_OPTIONAL,
	 .metavar = "REL",
	 .help = "draw a tree by owner (default), parent or process",
	 .set = set_tree},
	FLAG("list-columns", 'H', FLAG_LIST_COLUMNS, "list the available columns"),
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

static int exclusive(struct err *err, const char *a, const char *b)
{
	return err_set(err, 0, "'%s' and '%s' exclude each other", a, b);
}

/* What the options say together. */
static int complete(struct request *r, size_t words, char **word, struct err *err)
{
	if (r->json && r->raw)
		return exclusive(err, "--json", "--raw");
	if (r->lsns.persistent && r->lsns.task)
		return exclusive(err, "--persistent", "--task");
	if (r->list && r->lsns.tree != LSNS_TREE_DEFAULT)
		return exclusive(err, "--list", "--tree");
	if (words > 1)
		return err_set(err, 0, "unexpected argument '%s'", word[1]);
	if (words == 1) {
		if (r->lsns.task)
			return exclusive(err, "--task", word[0]);
		if (parse_u64(word[0], 1, UINT64_MAX, &r->lsns.inode) < 0) {
			err_set(err, 0, "'%s' is no namespace", word[0]);
			return err_remedy(err,
					  "give its inode number, the column NS of 'kokon lsns'");
		}
	}
	if (r->list)
		r->lsns.tree = LSNS_LIST;
	r->lsns.style.format = r->json ? TABLE_JSON : r->raw ? TABLE_RAW : TABLE_ALIGNED;
	r->lsns.style.name = "namespaces";
	r->lsns.style.ascii = locale_is_ascii();
	r->lsns.style.width = terminal_width(STDOUT_FILENO);
	return 0;
}

static int run(const struct command *self, char **argv)
{
	struct request r = {0};
	struct err err = {0};
	OUT_CLEANUP struct out o = {0};
	size_t words;
	int status = command_parse(self, OPTIONS_ANYWHERE, &r, argv, &words);

	if (status >= 0)
		return status;
	if (complete(&r, words, argv + 1, &err) < 0)
		return command_usage(self, &err);
	if (r.list_columns)
		lsns_list_columns(&r.lsns, &o);
	else if (lsns(&r.lsns, &o, &err) < 0)
		return command_fail(self, &err, 1);
	return command_print(self, &o, 0);
}

const struct command lsns_command = {
	.name = "lsns",
	.group = "Namespaces",
	.synopsis = "[OPTIONS] [NAMESPACE]",
	.summary = "List the namespaces of this machine, or the processes of one",
	.details = "The options are those of lsns(8). 'kokon ns' tells more of one process.\n",
	.options = options,
	.run = run,
	.usage_status = 1,
};
