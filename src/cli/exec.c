// SPDX-License-Identifier: Apache-2.0
/* kokon exec: another command in a running container. */
#include <stddef.h>

#include "commands.h"
#include "engine-exec.h"

enum { ENV_MAX = 1024 };

struct env_list {
	const char *word[ENV_MAX + 1];
	size_t n;
};

struct exec_options {
	struct common_options common;
	struct exec_request request;
	struct env_list env, env_files;
};

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	*(bool *)((char *)request + def->data) = true;
	return 0;
}

static int set_text(void *request, const struct option_def *def, const char *value, struct err *err)
{
	if (!*value)
		return err_set(err, 0, "the value is empty");
	*(const char **)((char *)request + def->data) = value;
	return 0;
}

static int add_word(void *request, const struct option_def *def, const char *value, struct err *err)
{
	struct env_list *list = (struct env_list *)((char *)request + def->data);

	if (list->n == ENV_MAX)
		return err_set(err, 0, "given more than %d times", ENV_MAX);
	list->word[list->n++] = value;
	return 0;
}

#define AT(field) offsetof(struct exec_options, field)
#define FLAG(long, letter, field, text)                                                            \
	{                                                                                          \
		.name = long, .short_name = letter, .help = text, .set = set_flag,                 \
		.data = AT(request.field)                                                          \
	}

static const struct option_def options[] = {
	{.name = "env",
	 .short_name = 'e',
	 .arg = ARG_REQUIRED,
	 .metavar = "NAME[=VALUE]",
	 .help = "environment variable; NAME alone passes it on, NAME* all of that beginning",
	 .set = add_word,
	 .data = AT(env)},
	{.name = "env-file",
	 .arg = ARG_REQUIRED,
	 .metavar = "FILE",
	 .help = "read environment variables from FILE",
	 .set = add_word,
	 .data = AT(env_files),
	 .value = VALUE_FILE},
	FLAG("interactive", 'i', interactive, "keep standard input; without it it is /dev/null"),
	FLAG("tty", 't', tty, "a terminal of its own"),
	FLAG("privileged", 0, privileged, "all capabilities, and no filter of system calls"),
	{.name = "user",
	 .short_name = 'u',
	 .arg = ARG_REQUIRED,
	 .metavar = "USER[:GROUP]",
	 .help = "user and group, by name in the container or by number",
	 .set = set_text,
	 .data = AT(request.user)},
	{.name = "workdir",
	 .short_name = 'w',
	 .arg = ARG_REQUIRED,
	 .metavar = "DIR",
	 .help = "working directory in the container",
	 .set = set_text,
	 .data = AT(request.cwd)},
	FLAG("explain", 0, explain, "print the steps and do nothing"),
	FLAG("trace", 0, trace, "print each step with its duration to standard error"),
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

static int run(const struct command *self, char **argv)
{
	static struct exec_options o;
	struct err err = {0};
	size_t words;
	int status = command_parse(self, OPTIONS_FIRST, &o, argv, &words);

	if (status >= 0)
		return status;
	if (words == 0) {
		err_set(&err, 0, "the name of a container is missing");
		err_remedy(&err, "kokon ps lists them");
		return command_usage(self, &err);
	}
	o.request.argv = argv + 2;
	if (o.request.argv[0] && o.request.argv[0][0] == '-' && o.request.argv[0][1] == '-' &&
	    !o.request.argv[0][2])
		o.request.argv++;
	if (!o.request.argv[0]) {
		err_set(&err, 0, "the command to run in '%s' is missing", argv[1]);
		err_remedy(&err, "a shell: kokon exec -it %s sh", argv[1]);
		return command_usage(self, &err);
	}
	status = engine_exec(&o.request,
			     &(struct exec_words){argv[1], o.env.word, o.env_files.word}, &err);
	return status < 0 ? command_fail(self, &err, 125) : status;
}

const struct command exec_command = {
	.name = "exec",
	.group = "Containers",
	.synopsis = "[OPTIONS] NAME [--] COMMAND [ARGUMENT]…",
	.summary = "Run another command in a running container",
	.details = "It has the container's namespaces, control groups, environment and rights. "
		   "When kokon exec\n"
		   "ends or is killed, so is the command.\n"
		   "Exit status: that of COMMAND, 128 + signal; 125 when kokon fails, 126 when "
		   "COMMAND cannot be\n"
		   "run, 127 when it is not found.\n",
	.options = options,
	.run = run,
	.usage_status = 125,
};
