// SPDX-License-Identifier: Apache-2.0
/* The id maps of a container's user namespace. */
#include "plan-run.h"

#include <sched.h>
#include <string.h>

static struct idmap copy(struct arena *a, const struct idmap *map)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, map->n);

	if (map->n)
		memcpy(ranges, map->ranges, map->n * sizeof(*ranges));
	return (struct idmap){ranges, map->n};
}

/* The caller becomes `inside`; the subordinate ids fill the rest, from 0 on. */
static struct idmap own_and_granted(struct arena *a, uint32_t inside, uint32_t own,
				    const struct idmap_range *granted)
{
	struct idmap_range *range = arena_new(a, struct idmap_range);
	struct idmap map = {range, 1};

	/* One id more than is granted, since the single one takes a place of it. */
	*range = (struct idmap_range){0, granted->outside, granted->count};
	idmap_add_single(a, &map, inside, own);
	return map;
}

/* The user namespace around it maps the user's own id only: no newuidmap(1) when it was made. */
static bool only_own(const struct run_planner *p)
{
	return p->q->nested && (p->q->joined_uid.n < 2 || p->q->joined_gid.n < 2);
}

static int plan_own(struct run_planner *p, struct idmap_plan *ids)
{
	const struct facts *f = p->facts;
	uint32_t uid = p->q->keep_id ? f->uid : 0, gid = p->q->keep_id ? f->gid : 0;

	if (f->administrator && f->uid == 0 && !f->subuid.count) {
		err_set(p->err, 0, "no ids are set aside for root's containers in '/etc/subuid'");
		return err_remedy(p->err,
				  "give them: --uidmap 0:100000:65536 --gidmap 0:100000:65536");
	}
	if (f->administrator && f->uid == 0) {
		/* root needs no id of its own inside. */
		struct idmap_range range[2] = {{0, f->subuid.outside, f->subuid.count},
					       {0, f->subgid.outside, f->subgid.count}};

		ids->uid = copy(p->a, &(struct idmap){&range[0], 1});
		ids->gid = copy(p->a, &(struct idmap){&range[1], 1});
		ids->uid_writer = ids->gid_writer = IDMAP_HOST;
		return 0;
	}
	if (f->subuid.count && f->subgid.count && !only_own(p)) {
		ids->uid = own_and_granted(p->a, uid, f->uid, &f->subuid);
		ids->gid = own_and_granted(p->a, gid, f->gid, &f->subgid);
		ids->uid_writer = ids->gid_writer = f->privileged ? IDMAP_HOST : IDMAP_HELPER;
		return 0;
	}
	idmap_add_single(p->a, &ids->uid, uid, f->uid);
	idmap_add_single(p->a, &ids->gid, gid, f->gid);
	ids->uid_writer = ids->gid_writer = IDMAP_SELF;
	ids->setgroups = SETGROUPS_DENY;
	p->plan->container.deny_groups = 1;
	return 0;
}

/* A user namespace that exists has its maps already. */
static int plan_joined(struct run_planner *p)
{
	if (p->q->uidmap.n || p->q->gidmap.n) {
		err_set(p->err, 0, "the user namespace '%s' has its id maps already",
			p->q->namespaces[NAMESPACE_USER].shown);
		return err_remedy(p->err, "leave out --uidmap and --gidmap");
	}
	p->plan->container.become_root = 1;
	p->plan->container.deny_groups = p->q->joined_deny_groups;
	return 0;
}

/* In the user namespace of the user's networks: what is written has its ids for the host's. */
static int plan_nested(struct run_planner *p)
{
	struct idmap_plan *ids = &p->plan->ids;
	int r;

	p->uid = ids->uid;
	p->gid = ids->gid;
	ids->uid_writer = ids->gid_writer = IDMAP_PARENT;
	r = idmap_through(p->a, &p->uid, &p->q->joined_uid, &ids->uid, p->err);
	if (r == 0)
		r = idmap_through(p->a, &p->gid, &p->q->joined_gid, &ids->gid, p->err);
	if (r < 0) {
		err_context(p->err, "in the user namespace of your networks");
		return err_remedy(p->err, "it has your own id, and the first range of yours in "
					  "/etc/subuid and /etc/subgid: leave out --uidmap");
	}
	return 0;
}

static int plan_new(struct run_planner *p)
{
	struct idmap_plan *ids = &p->plan->ids;

	p->plan->container.become_root = 1;
	if (!p->q->uidmap.n && !p->q->gidmap.n)
		return plan_own(p, ids);
	/* One of the two stands for both. */
	ids->uid = copy(p->a, p->q->uidmap.n ? &p->q->uidmap : &p->q->gidmap);
	ids->gid = copy(p->a, p->q->gidmap.n ? &p->q->gidmap : &p->q->uidmap);
	ids->uid_writer = ids->gid_writer = p->facts->privileged ? IDMAP_HOST : IDMAP_HELPER;
	return 0;
}

int plan_run_ids(struct run_planner *p)
{
	int r;

	p->plan->container.deny_groups = p->facts->denies_groups;
	if (p->q->namespaces[NAMESPACE_USER].source == SOURCE_JOIN)
		return plan_joined(p);
	if (!(p->plan->namespaces.create & CLONE_NEWUSER))
		return 0;
	r = plan_new(p);
	return r < 0 || !p->q->nested ? r : plan_nested(p);
}
