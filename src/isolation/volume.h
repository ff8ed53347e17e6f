// SPDX-License-Identifier: Apache-2.0
/*
 * Volumes: what users write after -v, --mount, --tmpfs and --shm-size, as plain data.
 * Nothing is looked up here; the plan makes mount operations of it (mounts.h).
 */
#ifndef KOKON_VOLUME_H
#define KOKON_VOLUME_H

#include <stdint.h>
#include "arena.h"
#include "err.h"
#include "out.h"

enum volume_kind {
	VOLUME_BIND,
	VOLUME_NAMED, /* kept by kokon under a name; without one, for this container only */
	VOLUME_TMPFS,
	VOLUME_DEVPTS,
	VOLUME_MQUEUE,
};

#define VOLUME_MODE_UNSET UINT32_MAX

struct volume {
	uint32_t kind;        /* enum volume_kind */
	const char *source;   /* BIND: absolute path on the host; NAMED: the name or NULL */
	const char *target;   /* absolute path in the container, without "." and ".." */
	uint64_t attributes;  /* MOUNT_ATTR_* to set */
	uint64_t propagation; /* MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE */
	uint32_t propagation_recursive; /* 1: "rslave" … */
	uint32_t recursive;             /* BIND: with what is mounted below (rbind), the default */
	uint32_t relabel;               /* 'z' or 'Z': change the label for SELinux; 0: not */
	uint32_t chown;                 /* U: give the files to the container's user */
	uint32_t overlay;               /* O: changes are not kept */
	uint32_t no_copy;   /* NAMED, TMPFS: do not fill with what the image has there */
	const char *idmap;  /* NULL: not mapped; "": as the container; else "uids=…;gids=…" */
	const char *size;   /* TMPFS: bytes, or "N%" of memory; NULL: the kernel's default */
	const char *inodes; /* TMPFS: nr_inodes; NULL: the kernel's default */
	uint32_t mode;      /* TMPFS: permission bits; VOLUME_MODE_UNSET */
	uint32_t uid, gid;  /* TMPFS: owner */
};

/*
 * -v [SOURCE:]TARGET[:OPTIONS]. A source that begins with '/' or '.' is a path (relative ones
 * start at `cwd`), any other a volume's name. Binds are nosuid and nodev unless told otherwise
 * (below /dev: not nodev), recursive and rprivate. Returns 0 or -EINVAL.
 */
int volume_parse(const char *text, const char *cwd, struct arena *a, struct volume *ret,
		 struct err *err);
/* --mount type=bind,source=…,target=…: fields as CSV, so one that holds a comma is quoted.
 * Returns 0 or -EINVAL. */
int volume_parse_mount(const char *text, const char *cwd, struct arena *a, struct volume *ret,
		       struct err *err);
/* --tmpfs TARGET[:OPTIONS]: nosuid, nodev and noexec unless told otherwise. 0 or -EINVAL. */
int volume_parse_tmpfs(const char *text, struct arena *a, struct volume *ret, struct err *err);
/* --shm-size: bytes with an optional unit; 0: no limit. Returns 0 or -errno. */
int volume_parse_shm_size(const char *text, uint64_t *ret_bytes, struct err *err);

/* Two volumes cannot be at one place. Returns 0 or -EEXIST. */
int volumes_check(const struct volume *list, uint32_t count, struct err *err);
/* "" and "." and ".." taken out by text, as a shell's cd does; in the arena. */
const char *volume_clean_path(const char *path, struct arena *a);

#endif
