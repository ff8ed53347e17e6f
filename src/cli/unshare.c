// SPDX-License-Identifier: Apache-2.0
/* kokon unshare: run a program in new namespaces; the command line of unshare(1). */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "commands.h"
#include "names.h"
#include "parse.h"
#include "tool.h"
#include "uapi.h"

static int set_namespace(void *request, const struct option_def *def, const char *value,
			 struct err *err)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	if (value && strncmp(value, "/proc/", 6) == 0 && strstr(value, "/ns/")) {
		err_set(err, 0, "'%s' is already a namespace", value);
		return err_remedy(err,
				  "to enter it: kokon nsenter --%s=%s; unshare keeps a new one on "
				  "a file of yours",
				  def->name, value);
	}
	q->create |= namespace_infos[def->data].flag;
	if (value)
		q->persist[def->data] = value;
	return 0;
}

static int set_kill_child(void *request, const struct option_def *def UNUSED, const char *value,
			  struct err *err)
{
	struct tool_request *q = &((struct tool_options *)request)->request;
	int signal = SIGKILL;

	if (value && signal_from_name(value, &signal) < 0)
		return err_set(err, 0, "unknown signal '%s'", value);
	q->kill_child = (uint32_t)signal;
	q->fork = true;
	return 0;
}

static int set_forward_signals(void *request, const struct option_def *def UNUSED,
			       const char *value UNUSED, struct err *err UNUSED)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	q->forward_signals = q->fork = true;
	return 0;
}

static int set_mount_proc(void *request, const struct option_def *def UNUSED, const char *value,
			  struct err *err UNUSED)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	q->create |= CLONE_NEWNS;
	q->mount_proc = value ? value : "/proc";
	return 0;
}

static void want_binfmt(struct tool_request *q)
{
	q->create |= CLONE_NEWNS | CLONE_NEWUSER;
	if (!q->mount_binfmt) {
		if (!q->mount_proc)
			q->mount_proc = "/proc";
		q->mount_binfmt = "/proc/sys/fs/binfmt_misc";
	}
}

static int set_mount_binfmt(void *request, const struct option_def *def UNUSED, const char *value,
			    struct err *err UNUSED)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	q->mount_binfmt = value;
	want_binfmt(q);
	return 0;
}

static int set_load_interp(void *request, const struct option_def *def UNUSED, const char *value,
			   struct err *err UNUSED)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	want_binfmt(q);
	q->load_interp = value;
	return 0;
}

/* --- ids --- */

static int set_map_single(void *request, const struct option_def *def, const char *value,
			  struct err *err)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	q->create |= CLONE_NEWUSER;
	return def->data ? parse_group(value, &q->gid.single, err)
			 : parse_user(value, &q->uid.single, err);
}

static int set_map_root(void *request, const struct option_def *def, const char *value UNUSED,
			struct err *err UNUSED)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	q->create |= CLONE_NEWUSER;
	q->uid.single = def->data ? geteuid() : 0;
	q->gid.single = def->data ? getegid() : 0;
	return 0;
}

static int add_range(struct id_request *ids, enum id_source source, struct idmap_range range,
		     struct err *err)
{
	if (ids->n == ARRAY_SIZE(ids->ranges))
		return err_set(err, 0, "at most %zu ranges", ARRAY_SIZE(ids->ranges));
	ids->ranges[ids->n].source = source;
	ids->ranges[ids->n++].range = range;
	return 0;
}

/* "inside:outside:count", or the older "outside,inside,count". */
static int parse_range(const char *value, struct idmap_range *ret, struct err *err)
{
	char separator = strchr(value, ',') ? ',' : ':';

	if (idmap_range_parse(value, separator, ret, err) < 0)
		return err_remedy(
			err,
			"give INSIDE:OUTSIDE:COUNT as in 0:100000:65536, or auto, subids, all");
	if (separator == ',')
		*ret = (struct idmap_range){ret->outside, ret->inside, ret->count};
	return 0;
}

static int set_map_ranges(void *request, const struct option_def *def, const char *value,
			  struct err *err)
{
	static const struct name sources[] = {{"auto", IDS_AUTO},
					      {"subids", IDS_SUBIDS},
					      {"all", IDS_ALL},
					      {NULL, 0}};
	struct tool_request *q = &((struct tool_options *)request)->request;
	struct id_request *ids = def->data ? &q->gid : &q->uid;
	struct idmap_range range = {0};
	int64_t source = IDS_RANGE;

	q->create |= CLONE_NEWUSER;
	if (!name_to_value(sources, value, &source) && parse_range(value, &range, err) < 0)
		return -EINVAL;
	return add_range(ids, (enum id_source)source, range, err);
}

static int set_map_auto(void *request, const struct option_def *def, const char *value UNUSED,
			struct err *err)
{
	struct tool_request *q = &((struct tool_options *)request)->request;
	int r = add_range(&q->uid, (enum id_source)def->data, (struct idmap_range){0}, err);

	q->create |= CLONE_NEWUSER;
	return r < 0 ? r
		     : add_range(&q->gid, (enum id_source)def->data, (struct idmap_range){0}, err);
}

static int set_owner(void *request, const struct option_def *def UNUSED, const char *value,
		     struct err *err)
{
	struct tool_request *q = &((struct tool_options *)request)->request;
	const char *colon = strchr(value, ':');
	char uid[12];

	snprintf(uid, sizeof(uid), "%.*s", colon ? (int)(colon - value) : 0, value);
	if (!colon || colon - value >= (int)sizeof(uid) || parse_id(uid, &q->owner_uid) < 0 ||
	    parse_id(colon + 1, &q->owner_gid) < 0)
		return err_set(err, 0, "'%s' is no owner: UID:GID in numbers", value);
	q->create |= CLONE_NEWUSER;
	return 0;
}

static int set_setgroups(void *request, const struct option_def *def UNUSED, const char *value,
			 struct err *err)
{
	static const struct name words[] = {{"allow", SETGROUPS_ALLOW},
					    {"deny", SETGROUPS_DENY},
					    {NULL, 0}};
	struct tool_request *q = &((struct tool_options *)request)->request;
	int64_t v;

	if (!name_to_value(words, value, &v))
		return err_set(err, 0, "'%s' is neither allow nor deny", value);
	q->setgroups = (uint32_t)v;
	return 0;
}

static int set_propagation(void *request, const struct option_def *def UNUSED, const char *value,
			   struct err *err)
{
	static const struct name words[] = {{"private", MS_PRIVATE},
					    {"shared", MS_SHARED},
					    {"slave", MS_SLAVE},
					    {"unchanged", 0},
					    {NULL, 0}};
	struct tool_request *q = &((struct tool_options *)request)->request;
	int64_t v;

	if (!name_to_value(words, value, &v))
		return err_set(err, 0, "'%s' is none of private, shared, slave, unchanged", value);
	q->propagation = (uint64_t)v;
	return 0;
}

static int set_offset(void *request, const struct option_def *def, const char *value,
		      struct err *err)
{
	struct tool_request *q = &((struct tool_options *)request)->request;
	const int64_t most = INT64_MAX / 1000000000;
	int64_t seconds;

	if (parse_i64(value, -most, most, &seconds) < 0)
		return err_set(err, 0, "'%s' is no number of seconds", value);
	if (def->data) {
		q->boottime_ns = seconds * 1000000000;
		q->set_boottime = true;
	} else {
		q->monotonic_ns = seconds * 1000000000;
		q->set_monotonic = true;
	}
	return 0;
}

/* May be given several times; the lists add up. */
static int add_kept_env(void *request, const struct option_def *def UNUSED, const char *value,
			struct err *err UNUSED)
{
	struct tool_request *q = &((struct tool_options *)request)->request;

	if (q->n_keep_env == ARRAY_SIZE(q->keep_env))
		return err_set(err, 0, "at most %zu lists", ARRAY_SIZE(q->keep_env));
	q->keep_env[q->n_keep_env++] = value;
	return 0;
}

#define NAMESPACE_OPTION(letter, long_name, type, text)                                            \
	{                                                                                          \
		.name = long_name, .short_name = letter, .arg = ARG_OPTIONAL_LONG,                 \
		.metavar = "FILE", .help = text, .set = set_namespace, .data = type,               \
		.value = VALUE_FILE                                                                \
	}

static const struct option_def options[] = {
	NAMESPACE_OPTION('m', "mount", NAMESPACE_MNT, "new mount namespace [kept on FILE]"),
	NAMESPACE_OPTION('u', "uts", NAMESPACE_UTS, "new UTS namespace: host and domain name"),
	NAMESPACE_OPTION('i', "ipc", NAMESPACE_IPC, "new IPC namespace: System V and POSIX queues"),
	NAMESPACE_OPTION('n', "net", NAMESPACE_NET, "new network namespace"),
	NAMESPACE_OPTION('p', "pid", NAMESPACE_PID, "new PID namespace, for children (see --fork)"),
	NAMESPACE_OPTION('U', "user", NAMESPACE_USER, "new user namespace"),
	NAMESPACE_OPTION('C', "cgroup", NAMESPACE_CGROUP, "new cgroup namespace"),
	NAMESPACE_OPTION('T', "time", NAMESPACE_TIME, "new time namespace"),
	TOOL_FLAG("fork", 'f', fork, "run PROGRAM as a child"),
	{.name = "kill-child",
	 .arg = ARG_OPTIONAL,
	 .metavar = "SIGNAL",
	 .help = "signal the child when unshare ends (SIGKILL); implies --fork",
	 .set = set_kill_child,
	 .value = VALUE_SIGNAL},
	{.name = "forward-signals",
	 .help = "pass SIGINT and SIGTERM on to the child; implies --fork",
	 .set = set_forward_signals},
	{.name = "mount-proc",
	 .arg = ARG_OPTIONAL,
	 .metavar = "DIR",
	 .help = "mount proc on DIR (/proc); implies --mount",
	 .set = set_mount_proc,
	 .value = VALUE_DIR},
	{.name = "mount-binfmt",
	 .arg = ARG_OPTIONAL,
	 .metavar = "DIR",
	 .help = "mount binfmt_misc on DIR; implies --user --mount",
	 .set = set_mount_binfmt,
	 .value = VALUE_DIR},
	{.name = "load-interp",
	 .short_name = 'l',
	 .arg = ARG_REQUIRED,
	 .metavar = "RULE",
	 .help = "register a binfmt_misc rule; implies --mount-binfmt",
	 .set = set_load_interp},
	{.name = "map-user",
	 .arg = ARG_REQUIRED,
	 .metavar = "UID",
	 .help = "map the current user to UID (or a name); implies --user",
	 .set = set_map_single,
	 .data = 0,
	 .value = VALUE_USER},
	{.name = "map-group",
	 .arg = ARG_REQUIRED,
	 .metavar = "GID",
	 .help = "map the current group to GID (or a name); implies --user",
	 .set = set_map_single,
	 .data = 1},
	{.name = "map-root-user",
	 .short_name = 'r',
	 .help = "map the current user and group to root; implies --user",
	 .set = set_map_root,
	 .data = 0},
	{.name = "map-current-user",
	 .short_name = 'c',
	 .help = "map the current user and group to themselves; implies --user",
	 .set = set_map_root,
	 .data = 1},
	{.name = "map-users",
	 .arg = ARG_REQUIRED,
	 .metavar = "RANGE",
	 .help = "map user ids INSIDE:OUTSIDE:COUNT, auto, subids or all",
	 .set = set_map_ranges,
	 .data = 0},
	{.name = "map-groups",
	 .arg = ARG_REQUIRED,
	 .metavar = "RANGE",
	 .help = "map group ids INSIDE:OUTSIDE:COUNT, auto, subids or all",
	 .set = set_map_ranges,
	 .data = 1},
	{.name = "map-auto",
	 .help = "map the granted subordinate ids from 0 on",
	 .set = set_map_auto,
	 .data = IDS_AUTO},
	{.name = "map-subids",
	 .help = "map the granted subordinate ids to themselves",
	 .set = set_map_auto,
	 .data = IDS_SUBIDS},
	{.name = "owner",
	 .arg = ARG_REQUIRED,
	 .metavar = "UID:GID",
	 .help = "who owns the new user namespace; implies --user",
	 .set = set_owner},
	{.name = "setgroups",
	 .arg = ARG_REQUIRED,
	 .metavar = "WORD",
	 .help = "allow or deny setgroups(2) in the user namespace",
	 .set = set_setgroups},
	{.name = "propagation",
	 .arg = ARG_REQUIRED,
	 .metavar = "KIND",
	 .help = "private (default), shared, slave or unchanged mounts",
	 .set = set_propagation},
	{.name = "root",
	 .short_name = 'R',
	 .arg = ARG_REQUIRED,
	 .metavar = "DIR",
	 .help = "root directory of PROGRAM",
	 .set = set_tool_text,
	 .data = TOOL_FIELD(root),
	 .value = VALUE_DIR},
	{.name = "wd",
	 .short_name = 'w',
	 .arg = ARG_REQUIRED,
	 .metavar = "DIR",
	 .help = "working directory of PROGRAM",
	 .set = set_tool_text,
	 .data = TOOL_FIELD(cwd),
	 .value = VALUE_DIR},
	{.name = "setuid",
	 .short_name = 'S',
	 .arg = ARG_REQUIRED,
	 .metavar = "UID",
	 .help = "user id of PROGRAM",
	 .set = set_tool_id,
	 .data = TOOL_FIELD(set_uid)},
	{.name = "setgid",
	 .short_name = 'G',
	 .arg = ARG_REQUIRED,
	 .metavar = "GID",
	 .help = "group id of PROGRAM; drops supplementary groups",
	 .set = set_tool_id,
	 .data = TOOL_FIELD(set_gid)},
	TOOL_FLAG("keep-caps", 0, keep_caps,
		  "PROGRAM keeps the capabilities of the user namespace"),
	{.name = "monotonic",
	 .arg = ARG_REQUIRED,
	 .metavar = "SECONDS",
	 .help = "offset of CLOCK_MONOTONIC; needs --time",
	 .set = set_offset,
	 .data = 0},
	{.name = "boottime",
	 .arg = ARG_REQUIRED,
	 .metavar = "SECONDS",
	 .help = "offset of CLOCK_BOOTTIME; needs --time",
	 .set = set_offset,
	 .data = 1},
	TOOL_FLAG("clear-env", 0, clear_env, "start PROGRAM with an empty environment"),
	{.name = "whitelist-env",
	 .arg = ARG_REQUIRED,
	 .metavar = "NAMES",
	 .help = "keep only these variables, separated by commas",
	 .set = add_kept_env},
	TOOL_LAST_OPTIONS,
};

static int run(const struct command *self, char **argv)
{
	struct tool_options options_read = {0};
	struct tool_request *q = &options_read.request;
	size_t rest;
	int status;

	tool_request_init(q, "unshare", 1);
	q->propagation = MS_PRIVATE;
	status = command_parse(self, OPTIONS_FIRST, &options_read, argv, &rest);
	if (status >= 0)
		return status;
	q->argv = argv + 1;
	if ((q->create & CLONE_NEWPID) && !q->fork && !q->explain && isatty(STDIN_FILENO))
		command_note(self, "without --fork only the children of the program are in the new "
				   "PID namespace");
	if (q->keep_caps && !(q->create & CLONE_NEWUSER))
		q->keep_caps = false; /* as unshare(1): it is about a new user namespace */
	return tool_run(self, q);
}

const struct command unshare_command = {
	.name = "unshare",
	.group = "Namespaces",
	.synopsis = "[OPTION]… [PROGRAM [ARGUMENT]…]",
	.summary = "Run a program in new namespaces",
	.details =
		"Without PROGRAM, $SHELL is run (/bin/sh). The options are those of unshare(1).\n"
		"Exit status: that of PROGRAM; 1 when a step fails, 126 or 127 when PROGRAM cannot "
		"be run.\n",
	.options = options,
	.run = run,
	.usage_status = 1,
};
