// SPDX-License-Identifier: Apache-2.0
/* kokon-oci create, run, start. */
#include <stddef.h>
#include "oci-commands.h"

struct request {
	int help;
	struct oci_create q;
};
#define R struct request

/* What create and run share. */
#define MAKING                                                                                     \
	OCI_TEXT("bundle", 'b', R, q.bundle, "DIR", VALUE_DIR, "the bundle; without it: here"),    \
		OCI_TEXT("config", 'f', R, q.config, "FILE", VALUE_FILE,                           \
			 "its config, in place of config.json"),                                   \
		OCI_TEXT("console-socket", 0, R, q.console_socket, "PATH", VALUE_FILE,             \
			 "socket that gets the other side of the terminal"),                       \
		OCI_TEXT("pidfd-socket", 0, R, q.pidfd_socket, "PATH", VALUE_FILE,                 \
			 "socket that gets a pidfd of the first process"),                         \
		OCI_TEXT("pid-file", 0, R, q.pid_file, "FILE", VALUE_FILE,                         \
			 "write the pid of the first process there"),                              \
		OCI_FLAG("no-pivot", 0, R, q.no_pivot, "chroot into the root: for a ramdisk"),     \
		OCI_FLAG("no-new-keyring", 0, R, q.no_new_keyring, "keep the session keyring"),    \
	{                                                                                          \
		.name = "preserve-fds", .arg = ARG_REQUIRED, .metavar = "N",                       \
		.help = "the program gets descriptors 3 to 2+N too", .set = oci_set_u32,           \
		.data = offsetof(R, q.preserve_fds)                                                \
	}

static const struct option_def create_options[] = {
	MAKING,
	OCI_FLAG("no-subreaper", 0, R, q.no_subreaper, NULL),
	OCI_FLAG("explain", 0, R, q.explain, "print the steps and do nothing"),
	OCI_FLAG("trace", 0, R, q.trace, "print what each step took"),
	OCI_HELP,
	OPTIONS_END,
};

static const struct option_def run_options[] = {
	MAKING,
	OCI_FLAG("detach", 'd', R, q.detach, "do not wait for the end"),
	OCI_FLAG("keep", 0, R, q.keep, "do not delete the container when it has ended"),
	OCI_FLAG("no-subreaper", 0, R, q.no_subreaper, "do not become the reaper of orphans"),
	OCI_FLAG("explain", 0, R, q.explain, "print the steps and do nothing"),
	OCI_FLAG("trace", 0, R, q.trace, "print what each step took"),
	OCI_HELP,
	OPTIONS_END,
};

static int run_making(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct request request = {0};
	struct err err = {0};
	int r = oci_parse_id(cli, self, &request, argv);

	if (r >= 0)
		return r;
	request.q.id = argv[1];
	if (request.q.explain) {
		OUT_CLEANUP struct out o = {0};

		r = oci_explain(&cli->oci, &request.q, self == &oci_create_command, &o, &err);
		return oci_finish_with(cli, self, r, &o, &err);
	}
	r = self == &oci_run_command ? oci_run(&cli->oci, &request.q, &err)
				     : oci_create(&cli->oci, &request.q, &err);
	return oci_finish(cli, self, r, &err);
}

const struct oci_command oci_create_command = {
	.name = "create",
	.synopsis = "[OPTION...] ID",
	.summary = "Make a container; its program waits for start",
	.options = create_options,
	.run = run_making,
	.fail_status = 1,
};

const struct oci_command oci_run_command = {
	.name = "run",
	.synopsis = "[OPTION...] ID",
	.summary = "Make a container and run its program",
	.options = run_options,
	.run = run_making,
	.fail_status = 1,
};

static const struct option_def start_options[] = {OCI_HELP, OPTIONS_END};

static int run_start(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	struct err err = {0};
	int help = 0, r = oci_parse_id(cli, self, &help, argv);

	if (r >= 0)
		return r;
	return oci_finish(cli, self, oci_start(&cli->oci, argv[1], &err), &err);
}

const struct oci_command oci_start_command = {
	.name = "start",
	.synopsis = "ID",
	.summary = "Run the program of a created container",
	.options = start_options,
	.run = run_start,
	.fail_status = 1,
};
