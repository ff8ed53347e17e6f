// SPDX-License-Identifier: Apache-2.0
/* kokon-oci pause, resume. */
#include "oci-commands.h"

static const struct option_def no_options[] = {OCI_HELP, OPTIONS_END};

static int run_freeze(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct err err = {0};
	int help = 0, r = oci_parse_id(cli, self, &help, argv);

	if (r >= 0)
		return r;
	r = self == &oci_pause_command ? oci_pause(&cli->oci, argv[1], &err)
				       : oci_resume(&cli->oci, argv[1], &err);
	return oci_finish(cli, self, r, &err);
}

const struct oci_command oci_pause_command = {
	.name = "pause",
	.synopsis = "ID",
	.summary = "Freeze all processes of a container",
	.options = no_options,
	.run = run_freeze,
	.fail_status = 1,
};

const struct oci_command oci_resume_command = {
	.name = "resume",
	.synopsis = "ID",
	.summary = "Let a paused container go on",
	.options = no_options,
	.run = run_freeze,
	.fail_status = 1,
};
