// SPDX-License-Identifier: Apache-2.0
/* kokon nsenter: run a program in existing namespaces; the command line of nsenter(1). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "enter.h"
#include "parse.h"
#include "target.h"
#include "tool.h"

struct nsenter_options {
	struct tool_options tool; /* first: TOOL_FIELD */
	struct enter_request enter;
	struct target target; /* when it is named otherwise than by a number */
	char owner[32];       /* file of the user namespace that owns it */
};

/* "-n=FILE" is accepted like "-nFILE", as nsenter(1) does. */
static const char *attached(const char *value)
{
	return value && *value == '=' ? value + 1 : value;
}

/* NUMBER:INODE, with the inode of the process's pidfd. */
static int set_exact_target(struct enter_request *e, const char *value, struct err *err)
{
	size_t len = strcspn(value, ":");
	char number[12];
	int64_t pid;

	snprintf(number, sizeof(number), "%.*s", (int)MIN(len, sizeof(number)), value);
	if (parse_i64(number, 1, INT32_MAX, &pid) < 0 ||
	    (value[len] && parse_u64(value + len + 1, 1, UINT64_MAX, &e->pidfd_inode) < 0)) {
		err_set(err, 0, "'%s' is no process", value);
		return err_remedy(err, "give its number, or NUMBER:INODE with the inode of its "
				       "pidfd");
	}
	e->pid = (int32_t)pid;
	return 0;
}

static int set_target(void *request, const struct option_def *def UNUSED, const char *value,
		      struct err *err)
{
	struct nsenter_options *o = request;
	int r;

	if (o->enter.pid || o->target.text)
		return err_set(err, 0, "more than one target");
	if (isdigit((unsigned char)*value))
		return set_exact_target(&o->enter, value, err);
	r = target_resolve(value, &o->target, err);
	if (r < 0)
		return r;
	o->enter.pid = o->target.pid;
	o->enter.pidfd = o->target.pidfd;
	o->enter.given = o->target.ns_fd;
	o->enter.given_type = o->target.ns_type;
	o->enter.given_shown = value;
	if (o->target.holder) { /* only by way of the user namespace that owns it */
		snprintf(o->owner, sizeof(o->owner), "/proc/%d/ns/user", (int)o->target.holder);
		o->enter.types[NAMESPACE_USER].wanted = true;
		o->enter.types[NAMESPACE_USER].file = o->owner;
	}
	return 0;
}

static int set_namespace(void *request, const struct option_def *def, const char *value,
			 struct err *err UNUSED)
{
	struct enter_request *e = &((struct nsenter_options *)request)->enter;

	e->types[def->data].wanted = true;
	e->types[def->data].file = attached(value);
	return 0;
}

static int set_net_socket(void *request, const struct option_def *def UNUSED, const char *value,
			  struct err *err)
{
	struct enter_request *e = &((struct nsenter_options *)request)->enter;
	int64_t fd;

	if (parse_i64(value, 0, INT32_MAX, &fd) < 0)
		return err_set(err, 0, "'%s' is no descriptor's number", value);
	e->net_socket = (int32_t)fd;
	return 0;
}

/* A number, or "follow": that of the target process. */
static int set_id(void *request, const struct option_def *def, const char *value, struct err *err)
{
	struct tool_request *q = &((struct nsenter_options *)request)->tool.request;
	bool follow = strcmp(value, "follow") == 0;

	*(def->data ? &q->follow_gid : &q->follow_uid) = follow;
	if (follow || parse_id(value, def->data ? &q->set_gid : &q->set_uid) == 0)
		return 0;
	return err_set(err, 0, "'%s' is neither 'follow' nor an id, 0 to 4294967294", value);
}

static int set_directory(void *request, const struct option_def *def, const char *value,
			 struct err *err UNUSED)
{
	struct enter_request *e = &((struct nsenter_options *)request)->enter;

	if (def->data) {
		e->wd = true;
		e->wd_directory = attached(value);
	} else {
		e->root = true;
		e->root_directory = attached(value);
	}
	return 0;
}

static int set_wdns(void *request, const struct option_def *def UNUSED, const char *value,
		    struct err *err UNUSED)
{
	((struct nsenter_options *)request)->tool.request.cwd_in_namespace = attached(value);
	return 0;
}

enum flag { FLAG_ALL, FLAG_USER_PARENT, FLAG_ENV, FLAG_JOIN_CGROUP, FLAG_FOLLOW_CONTEXT };

static int set_enter_flag(void *request, const struct option_def *def, const char *value UNUSED,
			  struct err *err UNUSED)
{
	struct enter_request *e = &((struct nsenter_options *)request)->enter;

	switch ((enum flag)def->data) {
	case FLAG_ALL: e->all = true; break;
	case FLAG_USER_PARENT: e->user_parent = true; break;
	case FLAG_ENV: e->env = true; break;
	case FLAG_JOIN_CGROUP: e->join_cgroup = true; break;
	case FLAG_FOLLOW_CONTEXT: e->follow_context = true; break;
	}
	return 0;
}

#define NAMESPACE_OPTION(letter, long_name, type, text)                                            \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_OPTIONAL, .metavar = "FILE",   \
		.help = text, .set = set_namespace, .data = type, .value = VALUE_FILE              \
	}
#define FLAG(long_name, letter, which, text)                                                       \
	{                                                                                          \
		.name = long_name, .short_name = letter, .help = text, .set = set_enter_flag,      \
		.data = which                                                                      \
	}

static const struct option_def options[] = {
	{.name = "target",
	 .short_name = 't',
	 .arg = ARG_REQUIRED,
	 .metavar = "PID",
	 .help = "the process whose namespaces are entered: a number, PID:INODE, container:NAME …",
	 .set = set_target,
	 .value = VALUE_PID},
	FLAG("all", 'a', FLAG_ALL, "enter all namespaces of the target"),
	NAMESPACE_OPTION('m', "mount", NAMESPACE_MNT, "enter the mount namespace [of FILE]"),
	NAMESPACE_OPTION('u', "uts", NAMESPACE_UTS, "enter the UTS namespace"),
	NAMESPACE_OPTION('i', "ipc", NAMESPACE_IPC, "enter the IPC namespace"),
	NAMESPACE_OPTION('n', "net", NAMESPACE_NET, "enter the network namespace"),
	{.name = "net-socket",
	 .short_name = 'N',
	 .arg = ARG_REQUIRED,
	 .metavar = "FD",
	 .help = "enter the network namespace of a socket of the target",
	 .set = set_net_socket},
	NAMESPACE_OPTION('p', "pid", NAMESPACE_PID, "enter the PID namespace, in a child"),
	NAMESPACE_OPTION('C', "cgroup", NAMESPACE_CGROUP, "enter the cgroup namespace"),
	NAMESPACE_OPTION('U', "user", NAMESPACE_USER, "enter the user namespace"),
	FLAG("user-parent", 0, FLAG_USER_PARENT, "enter the parent user namespace"),
	NAMESPACE_OPTION('T', "time", NAMESPACE_TIME, "enter the time namespace"),
	{.name = "setuid",
	 .short_name = 'S',
	 .arg = ARG_REQUIRED,
	 .metavar = "UID",
	 .help = "user id of PROGRAM (in a user namespace 0), or 'follow': the target's",
	 .set = set_id,
	 .data = 0},
	{.name = "setgid",
	 .short_name = 'G',
	 .arg = ARG_REQUIRED,
	 .metavar = "GID",
	 .help = "group id of PROGRAM, or 'follow'; drops supplementary groups",
	 .set = set_id,
	 .data = 1},
	TOOL_FLAG("preserve-credentials", 0, keep_credentials,
		  "leave ids and groups alone when a user namespace is entered"),
	TOOL_FLAG("keep-caps", 0, keep_caps,
		  "PROGRAM keeps the capabilities of the user namespace"),
	{.name = "root",
	 .short_name = 'r',
	 .arg = ARG_OPTIONAL,
	 .metavar = "DIR",
	 .help = "root directory of PROGRAM: the target's, or DIR as seen from here",
	 .set = set_directory,
	 .data = 0,
	 .value = VALUE_DIR},
	{.name = "wd",
	 .short_name = 'w',
	 .arg = ARG_OPTIONAL,
	 .metavar = "DIR",
	 .help = "working directory: the target's, or DIR as seen from here",
	 .set = set_directory,
	 .data = 1,
	 .value = VALUE_DIR},
	{.name = "wdns",
	 .short_name = 'W',
	 .arg = ARG_OPTIONAL,
	 .metavar = "DIR",
	 .help = "working directory, as seen from inside",
	 .set = set_wdns},
	FLAG("env", 'e', FLAG_ENV, "the environment of the target instead of one's own"),
	TOOL_FLAG("no-fork", 'F', no_fork,
		  "run PROGRAM in this process, also when a PID namespace is entered"),
	FLAG("join-cgroup", 'c', FLAG_JOIN_CGROUP, "join the control groups of the target"),
	FLAG("follow-context", 'Z', FLAG_FOLLOW_CONTEXT, "the target's SELinux label for PROGRAM"),
	TOOL_LAST_OPTIONS,
};

static int run(const struct command *self, char **argv)
{
	struct nsenter_options o = {
		.enter = {.net_socket = -1, .pidfd = -1, .given = -1},
		.target = TARGET_NONE,
	};
	struct tool_request *q = &o.tool.request;
	struct arena scratch;
	struct err err = {0};
	size_t rest;
	int status, r;

	tool_request_init(q, "nsenter", 1);
	status = command_parse(self, OPTIONS_FIRST, &o, argv, &rest);
	if (status >= 0)
		return status;
	q->argv = argv + 1;
	if (o.enter.wd && q->cwd_in_namespace) {
		err_set(&err, 0, "'--wd' and '--wdns' exclude each other");
		return command_usage(self, &err);
	}
	r = arena_init(&scratch);
	if (r < 0)
		err_set(&err, -r, "cannot allocate memory");
	else
		r = enter_survey(&scratch, &o.enter, q, &err);
	return r < 0 ? command_fail(self, &err, 1) : tool_run(self, q);
}

const struct command nsenter_command = {
	.name = "nsenter",
	.group = "Namespaces",
	.synopsis = "[OPTION]… [PROGRAM [ARGUMENT]…]",
	.summary = "Run a program in the namespaces of another process",
	.details =
		"Without PROGRAM, $SHELL is run (/bin/sh). The options are those of nsenter(1); a\n"
		"short one takes its optional value attached: -nFILE.\n"
		"Exit status: that of PROGRAM; 1 when a step fails, 126 or 127 when PROGRAM cannot "
		"be run.\n",
	.options = options,
	.run = run,
	.usage_status = 1,
};
