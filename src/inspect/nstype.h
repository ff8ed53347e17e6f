// SPDX-License-Identifier: Apache-2.0
/*
 * How the kernel names and numbers namespaces in /proc (namespaces(7)).
 */
#ifndef KOKON_NSTYPE_H
#define KOKON_NSTYPE_H

#include <stdint.h>
#include "namespaces.h"

#define NS_ALL_TYPES ((1U << NAMESPACE_TYPES) - 1)

/* The inode of the namespace that the kernel starts with. */
uint64_t ns_initial_inode(enum namespace_type type);

/* "net:[4026531833]", as links in /proc/PID/ns and /proc/PID/fd and roots of nsfs mounts
 * read. Returns the type, or -1 when it names no namespace. */
int ns_parse_link(const char *text, uint64_t *ret_inode);

#endif
