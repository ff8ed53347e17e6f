// SPDX-License-Identifier: Apache-2.0
/* The table of commands, in the order of the overview. */
#include "commands.h"

/* clang-format off */
const struct command *const commands[] = {
	&run_command,
	&exec_command,
	&ps_command,
	&top_command,
	&stop_command,
	&kill_command,
	&network_command,
	&system_command,
	&rootfs_command,
	&cgroup_command,
	&netns_command,
	&veth_command,
	&bridge_command,
	&map_command,
	&lsns_command,
	&ns_command,
	&nsenter_command,
	&unshare_command,
	&chroot_command,
	&completion_command,
	&command_help_command,
	NULL,
};
/* clang-format on */
