// SPDX-License-Identifier: Apache-2.0
#include "own-ids.h"

static struct idmap one_and_granted(struct arena *a, uint32_t own,
				    const struct idmap_range *granted)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, 2);

	ranges[0] = (struct idmap_range){0, own, 1};
	ranges[1] = (struct idmap_range){1, granted->outside, granted->count};
	return (struct idmap){ranges, 2};
}

void own_ids(struct arena *a, const struct facts *facts, struct idmap *ret_uid,
	     struct idmap *ret_gid)
{
	*ret_uid = *ret_gid = (struct idmap){0};
	if (!facts->subuid.count || !facts->subgid.count)
		return;
	*ret_uid = one_and_granted(a, facts->uid, &facts->subuid);
	*ret_gid = one_and_granted(a, facts->gid, &facts->subgid);
}

static const char *as_text(struct arena *a, const struct idmap *map)
{
	const char *text = "";

	for (uint32_t i = 0; i < map->n; i++)
		text = arena_printf(a, "%s%u %u %u\n", text, map->ranges[i].inside,
				    map->ranges[i].outside, map->ranges[i].count);
	return text;
}

void own_ids_text(struct arena *a, const char **ret_uid, const char **ret_gid)
{
	struct facts facts = {.uid = geteuid(), .gid = getegid()};
	struct idmap uid, gid;

	facts_survey_subids(a, &facts);
	own_ids(a, &facts, &uid, &gid);
	*ret_uid = as_text(a, &uid);
	*ret_gid = as_text(a, &gid);
}

bool own_ids_map(pid_t pid)
{
	struct idmap_plan ids = {.uid_writer = IDMAP_HELPER, .gid_writer = IDMAP_HELPER};
	struct facts facts = {.uid = geteuid(), .gid = getegid()};
	struct arena a;
	bool mapped;

	if (arena_init(&a) < 0)
		return false;
	facts_survey_subids(&a, &facts);
	own_ids(&a, &facts, &ids.uid, &ids.gid);
	mapped = ids.uid.n && idmap_write_host(pid, &ids, NULL) == 0;
	arena_free(&a);
	return mapped;
}
