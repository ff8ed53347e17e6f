// SPDX-License-Identifier: Apache-2.0
/*
 * Device nodes of the container: which, and how they come into its /dev.
 *
 * Where mknod(2) is allowed the nodes are made anew. In a user namespace it is not, so there the
 * host's node is bind-mounted, after a check that it is the device that is meant: the name
 * /dev/null alone is no proof.
 */
#ifndef KOKON_DEVICES_H
#define KOKON_DEVICES_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"

/* As BPF_DEVCG_ACC_* (linux/bpf.h). */
enum device_access { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4 };

/* Part of a plan. In the OCI config: linux.devices. */
struct device {
	const char *path;   /* in the container, absolute */
	const char *source; /* on the host, for a bind mount; also where --device was found */
	uint32_t type;      /* S_IFCHR, S_IFBLK, S_IFIFO */
	uint32_t major, minor;
	uint32_t mode;     /* permission bits */
	uint32_t uid, gid; /* in the container */
	uint32_t access;   /* DEVICE_*, for the cgroup's device filter */
};

enum { DEVICES_MAX = 256 };

struct devices_plan {
	uint32_t count;
	uint32_t bind; /* 1: bind the host's nodes; 0: make them */
	const struct device *list;
};

/* null zero full random urandom tty, as every container has them; they point into the arena.
 * Returns their number; room for six. */
uint32_t devices_default(struct arena *a, struct device *ret);

/* --device HOST[:CONTAINER[:rwm]]: both absolute paths; without CONTAINER it is HOST, without
 * access it is rwm. "HOST:rw" is understood. Fills path, source, access. 0 or -EINVAL. */
int device_parse(const char *text, struct arena *a, struct device *ret, struct err *err);
/*
 * What is at d->source: type, numbers, mode and owner of the node, or, of a directory, of every
 * node in it and below. Reads only. Puts up to `room` devices in ret and their number in
 * *ret_count. Returns 0 or -errno.
 */
int device_survey(const struct device *d, struct arena *a, struct device *ret, uint32_t room,
		  uint32_t *ret_count, struct err *err);

/* The host's node of a device that is not at `path` there: its path, in the arena. NULL: there is
 * none, or `path` will do. Reads only. `type` is S_IFCHR or S_IFBLK. */
const char *device_find(struct arena *a, const char *path, uint32_t type, uint32_t major,
			uint32_t minor);

/*
 * Inside, before the root changes: the host's nodes as detached mounts, for plans that bind.
 * fds has plan->count places; it gets -1 where nothing is to be bound. They are the caller's.
 */
int devices_open(const struct devices_plan *plan, int *fds, struct err *err);
/* Inside: make or attach them below `root`, a descriptor of the container's root, with the
 * directories that are missing. What is there already must be the device asked for. */
int devices_make(const struct devices_plan *plan, const int *fds, int root, struct err *err);
/* Inside: ptmx -> pts/ptmx, fd -> /proc/self/fd, stdin, stdout, stderr. `dev` is a descriptor of
 * the container's own /dev; what else has one of these names is replaced. */
int devices_link(int dev, struct err *err);
/* Inside: open the null device of `dev` (flags such as O_RDWR), which must be 1:3.
 * Returns a descriptor or -errno. */
int devices_open_null(int dev, int flags, struct err *err);

#endif
