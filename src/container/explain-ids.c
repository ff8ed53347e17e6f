// SPDX-License-Identifier: Apache-2.0
/* Making a user namespace and mapping ids in shell, and what is done from outside meanwhile. */
#include <sched.h>

#include "explain.h"
#include "router.h"
#include "uapi.h"

static bool is_mapped_outside(const struct idmap *map, uint32_t writer)
{
	return map->n > 0 && writer != IDMAP_SELF;
}

/* --- from outside --- */

/* Wait until the script's process is in another namespace than we are. */
static void wait_for(struct explain *x, const char *file)
{
	explain_command(x,
			"until n=$(readlink /proc/$$/ns/%s) && [ \"$n\" != \"$(readlink "
			"/proc/self/ns/%s)\" ]; do sleep 0.01; done",
			file, file);
}

static void write_map(struct explain *x, const struct idmap *map, uint32_t writer, bool groups)
{
	OUT_CLEANUP struct out o = {0};

	if (!is_mapped_outside(map, writer))
		return;
	for (uint32_t i = 0; i < map->n; i++)
		out_printf(&o, writer == IDMAP_HELPER ? " %u %u %u" : "%u %u %u\\n",
			   map->ranges[i].inside, map->ranges[i].outside, map->ranges[i].count);
	if (writer == IDMAP_HELPER)
		explain_command(x, "new%cidmap $$%s || kill $$", groups ? 'g' : 'u', o.text);
	else if (writer == IDMAP_PARENT)
		explain_command(x,
				"kokon netns exec " ROUTER_NAME
				" sh -c \"printf '%s' > /proc/$$/%cid_map\"",
				o.text, groups ? 'g' : 'u');
	else
		explain_command(x, "printf '%s' > /proc/$$/%cid_map || kill $$", o.text,
				groups ? 'g' : 'u');
}

static void map_from_outside(struct explain *x)
{
	const struct idmap_plan *ids = &x->plan->ids;

	explain_row(x, ROW_map_outside);
	wait_for(x, "user");
	if (ids->setgroups == SETGROUPS_DENY && ids->gid_writer != IDMAP_SELF)
		explain_command(x, "echo deny > /proc/$$/setgroups || kill $$");
	write_map(x, &ids->gid, ids->gid_writer, true);
	write_map(x, &ids->uid, ids->uid_writer, false);
}

static void persist_from_outside(struct explain *x)
{
	const struct namespaces_plan *p = &x->plan->namespaces;
	OUT_CLEANUP struct out word = {0};

	explain_row(x, ROW_persist);
	if (p->create & CLONE_NEWNS) /* what is bound before that would be mounted inside as well */
		wait_for(x, "mnt");
	for (uint32_t i = 0; i < p->n_persist; i++) {
		const char *file = namespace_infos[p->persist[i].type].children;

		if (p->persist[i].type != NAMESPACE_MNT)
			wait_for(x, file);
		explain_command(x, "mount --bind /proc/$$/ns/%s %s || kill $$", file,
				explain_quoted(p->persist[i].path, &word));
	}
}

/* The script's number, $$, stays the same through every exec; a subshell sees that of its
 * parent. Twice in the background, so that the program gets no child that it did not make. */
void explain_outside(struct explain *x)
{
	if (!x->plan->outside || x->plan->spawn == SPAWN_CHILD)
		return;
	explain_why(x, "a process outside does what can be done only from there");
	explain_command(x, "( (");
	if (steps[ROW_map_outside].when(x->plan))
		map_from_outside(x);
	if (steps[ROW_persist].when(x->plan))
		persist_from_outside(x);
	explain_command(x, ") & )");
}

/* --- rows --- */

void explain_owner(struct explain *x)
{
	const struct idmap_plan *ids = &x->plan->ids;

	explain_row(x, ROW_owner);
	explain_command(x, "# setpriv --reuid=%u --regid=%u --clear-groups, see the next command",
			ids->owner_uid, ids->owner_gid);
}

void explain_make_user(struct explain *x)
{
	const struct idmap_plan *ids = &x->plan->ids;
	OUT_CLEANUP struct out o = {0};

	explain_row(x, ROW_make_user);
	if (x->plan->spawn == SPAWN_CHILD) {
		explain_command(x, "# system call unshare(CLONE_NEWUSER)");
		return;
	}
	if (ids->set_owner)
		out_printf(&o, "setpriv --reuid=%u --regid=%u --clear-groups ", ids->owner_uid,
			   ids->owner_gid);
	explain_enter(x, "%sunshare --user --keep-caps --", o.text ? o.text : "");
}

/* In the script these were done by the process outside: wait for it. */
void explain_map_outside(struct explain *x)
{
	const struct idmap_plan *ids = &x->plan->ids;

	if (x->plan->spawn == SPAWN_CHILD) {
		map_from_outside(x);
		return;
	}
	explain_row(x, ROW_map_outside);
	if (is_mapped_outside(&ids->gid, ids->gid_writer))
		explain_command(x, "until grep -q . /proc/self/gid_map; do sleep 0.01; done");
	if (is_mapped_outside(&ids->uid, ids->uid_writer))
		explain_command(x, "until grep -q . /proc/self/uid_map; do sleep 0.01; done");
}

void explain_map_self(struct explain *x)
{
	const struct idmap_plan *ids = &x->plan->ids;
	bool self_gid = ids->gid.n && ids->gid_writer == IDMAP_SELF;

	explain_row(x, ROW_map_self);
	if (ids->uid.n && ids->uid_writer == IDMAP_SELF)
		explain_command(x, "echo '%u %u 1' > /proc/self/uid_map", ids->uid.ranges[0].inside,
				ids->uid.ranges[0].outside);
	if (ids->setgroups == SETGROUPS_DENY && (self_gid || !ids->gid.n))
		explain_command(x, "echo deny > /proc/self/setgroups");
	if (self_gid)
		explain_command(x, "echo '%u %u 1' > /proc/self/gid_map", ids->gid.ranges[0].inside,
				ids->gid.ranges[0].outside);
	if (ids->setgroups == SETGROUPS_ALLOW)
		explain_command(x, "echo allow > /proc/self/setgroups");
}

void explain_persist(struct explain *x)
{
	const struct namespaces_plan *p = &x->plan->namespaces;

	explain_row(x, ROW_persist);
	for (uint32_t i = 0; i < p->n_persist; i++)
		explain_command(x, "# (done by the process outside: '%s')", p->persist[i].path);
}
