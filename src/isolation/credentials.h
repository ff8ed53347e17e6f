// SPDX-License-Identifier: Apache-2.0
/*
 * Credentials: the user, groups and umask of the payload (credentials(7)).
 *
 * The host half reads what `-u` and `--group-add` say, without looking anything up. Names exist
 * only in the container's own /etc/passwd and /etc/group, so the inside half resolves them there:
 * regular files only, read as a stream with bounds, through openat2(2) RESOLVE_IN_ROOT.
 * What is written in digits is an id and is never looked up as a name.
 */
#ifndef KOKON_CREDENTIALS_H
#define KOKON_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"

enum {
	CREDENTIALS_GROUPS_MAX = 65536,  /* the kernel's NGROUPS_MAX */
	CREDENTIALS_NAMES_MAX = 64,      /* groups added by name */
	CREDENTIALS_FILE_MAX = 16 << 20, /* bytes of /etc/passwd or /etc/group that are read */
};

/* What is read in the container's files, beyond the names that the plan holds. */
enum credentials_lookup {
	LOOKUP_GROUPS = 1, /* primary and supplementary groups of the user */
	LOOKUP_HOME = 2,   /* the home directory */
};

enum setgroups_policy {
	SETGROUPS_SET = 0,    /* set the list */
	SETGROUPS_DENIED = 1, /* the user namespace denies setgroups(2): the list stays as it is */
	SETGROUPS_KEEP = 2,   /* --group-add=keep-groups: the caller's groups are kept */
};

/* Part of a plan. All zero: uid 0, gid 0, no other groups, nothing looked up. */
struct credentials_plan {
	const char *user;  /* a name; NULL: `uid` */
	const char *group; /* a name; NULL: `gid` */
	uint32_t uid;
	uint32_t gid;
	uint32_t group_given; /* 1: `group` or `gid` was asked for; 0: the user's own */
	uint32_t lookup;      /* LOOKUP_* */
	uint32_t setgroups;   /* enum setgroups_policy */
	uint32_t ids_count;
	uint32_t names_count;
	int32_t umask;               /* 0 … 0777; -1: as it is */
	int32_t parent_death_signal; /* armed again after the change, which clears it; 0: none */
	const uint32_t *ids;         /* more groups, by id */
	const char *const *names;    /* more groups, by name */
};

/* What the plan came to in this container. 260 KiB: give it static storage. */
struct credentials {
	uint32_t uid;
	uint32_t gid;
	uint32_t groups_count;
	char name[256];                          /* the user's name; empty: it has none */
	char home[1024];                         /* absolute; "/" when unknown */
	uint32_t groups[CREDENTIALS_GROUPS_MAX]; /* the primary one is the first */
};

/*
 * NAME, UID, NAME:GROUP, UID:GID, NAME:GID, UID:GROUP, or :GROUP for uid 0, as `-u` of
 * podman-run(1). Digits are a decimal id up to 4294967294; anything else is a name, which
 * consists of printable characters and begins with neither '+' nor '-'. Fills user, uid, group,
 * gid, group_given and lookup; the rest of the plan is left. Returns 0 or -errno (-EINVAL,
 * -ERANGE).
 */
int credentials_parse_user(const char *text, struct arena *a, struct credentials_plan *plan,
			   struct err *err);
/* --group-add: names and ids, each word possibly a list with commas; "keep-groups" stands alone.
 * `words` ends with NULL. Fills ids, names and maybe setgroups. Returns 0 or -errno. */
int credentials_parse_groups(const char *const *words, struct arena *a,
			     struct credentials_plan *plan, struct err *err);
/* The user namespace has one group only, so setgroups(2) is denied there (user_namespaces(7)):
 * note it in the plan, or refuse with -EPERM when groups were asked for. */
int credentials_deny_setgroups(struct credentials_plan *plan, struct err *err);
/* "0022", "22" -> 0022. Returns 0 or -EINVAL, -ERANGE (above 0777). */
int credentials_parse_umask(const char *text, int32_t *ret_umask, struct err *err);

/*
 * Inside. Resolve: read-only, needs only the root's descriptor (an O_PATH one will do). Fails
 * with -ENOENT for an unknown name, -EFBIG, -EINVAL for files that are not
 * what they should be.
 */
int credentials_resolve(const struct credentials_plan *plan, int root, struct credentials *ret,
			struct err *err);
/* umask, setgroups, setresgid, setresuid, and the parent death signal. Needs CAP_SETGID and
 * CAP_SETUID in the user namespace. Around it: capabilities_before_ids() and _after_ids(). */
int credentials_apply(const struct credentials_plan *plan, const struct credentials *c,
		      struct err *err);
/* prctl(2) PR_SET_NO_NEW_PRIVS. */
int no_new_privs_set(struct err *err);

#endif
