// SPDX-License-Identifier: Apache-2.0
/*
 * Accounts: user and group names that are looked up in a new root (chroot --userspec, --groups).
 *
 * The names mean what /etc/passwd and /etc/group of the new root say. Where these do not know
 * them, they mean what they meant outside, as in chroot(1) of coreutils. Digits are always ids.
 */
#ifndef KOKON_ACCOUNTS_H
#define KOKON_ACCOUNTS_H

#include <stdint.h>
#include "arena.h"
#include "credentials.h"
#include "err.h"

/* What a look-up gave. */
struct account {
	uint32_t known; /* the rest means something */
	uint32_t uid, gid;
	uint32_t n_groups;
	const uint32_t *groups;
};

struct accounts_plan {
	const char *userspec, *groups; /* as given; NULL: not given */
	struct credentials_plan user;  /* of userspec */
	struct credentials_plan list;  /* of groups */
	uint32_t set_uid, set_gid;     /* userspec has a user; has a user or a group */
	uint32_t user_is_outside;      /* for explanations: the new root does not know it */
	struct account outside_user;   /* what userspec means outside */
	struct account outside_list;   /* what groups means outside */
};

/* Who the program runs as, in numbers. */
struct account_ids {
	uint32_t uid, gid;
	uint32_t set_groups, n_groups;
	const uint32_t *groups;
};

/* Host half, pure: "USER", "USER:GROUP", "USER:", ":GROUP" and "+ID" for an id; a list of groups
 * with commas, empty for none. Either may be NULL. 0 or -errno. */
int accounts_parse(const char *userspec, const char *groups, struct arena *a,
		   struct accounts_plan *ret, struct err *err);

/* Host half: what the names mean here, where they mean something. */
void accounts_look_up(struct arena *a, int root, struct accounts_plan *plan);

/* Inside half: `root` is the new root. The groups live as long as the process. */
int accounts_resolve(const struct accounts_plan *plan, int root, struct account_ids *ret,
		     struct err *err);

#endif
