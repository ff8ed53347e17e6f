// SPDX-License-Identifier: Apache-2.0
#include "capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const struct capset *wanted(const struct capabilities_plan *plan, uint32_t uid)
{
	return plan->by_user && uid != 0 ? &plan->other : &plan->set;
}

static int get_sets(struct capset *ret, struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};

	if (syscall(SYS_capget, &header, d) < 0)
		return err_errno(err, "cannot read own capabilities");
	ret->effective = d[0].effective | (uint64_t)d[1].effective << 32;
	ret->permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	ret->inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

static int set_sets(uint64_t effective, uint64_t permitted, uint64_t inheritable, struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	if (syscall(SYS_capset, &header, d) < 0)
		return err_errno(err, "cannot set the capabilities to permitted %#llx",
				 (unsigned long long)permitted);
	return 0;
}

/* Beyond the last one the kernel knows, PR_CAPBSET_DROP is EINVAL. It takes CAP_SETPCAP also for
 * what is gone already, which is no failure. */
static int cut_bounding(uint64_t keep, struct err *err)
{
	for (int c = 0; c < 64; c++) {
		int code;

		if (keep & CAPABILITY_BIT(c) || prctl(PR_CAPBSET_DROP, c, 0, 0, 0) == 0)
			continue;
		code = errno;
		if (code == EINVAL)
			return 0;
		if (prctl(PR_CAPBSET_READ, c, 0, 0, 0) != 0)
			return err_set(err, code, "cannot drop capability %d from the bounding set",
				       c);
	}
	return 0;
}

int capabilities_before_ids(const struct capabilities_plan *plan, uint32_t uid, struct err *err)
{
	int r;

	if (!plan->change)
		return 0;
	r = cut_bounding(wanted(plan, uid)->bounding, err);
	if (r < 0)
		return r;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_errno(err, "cannot keep capabilities over the change of user");
	return 0;
}

int capabilities_after_ids(const struct capabilities_plan *plan, struct err *err)
{
	struct capset now;
	int r;

	if (!plan->change)
		return 0;
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return err_errno(err, "cannot reset the keeping of capabilities");
	r = get_sets(&now, err);
	if (r < 0 || now.effective == now.permitted)
		return r;
	return set_sets(now.permitted, now.permitted, now.inheritable, err);
}

static int raise_ambient(uint64_t mask, struct err *err)
{
	for (int c = 0; c < CAPABILITY_COUNT; c++) {
		if (!(mask & CAPABILITY_BIT(c)))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) < 0)
			return err_errno(err, "cannot make capability %d ambient", c);
	}
	return 0;
}

int capabilities_finish(const struct capabilities_plan *plan, uint32_t uid, struct err *err)
{
	const struct capset *set = wanted(plan, uid);
	struct capset now;
	uint64_t possible;
	int r;

	if (!plan->change)
		return 0;
	r = get_sets(&now, err);
	if (r < 0)
		return r;
	/* Inheritable ones may be added only from the bounding set, so it is set while the
	 * permitted set is still whole. */
	possible = set->permitted & now.permitted;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_errno(err, "cannot clear the ambient capabilities");
	r = set_sets(set->effective & possible, possible, set->inheritable, err);
	if (r < 0)
		return r;
	return raise_ambient(set->ambient & possible & set->inheritable, err);
}

int capabilities_reduce(const struct capabilities_plan *plan, uint32_t uid, uint64_t extra,
			struct err *err)
{
	const struct capset *set = wanted(plan, uid);
	struct capset now;
	uint64_t keep;
	int r;

	if (!plan->change)
		return 0;
	r = get_sets(&now, err);
	if (r < 0)
		return r;
	keep = (set->permitted | extra) & now.permitted;
	return set_sets(keep, keep, now.inheritable, err);
}

int capabilities_keep(struct err *err)
{
	struct capset now;
	int r = get_sets(&now, err);

	if (r < 0)
		return r;
	r = set_sets(now.effective, now.permitted, now.permitted, err);
	if (r < 0)
		return r;
	return raise_ambient(now.effective, err);
}
