// SPDX-License-Identifier: Apache-2.0
#include "nstype.h"

#include <string.h>

/*
 * Inodes from linux/nsfs.h (enum init_ns_ino, 6.18) and, under other names, from
 * linux/proc_ns.h before. Older kernels number the first mount and network namespace like
 * any other, from 0xF0000000 on, so these two values never mean anything else there.
 */
const struct ns_type_info ns_types[NS_TYPES] = {
	[NS_MNT] = {"mnt", "mounts", 0xEFFFFFF8},
	[NS_NET] = {"net", "network devices, addresses, ports", 0xEFFFFFF9},
	[NS_PID] = {"pid", "process numbers", 0xEFFFFFFC},
	[NS_UTS] = {"uts", "host name", 0xEFFFFFFE},
	[NS_IPC] = {"ipc", "System V IPC, POSIX message queues", 0xEFFFFFFF},
	[NS_USER] = {"user", "user ids, capabilities", 0xEFFFFFFD},
	[NS_CGROUP] = {"cgroup", "view of the cgroup tree", 0xEFFFFFFB},
	[NS_TIME] = {"time", "boot and monotonic clocks", 0xEFFFFFFA},
};

int ns_type_from_name(const char *name)
{
	for (int t = 0; t < NS_TYPES; t++)
		if (strcmp(ns_types[t].name, name) == 0)
			return t;
	return -1;
}

int ns_parse_link(const char *text, uint64_t *ret_inode)
{
	for (int t = 0; t < NS_TYPES; t++) {
		size_t len = strlen(ns_types[t].name);
		uint64_t inode = 0;
		const char *s;

		if (strncmp(text, ns_types[t].name, len) != 0 || text[len] != ':' ||
		    text[len + 1] != '[')
			continue;
		for (s = text + len + 2; *s >= '0' && *s <= '9'; s++)
			inode = inode * 10 + (uint64_t)(*s - '0');
		if (s == text + len + 2 || strcmp(s, "]") != 0)
			return -1;
		*ret_inode = inode;
		return t;
	}
	return -1;
}
