// SPDX-License-Identifier: Apache-2.0
/* kokon stop and kokon kill: containers are asked to end, or made to. */
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "commands.h"
#include "engine-end.h"
#include "names.h"
#include "parse.h"

struct end_options {
	struct common_options common;
	struct end_request request;
	bool explain;
};

static int set_flag(void *request, const struct option_def *def, const char *value UNUSED,
		    struct err *err UNUSED)
{
	*(bool *)((char *)request + def->data) = true;
	return 0;
}

static int set_signal(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err)
{
	if (signal_from_name(value, &((struct end_options *)request)->request.signal) == 0)
		return 0;
	err_set(err, 0, "unknown signal '%s'", value);
	return err_remedy(err, "give a name as TERM or SIGTERM, or a number from 1 to 64");
}

static int set_timeout(void *request, const struct option_def *def UNUSED, const char *value,
		       struct err *err)
{
	if (parse_i64(value, -1, 10000000, &((struct end_options *)request)->request.timeout) == 0)
		return 0;
	err_set(err, 0, "'%s' is no number of seconds", value);
	return err_remedy(err, "give a whole number; -1 to wait as long as it takes");
}

#define AT(field) offsetof(struct end_options, field)
#define FLAG(long, letter, field, text)                                                            \
	{                                                                                          \
		.name = long, .short_name = letter, .help = text, .set = set_flag,                 \
		.data = AT(field)                                                                  \
	}
#define SIGNAL(text)                                                                               \
	{                                                                                          \
		.name = "signal", .short_name = 's', .arg = ARG_REQUIRED, .metavar = "SIGNAL",     \
		.help = text, .set = set_signal, .value = VALUE_SIGNAL                             \
	}
#define COMMON                                                                                     \
	FLAG("verbose", 'v', request.verbose, "say when PID 1 will not notice the signal"),        \
		FLAG("explain", 0, explain, "print the steps and do nothing"),                     \
		FLAG("trace", 0, request.trace,                                                    \
		     "print each step with its duration to standard error"),                       \
		OPTION_HELP, OPTION_VERSION, OPTIONS_END

static const struct option_def stop_options[] = {
	FLAG("all", 'a', request.all, "all running containers of yours"),
	FLAG("ignore", 'i', request.ignore, "a container that does not run is no failure"),
	SIGNAL("ask with this signal instead of the container's own"),
	{.name = "time",
	 .short_name = 't',
	 .arg = ARG_REQUIRED,
	 .metavar = "SECONDS",
	 .help = "wait this long before SIGKILL (10, or what run --stop-timeout says)",
	 .set = set_timeout},
	{.name = "timeout", .arg = ARG_REQUIRED, .metavar = "SECONDS", .set = set_timeout},
	COMMON,
};

static const struct option_def kill_options[] = {
	FLAG("all", 'a', request.all, "all running containers of yours"),
	SIGNAL("send this signal (KILL)"),
	COMMON,
};

static void report(void *context, const struct err *err)
{
	command_fail(context, err, 1);
}

static int end(const struct command *self, struct end_options *o, bool stop, struct out *out)
{
	struct end_request *q = &o->request;
	struct err err = {0};
	int r;

	if (o->explain)
		r = stop ? engine_stop_explain(q, out, &err) : engine_kill_explain(q, out, &err);
	else
		r = stop ? engine_stop(q, &err) : engine_kill(q, &err);
	if (r < 0)
		return command_fail(self, &err, 1);
	return command_print(self, out, r > 0 ? 1 : 0);
}

static int run(const struct command *self, char **argv)
{
	OUT_CLEANUP struct out out = {0};
	bool stop = strcmp(self->name, "stop") == 0;
	struct end_options o = {.request = {.tool = self->name,
					    .signal = stop ? 0 : SIGKILL,
					    .timeout = STOP_TIMEOUT_OWN,
					    .report = report,
					    .context = (void *)self,
					    .done = &out}};
	struct err err = {0};
	int status = command_parse(self, OPTIONS_ANYWHERE, &o, argv, &o.request.n);

	if (status >= 0)
		return status;
	o.request.names = argv + 1;
	if (o.request.all && o.request.n > 0) {
		err_set(&err, 0, "'--all' and the name '%s' exclude each other", argv[1]);
		return command_usage(self, &err);
	}
	if (!o.request.all && o.request.n == 0) {
		err_set(&err, 0, "the name of a container is missing");
		err_remedy(&err, "kokon ps lists them; --all is all of them");
		return command_usage(self, &err);
	}
	return end(self, &o, stop, &out);
}

const struct command stop_command = {
	.name = "stop",
	.group = "Containers",
	.synopsis = "[OPTIONS] NAME…",
	.summary = "Ask containers to end, and kill those that do not in time",
	.details =
		"Returns when nothing of them is left. Prints the name of each that was ended.\n",
	.options = stop_options,
	.run = run,
	.usage_status = 2,
};

const struct command kill_command = {
	.name = "kill",
	.group = "Containers",
	.synopsis = "[OPTIONS] NAME…",
	.summary = "Send a signal to the first process of containers",
	.details = "After SIGKILL it returns when nothing of them is left.\n",
	.options = kill_options,
	.run = run,
	.usage_status = 2,
};
