// SPDX-License-Identifier: Apache-2.0
/* kokon-oci kill, delete. */
#include <signal.h>
#include <string.h>
#include <stddef.h>
#include "names.h"
#include "oci-commands.h"

struct request {
	int help;
	bool all, force, regex;
};
#define R struct request

static const struct option_def kill_options[] = {
	OCI_FLAG("all", 'a', R, all, "every process of the container"),
	OCI_FLAG("regex", 'r', R, regex, "ID is a pattern"),
	OCI_HELP,
	OPTIONS_END,
};
static const struct option_def delete_options[] = {
	OCI_FLAG("force", 'f', R, force, "end it first; no error if it does not exist"),
	OCI_FLAG("regex", 'r', R, regex, "ID is a pattern"),
	OCI_HELP,
	OPTIONS_END,
};

static int one(struct oci_cli *cli, const struct oci_command *self, const struct request *q,
	       const char *id, int signal, struct err *err)
{
	return self == &oci_kill_command ? oci_kill(&cli->oci, id, signal, q->all, err)
					 : oci_delete(&cli->oci, id, q->force, err);
}

/* All are tried; the first error counts. */
static int each(struct oci_cli *cli, const struct oci_command *self, const struct request *q,
		const char *id, int signal, struct err *err)
{
	char **ids;
	int r = 0;

	if (!q->regex)
		return one(cli, self, q, id, signal, err);
	r = oci_matching(&cli->oci, id, &ids, err);
	if (r < 0)
		return r;
	for (char **i = ids; *i; i++) {
		struct err own = {0};
		int this = one(cli, self, q, *i, signal, &own);

		if (this < 0 && r == 0) {
			r = this;
			*err = own;
		}
		free(*i);
	}
	free(ids);
	return r;
}

static int run_kill(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct request q = {0};
	struct err err = {0};
	int signal = SIGTERM, r;
	size_t rest;

	r = oci_parse(cli, self, OPTIONS_ANYWHERE, &q, argv, &rest);
	if (r < 0)
		r = oci_need_id(cli, self, rest == 2 ? 1 : rest);
	if (r >= 0)
		return r;
	/* 0 asks whether there is a process to signal, kill(2). */
	if (rest == 2 && strcmp(argv[2], "0") == 0) {
		signal = 0;
	} else if (rest == 2 && signal_from_name(argv[2], &signal) < 0) {
		err_set(&err, 0, "unknown signal '%s'", argv[2]);
		return oci_usage(cli, self, &err);
	}
	return oci_finish(cli, self, each(cli, self, &q, argv[1], signal, &err), &err);
}

const struct oci_command oci_kill_command = {
	.name = "kill",
	.synopsis = "[OPTION...] ID [SIGNAL]",
	.summary = "Send a signal, SIGTERM unless told otherwise",
	.options = kill_options,
	.run = run_kill,
	.fail_status = 1,
};

static int run_delete(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct request q = {0};
	struct err err = {0};
	int r = oci_parse_id(cli, self, &q, argv);

	if (r >= 0)
		return r;
	return oci_finish(cli, self, each(cli, self, &q, argv[1], 0, &err), &err);
}

const struct oci_command oci_delete_command = {
	.name = "delete",
	.synopsis = "[OPTION...] ID",
	.summary = "Remove what a container that has ended leaves",
	.options = delete_options,
	.run = run_delete,
	.fail_status = 1,
};
