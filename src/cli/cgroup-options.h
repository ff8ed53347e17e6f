// SPDX-License-Identifier: Apache-2.0
/* What the commands of `kokon cgroup` share: options, and the layout they work on. */
#ifndef KOKON_CLI_CGROUP_H
#define KOKON_CLI_CGROUP_H

#include "cgroup.h"
#include "command.h"
#include "group-ops.h"

struct cgroup_options {
	struct common_options common;
	int explain, trace, json, recursive, kill;
	int watch; /* stats: again and again */
	uint64_t interval_ms;
	uint32_t controllers; /* asked for without a limit */
	struct cgroup_limits limits;
	struct cgroup_io_max io[16];
	struct cgroup_raw raw[32];
};

/* Options of create and set. */
#define CGROUP_LIMIT_OPTIONS_COUNT 12
int set_cgroup_limit(void *request, const struct option_def *def, const char *value,
		     struct err *err); /* data: enum cgroup_limit */
int set_cgroup_other(void *request, const struct option_def *def, const char *value,
		     struct err *err); /* data: enum cgroup_other */
int set_cgroup_flag(void *request, const struct option_def *def, const char *value,
		    struct err *err); /* data: offset of an int */

/* Arena, layout and context of one command. Returns -1 to go on, else the exit status. */
struct cgroup_session {
	struct arena arena;
	struct cgroup_layout *layout;
	struct out out;
	struct group_context context;
};
int cgroup_begin(const struct command *self, const struct cgroup_options *options,
		 struct cgroup_session *s);
/* Print what was written to s->out and free everything. */
int cgroup_end(const struct command *self, struct cgroup_session *s, int status);
/* Parse options; exactly or at least `words` arguments. Returns -1 to go on. */
int cgroup_parse(const struct command *self, struct cgroup_options *o, enum options_order order,
		 char **argv, size_t least, size_t most, size_t *ret_rest);

#define CGROUP_FLAG(field_, name_, help_)                                                          \
	{                                                                                          \
		.name = name_, .help = help_, .set = set_cgroup_flag,                              \
		.data = offsetof(struct cgroup_options, field_)                                    \
	}
#define CGROUP_EXPLAIN                                                                             \
	CGROUP_FLAG(explain, "explain", "print the steps as shell commands, and do nothing")
#define CGROUP_TRACE                                                                               \
	CGROUP_FLAG(trace, "trace", "do it, and print the steps and their duration to stderr")
#define CGROUP_JSON CGROUP_FLAG(json, "json", "print JSON")

extern const struct command cgroup_create_command, cgroup_set_command, cgroup_exec_command,
	cgroup_move_command, cgroup_freeze_command, cgroup_thaw_command, cgroup_kill_command,
	cgroup_remove_command, cgroup_list_command, cgroup_show_command, cgroup_tree_command,
	cgroup_stats_command;

#endif
