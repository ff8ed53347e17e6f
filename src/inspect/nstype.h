// SPDX-License-Identifier: Apache-2.0
/*
 * The eight kinds of namespaces, as /proc/PID/ns names them (namespaces(7)).
 */
#ifndef KOKON_NSTYPE_H
#define KOKON_NSTYPE_H

#include <stddef.h>
#include <stdint.h>

enum ns_type { NS_MNT, NS_NET, NS_PID, NS_UTS, NS_IPC, NS_USER, NS_CGROUP, NS_TIME, NS_TYPES };

#define NS_ALL_TYPES ((1U << NS_TYPES) - 1)

struct ns_type_info {
	const char *name;     /* "mnt": the file in /proc/PID/ns */
	const char *isolates; /* in words */
	uint64_t initial;     /* inode of the namespace that the kernel starts with */
};

extern const struct ns_type_info ns_types[NS_TYPES];

/* Returns an enum ns_type, or -1. */
int ns_type_from_name(const char *name);

/* "net:[4026531833]", as links in /proc/PID/ns and /proc/PID/fd and roots of nsfs mounts
 * read. Returns the type, or -1 when it names no namespace. */
int ns_parse_link(const char *text, uint64_t *ret_inode);

#endif
