// SPDX-License-Identifier: Apache-2.0
/*
 * Kernel parameters of the container (sysctl(8), proc(5) "/proc/sys"): only those that belong
 * to a namespace, and only when the container has that namespace for itself. Any other one
 * would change the host.
 *
 * They are written through a procfs of our own, named by descriptor: a /proc that the container's
 * image or volumes provide could lead the write to another file.
 */
#ifndef KOKON_SYSCTL_H
#define KOKON_SYSCTL_H

#include <stdint.h>
#include "arena.h"
#include "err.h"

struct sysctl {
	const char *key;    /* "net.ipv4.ip_forward", for messages */
	const char *path;   /* "sys/net/ipv4/ip_forward", below /proc */
	const char *value;  /* one line */
	uint32_t namespace; /* CLONE_NEW* that it belongs to */
	uint32_t optional;  /* 1: this kernel may lack it (a default of ours) */
};

/* Part of a plan. */
struct sysctl_plan {
	uint32_t count;
	const struct sysctl *list;
};

/* KEY=VALUE, the key with dots. A key holds letters, digits, '_', '-' and single dots; a value
 * no newline. Returns 0 or -EINVAL, also when the key belongs to no namespace. */
int sysctl_parse(const char *text, struct arena *a, struct sysctl *ret, struct err *err);
/* The same for a key and a value (an OCI config's linux.sysctl). */
int sysctl_make(const char *key, const char *value, struct arena *a, struct sysctl *ret,
		struct err *err);
/* `own` are the namespaces (CLONE_NEW*) that the container does not share with the host.
 * Returns 0 or -EPERM. */
int sysctl_check(const struct sysctl *s, uint32_t own, struct err *err);

/*
 * Docker's defaults: low ports and ping(8) without privileges; none unless the network namespace
 * is own. `last_gid` is the highest group mapped in the container (4294967294 without a user
 * namespace). Room for two in ret; returns how many there are.
 */
uint32_t sysctl_defaults(uint32_t own, uint32_t last_gid, struct arena *a, struct sysctl *ret);

/* Inside: write them. `proc` is a descriptor of a procfs root that was mounted for this, while
 * in the namespaces concerned. Returns 0 or -errno. */
int sysctl_apply(const struct sysctl_plan *plan, int proc, struct err *err);

#endif
