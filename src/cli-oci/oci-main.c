// SPDX-License-Identifier: Apache-2.0
/* main() of kokon-oci: the options in front of the command, and the table of commands. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "file.h"
#include "names.h"
#include "oci-commands.h"
#include "spec.h"

/* clang-format off */
const struct oci_command *const oci_commands[] = {
	&oci_create_command,
	&oci_start_command,
	&oci_run_command,
	&oci_exec_command,
	&oci_state_command,
	&oci_kill_command,
	&oci_delete_command,
	&oci_list_command,
	&oci_ps_command,
	&oci_pause_command,
	&oci_resume_command,
	&oci_update_command,
	&oci_events_command,
	&oci_checkpoint_command,
	&oci_restore_command,
	&oci_check_command,
	&oci_spec_command,
	&oci_features_command,
	&oci_completion_command,
	NULL,
};
/* clang-format on */

static int set_version(void *request, const struct option_def *def UNUSED, const char *value UNUSED,
		       struct err *err UNUSED)
{
	((struct oci_cli *)request)->version = 1;
	return 0;
}

#define CLI struct oci_cli
const struct option_def oci_global_options[] = {
	OCI_TEXT("root", 0, CLI, oci.root, "DIR", VALUE_DIR, "where containers' state is kept"),
	OCI_TEXT("log", 0, CLI, log, "FILE", VALUE_FILE, "write the log there, not to stderr"),
	OCI_TEXT("log-format", 0, CLI, log_format, "text|json", VALUE_TEXT, "the log's form"),
	OCI_FLAG("debug", 0, CLI, debug, "log more"),
	OCI_FLAG("systemd-cgroup", 0, CLI, systemd_cgroup, "make control groups through systemd"),
	OCI_TEXT("cgroup-manager", 0, CLI, cgroup_manager, "cgroupfs|systemd|disabled", VALUE_TEXT,
		 "who makes control groups"),
	OCI_TEXT("rootless", 0, CLI, rootless, "auto|true|false", VALUE_TEXT,
		 "accepted; what an ordinary user may do is found out"),
	OCI_TEXT("criu", 0, CLI, criu, "PATH", VALUE_FILE, "the program criu, for checkpoint"),
	OCI_HELP,
	{.name = "version",
	 .short_name = 'v',
	 .help = "show the version and exit",
	 .set = set_version},
	{.short_name = 'V', .set = set_version},
	OPTIONS_END,
};

static int overview(void)
{
	OUT_CLEANUP struct out o = {0};

	out_puts(&o,
		 "Usage: kokon-oci [OPTION...] COMMAND [ARGUMENT...]\n\nThe OCI runtime of kokon: "
		 "runs the containers that an engine describes in bundles.\n\nCommands:\n");
	for (const struct oci_command *const *c = oci_commands; *c; c++)
		out_printf(&o, "  %-10s %s\n", (*c)->name, (*c)->summary);
	out_puts(&o, "\nOptions:\n");
	options_help(oci_global_options, &o);
	return out_write(&o, STDOUT_FILENO) < 0 ? 1 : 0;
}

/* `help`, `help COMMAND`: as --help. */
static void help_as_option(char **argv)
{
	static char option[] = "--help";

	if (argv[0] && (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "h") == 0)) {
		argv[0] = argv[1] ? argv[1] : option;
		argv[1] = argv[1] ? option : NULL;
	}
}

static void debug_entry(void *cli, const char *text)
{
	oci_log(cli, "debug", text);
}

static int fail(struct oci_cli *cli, const struct err *err)
{
	oci_log_error(cli, err);
	return 1;
}

static bool is_word(const char *value, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(value, *words) == 0)
			return true;
	return false;
}

static int check(struct oci_cli *cli, struct err *err)
{
	static const char *const formats[] = {"text", "json", NULL},
				 *const managers[] = {"cgroupfs", "systemd", "disabled", NULL},
				 *const rootless[] = {"auto", "true", "false", NULL};

	if (!is_word(cli->log_format, formats)) {
		err_set(err, 0, "unknown log format '%s'", cli->log_format);
		cli->log_format = "text";
		return err_remedy(err, "there are: text, json");
	}
	if (!is_word(cli->cgroup_manager, managers)) {
		err_set(err, 0, "unknown cgroup manager '%s'", cli->cgroup_manager);
		return err_remedy(err, "there are: cgroupfs, systemd, disabled");
	}
	if (!is_word(cli->rootless, rootless)) {
		err_set(err, 0, "unknown value '%s' of --rootless", cli->rootless);
		return err_remedy(err, "there are: auto, true, false");
	}
	cli->oci.systemd = cli->systemd_cgroup || strcmp(cli->cgroup_manager, "systemd") == 0;
	cli->oci.debug = cli->debug ? debug_entry : NULL;
	cli->oci.debug_context = cli;
	cli->oci.no_cgroups = strcmp(cli->cgroup_manager, "disabled") == 0;
	return 0;
}

static int run_command(struct oci_cli *cli, char **argv)
{
	const char *names[64] = {NULL}, *near;
	struct err err = {0};
	size_t n = 0;

	for (const struct oci_command *const *c = oci_commands; *c; c++) {
		if (strcmp((*c)->name, argv[0]) == 0)
			return (*c)->run(cli, *c, argv);
		names[n++] = (*c)->name;
	}
	near = nearest_name(argv[0], names);
	err_set(&err, 0, "unknown command '%s'", argv[0]);
	if (near)
		err_remedy(&err, "did you mean '%s'?", near);
	else
		err_remedy(&err, "kokon-oci --help lists the commands");
	return fail(cli, &err);
}

int main(int argc, char **argv)
{
	struct oci_cli cli = {.log_format = "text",
			      .cgroup_manager = "cgroupfs",
			      .rootless = "auto"};
	struct err err = {0};
	size_t rest;
	int r;

	open_standard_descriptors();
	cli.oci.notes = &cli.notes;
	r = argc > 0 ? options_parse(oci_global_options, OPTIONS_FIRST, &cli, argv + 1, &rest, &err)
		     : 0;
	if (r == 0)
		r = check(&cli, &err);
	if (r < 0)
		return fail(&cli, &err);
	if (cli.version) {
		printf("kokon-oci version %s\nspec: %s\n", KOKON_VERSION, SPEC_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc > 1)
		help_as_option(argv + 1);
	if (cli.help || argc < 2 || !argv[1] || argv[1][0] == '-')
		return overview();
	return run_command(&cli, argv + 1);
}
