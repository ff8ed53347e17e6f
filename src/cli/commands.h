// SPDX-License-Identifier: Apache-2.0
/* Every command, defined in the file of its name. */
#ifndef KOKON_COMMANDS_H
#define KOKON_COMMANDS_H

#include "command.h"

extern const struct command run_command;
extern const struct command exec_command;
extern const struct command ps_command;
extern const struct command top_command;
extern const struct command stop_command;
extern const struct command kill_command; /* stop.c */
extern const struct command unshare_command;
extern const struct command chroot_command;
extern const struct command command_help_command; /* main.c */
extern const struct command completion_command;
extern const struct command cgroup_command;
extern const struct command lsns_command;
extern const struct command network_command;
extern const struct command map_command;
extern const struct command ns_command;
extern const struct command system_command;
extern const struct command netns_command;
extern const struct command veth_command;   /* wire.c */
extern const struct command bridge_command; /* wire.c */
extern const struct command rootfs_command;
extern const struct command nsenter_command;

#endif
