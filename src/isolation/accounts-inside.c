// SPDX-License-Identifier: Apache-2.0
#include "accounts.h"

#include <string.h>

/* 260 KiB each, so not on the stack. */
static struct credentials user, list;

static int unknown(const struct accounts_plan *plan, struct err *err)
{
	if (!plan->user.user)
		err_set(err, 0, "the group of user %u is unknown", plan->user.uid);
	else
		err_set(err, 0, "'%s' is known neither in the new root nor outside",
			plan->userspec);
	return err_remedy(err, "give ids: --userspec=UID:GID");
}

/* The primary group is the first of the list; of a list asked for it is no part. */
static void set_list(struct account_ids *ret, uint32_t n, const uint32_t *groups, uint32_t wanted)
{
	uint32_t skip = n > wanted ? 1 : 0;

	ret->n_groups = n - skip;
	ret->groups = groups + skip;
}

static int resolve_user(const struct accounts_plan *plan, int root, struct account_ids *ret,
			struct err *err)
{
	const struct account *outside = &plan->outside_user;
	int r = credentials_resolve(&plan->user, root, &user, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && (user.name[0] || plan->user.group_given)) {
		ret->uid = user.uid;
		ret->gid = user.gid;
		ret->n_groups = user.groups_count;
		ret->groups = user.groups;
	} else if (outside->known) {
		ret->uid = outside->uid;
		ret->gid = outside->gid;
		ret->n_groups = outside->n_groups;
		ret->groups = outside->groups;
	} else {
		return unknown(plan, err);
	}
	ret->set_groups = plan->set_uid;
	/* An id without a name here may have one outside; without any it is in no group. */
	if (r == 0 && !user.name[0]) {
		ret->n_groups = outside->known ? outside->n_groups : 0;
		ret->groups = outside->groups;
	}
	return 0;
}

static int resolve_list(const struct accounts_plan *plan, int root, struct account_ids *ret,
			struct err *err)
{
	const struct account *outside = &plan->outside_list;
	uint32_t wanted = plan->list.ids_count + plan->list.names_count;
	int r = credentials_resolve(&plan->list, root, &list, err);

	if (r < 0 && (r != -ENOENT || !outside->known))
		return r;
	ret->set_groups = 1;
	if (r == 0)
		set_list(ret, list.groups_count, list.groups, wanted);
	else
		set_list(ret, outside->n_groups, outside->groups, wanted);
	return 0;
}

int accounts_resolve(const struct accounts_plan *plan, int root, struct account_ids *ret,
		     struct err *err)
{
	int r = 0;

	*ret = (struct account_ids){0};
	if (plan->set_gid)
		r = resolve_user(plan, root, ret, err);
	if (r == 0 && plan->groups)
		r = resolve_list(plan, root, ret, err);
	if (r == 0)
		*err = (struct err){0};
	return r;
}
