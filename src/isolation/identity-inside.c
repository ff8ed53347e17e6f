// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <grp.h>
#include <unistd.h>
#include "capabilities.h"

static int refused(struct err *err)
{
	if (err->code == EINVAL)
		return err_remedy(err, "the id is not mapped in this user namespace, see "
				       "/proc/self/uid_map and gid_map");
	if (err->code == EPERM)
		return err_remedy(err, "this takes CAP_SETUID and CAP_SETGID; in a user namespace, "
				       "setgroups must be allowed and the id mapped");
	return -err->code;
}

int identity_apply(const struct identity_plan *plan, struct err *err)
{
	if (plan->set_groups && setgroups(plan->n_groups, plan->groups) < 0 &&
	    !(plan->groups_optional && errno == EPERM)) {
		err_errno(err, "cannot set the supplementary groups");
		return refused(err);
	}
	if (plan->set_gid && setresgid(plan->gid, plan->gid, plan->gid) < 0) {
		err_errno(err, "cannot become group %u", plan->gid);
		return refused(err);
	}
	if (plan->set_uid && setresuid(plan->uid, plan->uid, plan->uid) < 0) {
		err_errno(err, "cannot become user %u", plan->uid);
		return refused(err);
	}
	return plan->keep_caps ? capabilities_keep(err) : 0;
}
