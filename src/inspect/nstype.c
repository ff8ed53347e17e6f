// SPDX-License-Identifier: Apache-2.0
#include "nstype.h"

#include <stddef.h>
#include <string.h>

/*
 * linux/nsfs.h (enum init_ns_ino, 6.18); before, under other names, linux/proc_ns.h. Older
 * kernels number the first mount and network namespace like any other, from 0xF0000000 on,
 * so these two values never mean anything else there.
 */
static const uint64_t initial[NAMESPACE_TYPES] = {
	[NAMESPACE_MNT] = 0xEFFFFFF8,  [NAMESPACE_NET] = 0xEFFFFFF9,
	[NAMESPACE_TIME] = 0xEFFFFFFA, [NAMESPACE_CGROUP] = 0xEFFFFFFB,
	[NAMESPACE_PID] = 0xEFFFFFFC,  [NAMESPACE_USER] = 0xEFFFFFFD,
	[NAMESPACE_UTS] = 0xEFFFFFFE,  [NAMESPACE_IPC] = 0xEFFFFFFF,
};

uint64_t ns_initial_inode(enum namespace_type type)
{
	return initial[type];
}

int ns_parse_link(const char *text, uint64_t *ret_inode)
{
	for (int t = 0; t < NAMESPACE_TYPES; t++) {
		const char *name = namespace_infos[t].name;
		size_t len = strlen(name);
		uint64_t inode = 0;
		const char *s;

		if (strncmp(text, name, len) != 0 || text[len] != ':' || text[len + 1] != '[')
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
