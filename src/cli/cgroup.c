// SPDX-License-Identifier: Apache-2.0
/* kokon cgroup: the table of its commands, and what they share. */
#include "cgroup-options.h"

#include "commands.h"

static const struct command *const subcommands[] = {
	&cgroup_create_command,
	&cgroup_set_command,
	&cgroup_exec_command,
	&cgroup_move_command,
	&cgroup_list_command,
	&cgroup_show_command,
	&cgroup_tree_command,
	&cgroup_stats_command,
	&cgroup_freeze_command,
	&cgroup_thaw_command,
	&cgroup_kill_command,
	&cgroup_remove_command,
	NULL,
};

static const struct option_def options[] = {OPTION_HELP, OPTION_VERSION, OPTIONS_END};

const struct command cgroup_command = {
	.name = "cgroup",
	.group = "Control groups",
	.synopsis = "COMMAND [OPTIONS] PATH …",
	.summary = "Make groups of processes, limit them, look at them",
	.details = "PATH is the name of a group, 'lab' or 'lab/one'. The same name is made in "
		   "every hierarchy that\n"
		   "has a controller asked for, on cgroup v1, v2 and hybrid machines alike. For an "
		   "ordinary user it\n"
		   "is taken below the part of the tree that is delegated.\n",
	.options = options,
	.subcommands = subcommands,
	.run = command_dispatch,
	.usage_status = 2,
};
