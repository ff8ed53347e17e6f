// SPDX-License-Identifier: Apache-2.0
/*
 * Id maps of a user namespace (user_namespaces(7), newuidmap(1), subuid(5)).
 */
#ifndef KOKON_IDMAP_H
#define KOKON_IDMAP_H

#include <stdint.h>
#include <sys/types.h>
#include "arena.h"
#include "err.h"

struct idmap_range {
	uint32_t inside;  /* first id in the namespace */
	uint32_t outside; /* first id in the parent namespace */
	uint32_t count;   /* > 0 */
};

struct idmap {
	const struct idmap_range *ranges;
	uint32_t n; /* 0: this map is not written */
};

enum idmap_writer {
	IDMAP_SELF,   /* the process in the namespace maps its own id: needs no privilege */
	IDMAP_HOST,   /* the host side writes /proc/PID/uid_map */
	IDMAP_HELPER, /* the host side runs newuidmap and newgidmap */
	IDMAP_PARENT, /* a child of the host side does, as root of the parent user namespace */
};

enum setgroups { SETGROUPS_UNCHANGED, SETGROUPS_ALLOW, SETGROUPS_DENY };

struct idmap_plan {
	struct idmap uid, gid;
	uint32_t uid_writer; /* enum idmap_writer */
	uint32_t gid_writer;
	uint32_t setgroups;   /* enum setgroups, written before the gid map when DENY */
	uint32_t root_inside; /* the caller is root of the new namespace */
	uint32_t set_owner;   /* become owner_uid:owner_gid before making the namespace */
	uint32_t owner_uid, owner_gid;
};

/* "INSIDE:OUTSIDE:COUNT", with another separator than ':' where that is usual. */
int idmap_range_parse(const char *text, char separator, struct idmap_range *ret, struct err *err);

/* The map in the form of /proc/PID/uid_map: "0 1000 1\n…", in the arena. */
char *idmap_text(struct arena *a, const struct idmap *map);

/*
 * Put a single id in front of the ranges and cut it out of them, so that nothing overlaps
 * (as unshare(1) does for --map-user with --map-users). `map` is replaced.
 */
void idmap_add_single(struct arena *a, struct idmap *map, uint32_t inside, uint32_t outside);

/*
 * A map whose outside ids are those of this user namespace, for a namespace that is made in another
 * one, `between`. 0 or -EINVAL with the message.
 */
int idmap_through(struct arena *a, const struct idmap *map, const struct idmap *between,
		  struct idmap *ret, struct err *err);

/* --- host half: `pid` is the process in the namespace --- */
int idmap_write_host(pid_t pid, const struct idmap_plan *plan, struct err *err);

/* --- inside half --- */
int idmap_become_owner(const struct idmap_plan *plan, struct err *err);
int idmap_write_self(const struct idmap_plan *plan, struct err *err);

#endif
