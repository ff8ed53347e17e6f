// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
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

int identity_drop_groups(struct err *err)
{
	if (setgroups(0, NULL) == 0)
		return 0;
	return err_errno(err, "cannot drop the supplementary groups");
}

/* An id without a place in this user namespace reads as 65534, the overflow id. */
static int follow(const struct identity_plan *plan, const int *handles, struct identity_plan *ret,
		  struct err *err)
{
	struct stat st;

	*ret = *plan;
	if (!plan->follow_uid && !plan->follow_gid)
		return 0;
	if (fstat(handles[plan->follow_handle], &st) < 0)
		return err_errno(err, "cannot see the ids of the target process");
	if (plan->follow_uid)
		ret->uid = st.st_uid;
	if (plan->follow_gid)
		ret->gid = st.st_gid;
	return 0;
}

static int look_up(const struct accounts_plan *accounts, struct identity_plan *ret, struct err *err)
{
	CLOSE_FD int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct account_ids ids;
	int r = accounts_resolve(accounts, root, &ids, err);

	if (r < 0)
		return r;
	ret->set_uid = accounts->set_uid;
	ret->set_gid = accounts->set_gid;
	ret->uid = ids.uid;
	ret->gid = ids.gid;
	ret->set_groups = ids.set_groups;
	ret->n_groups = ids.n_groups;
	ret->groups = ids.groups;
	return 0;
}

static int set_groups(const struct identity_plan *plan, struct err *err)
{
	if (setgroups(plan->n_groups, plan->groups) == 0 ||
	    (plan->groups_optional && errno == EPERM))
		return 0;
	err_errno(err, "cannot set the supplementary groups");
	if (err->code == EPERM && plan->n_groups == 0)
		return err_remedy(err, "dropping them is not allowed in this user namespace (see "
				       "/proc/self/setgroups): to keep them, add "
				       "--preserve-credentials");
	return refused(err);
}

int identity_apply(const struct identity_plan *plan, const int *handles, struct err *err)
{
	struct identity_plan p;
	int r = follow(plan, handles, &p, err);

	if (r == 0 && plan->accounts)
		r = look_up(plan->accounts, &p, err);
	if (r == 0 && p.set_groups)
		r = set_groups(&p, err);
	if (r < 0)
		return r;
	if (p.set_gid && setresgid(p.gid, p.gid, p.gid) < 0) {
		err_errno(err, "cannot become group %u", p.gid);
		return refused(err);
	}
	if (p.set_uid && setresuid(p.uid, p.uid, p.uid) < 0) {
		err_errno(err, "cannot become user %u", p.uid);
		return refused(err);
	}
	return p.keep_caps ? capabilities_keep(err) : 0;
}
