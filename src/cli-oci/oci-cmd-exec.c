// SPDX-License-Identifier: Apache-2.0
/* kokon-oci exec. */
#include <stddef.h>
#include <string.h>
#include "oci-commands.h"

struct request {
	int help;
	struct oci_exec q;
	struct oci_words env, caps, groups, cgroups;
};
#define R struct request

#define WORDS(long_, letter, field, meta, text)                                                    \
	{                                                                                          \
		.name = long_, .short_name = letter, .arg = ARG_REQUIRED, .metavar = meta,         \
		.help = text, .set = oci_add_word, .data = offsetof(R, field)                      \
	}

static const struct option_def exec_options[] = {
	OCI_TEXT("process", 'p', R, q.process, "FILE", VALUE_FILE,
		 "a process object that describes it all"),
	OCI_TEXT("cwd", 0, R, q.cwd, "DIR", VALUE_TEXT, "working directory in the container"),
	WORDS("env", 'e', env, "NAME=VALUE", "add to the container's environment"),
	OCI_FLAG("tty", 't', R, q.tty, "a terminal of its own"),
	OCI_TEXT("user", 'u', R, q.user, "UID[:GID]", VALUE_TEXT, "user and group"),
	WORDS("additional-gids", 'g', groups, "GID", "one more group"),
	OCI_TEXT("console-socket", 0, R, q.console_socket, "PATH", VALUE_FILE,
		 "socket that gets the other side of the terminal"),
	OCI_TEXT("pidfd-socket", 0, R, q.pidfd_socket, "PATH", VALUE_FILE,
		 "socket that gets a pidfd of the process"),
	OCI_TEXT("pid-file", 0, R, q.pid_file, "FILE", VALUE_FILE, "write the pid there"),
	OCI_FLAG("detach", 'd', R, q.detach, "do not wait for the end"),
	OCI_TEXT("process-label", 0, R, q.label, "LABEL", VALUE_TEXT, "SELinux label"),
	OCI_TEXT("apparmor", 0, R, q.apparmor, "PROFILE", VALUE_TEXT, "AppArmor profile"),
	OCI_FLAG("no-new-privs", 0, R, q.no_new_privs, "no program gives more rights"),
	WORDS("cap", 'c', caps, "CAP", "one more capability"),
	{.name = "preserve-fds",
	 .arg = ARG_REQUIRED,
	 .metavar = "N",
	 .help = "the program gets descriptors 3 to 2+N too",
	 .set = oci_set_u32,
	 .data = offsetof(R, q.preserve_fds)},
	WORDS("cgroup", 0, cgroups, "[CONTROLLER,...:]PATH", "a group below the container's"),
	OCI_FLAG("ignore-paused", 0, R, q.ignore_paused, "also in a paused container"),
	OCI_FLAG("no-subreaper", 0, R, q.no_subreaper, NULL),
	OCI_FLAG("explain", 0, R, q.explain, "print the steps and do nothing"),
	OCI_FLAG("trace", 0, R, q.trace, "print what each step took"),
	OCI_HELP,
	OPTIONS_END,
};

/* Options stand before the id and behind it; the first other word begins the command. */
static int run_exec(struct oci_cli *cli, const struct oci_command *self, char **argv)
{
	OUT_CLEANUP struct out o = {0};
	static struct request request;
	struct err err = {0};
	char *id;
	size_t rest;
	int r = oci_parse(cli, self, OPTIONS_FIRST, &request, argv, &rest);

	if (r < 0)
		r = oci_need_id(cli, self, rest ? 1 : 0);
	if (r >= 0)
		return r;
	id = argv[1];
	r = oci_parse(cli, self, OPTIONS_FIRST, &request, argv + 1, &rest);
	if (r >= 0)
		return r;
	request.q.id = id;
	request.q.argv = argv + 2;
	request.q.env = request.env.word;
	request.q.caps = request.caps.word;
	request.q.groups = request.groups.word;
	request.q.cgroups = request.cgroups.word;
	if (!request.q.process && rest == 0) {
		err_set(&err, 0, "there is no command to run in '%s'", id);
		return oci_usage(cli, self, &err);
	}
	r = oci_exec(&cli->oci, &request.q, &o, &err);
	return request.q.explain ? oci_finish_with(cli, self, r, &o, &err)
				 : oci_finish(cli, self, r, &err);
}

const struct oci_command oci_exec_command = {
	.name = "exec",
	.synopsis = "[OPTION...] ID COMMAND [ARGUMENT...]",
	.summary = "Run another process in a container",
	.options = exec_options,
	.run = run_exec,
	.fail_status = 255,
};
