// SPDX-License-Identifier: Apache-2.0
#include "idmap.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include "file.h"

static int put(const char *path, const char *text, struct err *err)
{
	int r = write_file_at(AT_FDCWD, path, text);

	if (r == 0)
		return 0;
	err_set(err, -r, "cannot write '%s' to '%s'", text, path);
	if (r == -ENOENT)
		err_remedy(err, "/proc must be mounted to map ids");
	return r;
}

/* The kernel accepts one line that maps the writer's own id (user_namespaces(7)). */
static int put_single(const char *path, const struct idmap *map, struct err *err)
{
	char line[40];

	snprintf(line, sizeof(line), "%u %u 1", map->ranges[0].inside, map->ranges[0].outside);
	return put(path, line, err);
}

int idmap_write_self(const struct idmap_plan *plan, struct err *err)
{
	int r = 0;

	if (plan->uid.n && plan->uid_writer == IDMAP_SELF)
		r = put_single("/proc/self/uid_map", &plan->uid, err);
	if (r == 0 && plan->setgroups == SETGROUPS_DENY &&
	    (plan->gid.n == 0 || plan->gid_writer == IDMAP_SELF))
		r = put("/proc/self/setgroups", "deny", err);
	if (r == 0 && plan->gid.n && plan->gid_writer == IDMAP_SELF)
		r = put_single("/proc/self/gid_map", &plan->gid, err);
	if (r == 0 && plan->setgroups == SETGROUPS_ALLOW)
		r = put("/proc/self/setgroups", "allow", err);
	return r;
}

int idmap_become_owner(const struct idmap_plan *plan, struct err *err)
{
	if (setgroups(0, NULL) < 0)
		return err_errno(err, "cannot drop the supplementary groups");
	if (setresgid(plan->owner_gid, plan->owner_gid, plan->owner_gid) < 0)
		return err_errno(err, "cannot become group %u", plan->owner_gid);
	if (setresuid(plan->owner_uid, plan->owner_uid, plan->owner_uid) < 0)
		return err_errno(err, "cannot become user %u", plan->owner_uid);
	return 0;
}
