// SPDX-License-Identifier: Apache-2.0
/* kokon-oci state, list, ps. */
#include <stddef.h>
#include <string.h>
#include "oci-commands.h"

struct request {
	int help;
	const char *format;
	bool quiet;
};
#define R struct request

static const struct option_def state_options[] = {OCI_HELP, OPTIONS_END};

static int run_state(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct err err = {0};
	int help = 0, r = oci_parse_id(cli, self, &help, argv);

	if (r >= 0)
		return r;
	return oci_finish_with(cli, self, oci_state(&cli->oci, argv[1], &o, &err), &o, &err);
}

const struct oci_command oci_state_command = {
	.name = "state",
	.synopsis = "ID",
	.summary = "Print a container's state as JSON",
	.options = state_options,
	.run = run_state,
	.fail_status = 1,
};

static const struct option_def list_options[] = {
	OCI_TEXT("format", 'f', R, format, "table|json", VALUE_TEXT, "the form"),
	OCI_FLAG("quiet", 'q', R, quiet, "ids only"),
	OCI_HELP,
	OPTIONS_END,
};

/* true: json. */
static int parse_format(const char *format, bool *ret_json, struct err *err)
{
	if (!format || strcmp(format, "table") == 0) {
		*ret_json = false;
		return 0;
	}
	if (strcmp(format, "json") == 0) {
		*ret_json = true;
		return 0;
	}
	err_set(err, 0, "invalid format option '%s'", format);
	return err_remedy(err, "there are: table, json");
}

static int run_list(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct request q = {0};
	struct err err = {0};
	bool json = false;
	size_t rest;
	int r = oci_parse(cli, self, OPTIONS_ANYWHERE, &q, argv, &rest);

	if (r >= 0)
		return r;
	if (rest > 0) {
		err_set(&err, 0, "'list' takes no argument, but there is '%s'", argv[1]);
		return oci_usage(cli, self, &err);
	}
	if (parse_format(q.format, &json, &err) < 0)
		return oci_usage(cli, self, &err);
	r = oci_list(&cli->oci,
		     q.quiet ? OCI_LIST_IDS
		     : json  ? OCI_LIST_JSON
			     : OCI_LIST_TABLE,
		     &o, &err);
	return oci_finish_with(cli, self, r, &o, &err);
}

const struct oci_command oci_list_command = {
	.name = "list",
	.synopsis = "[OPTION...]",
	.summary = "List the containers below --root",
	.options = list_options,
	.run = run_list,
	.fail_status = 1,
};

static const struct option_def ps_options[] = {
	OCI_TEXT("format", 'f', R, format, "table|json", VALUE_TEXT,
		 "ps(1)'s table, or a list of pids"),
	OCI_HELP,
	OPTIONS_END,
};

/* Behind the id stand options of ps(1), and perhaps --format. */
static int run_ps(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	struct request q = {0};
	struct err err = {0};
	bool json = false;
	char **args;
	size_t rest;
	int r = oci_parse(cli, self, OPTIONS_FIRST, &q, argv, &rest);

	if (r < 0)
		r = oci_need_id(cli, self, rest ? 1 : 0);
	if (r >= 0)
		return r;
	args = argv + 2;
	if (*args && strcmp(*args, "--") == 0)
		args++;
	if (*args && strncmp(*args, "--format=", 9) == 0)
		q.format = *args++ + 9;
	else if (*args && args[1] && strcmp(*args, "--format") == 0)
		q.format = args[1], args += 2;
	if (parse_format(q.format, &json, &err) < 0)
		return oci_usage(cli, self, &err);
	r = oci_ps(&cli->oci, argv[1], json, args, &o, &err);
	return oci_finish_with(cli, self, r, &o, &err);
}

const struct oci_command oci_ps_command = {
	.name = "ps",
	.synopsis = "[OPTION...] ID [PS-OPTION...]",
	.summary = "List the processes of a container",
	.options = ps_options,
	.run = run_ps,
	.fail_status = 1,
};
