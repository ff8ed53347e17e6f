// SPDX-License-Identifier: Apache-2.0
/*
 * Limits as the kernel holds them. A limit holds for all groups below together, so the lowest
 * one on the way to the top binds; it is looked for in each hierarchy, which may have more
 * groups above ours than our names count.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cgroup-limits.h"
#include "file.h"
#include "groups.h"

/* What is read: a file per version, and how. */
struct source {
	const char *name[2]; /* v1, v2 */
	enum cgroup_controller controller;
	const char *file[2], *use[2];
	enum group_unit unit;
	bool binds; /* an ancestor's lower value counts for us */
};

static const struct source sources[] = {
	{{"memory", "memory"},
	 CGROUP_MEMORY,
	 {"memory.limit_in_bytes", "memory.max"},
	 {"memory.usage_in_bytes", "memory.current"},
	 GROUP_BYTES,
	 true},
	{{"memory-swap", "swap"},
	 CGROUP_MEMORY,
	 {"memory.memsw.limit_in_bytes", "memory.swap.max"},
	 {"memory.memsw.usage_in_bytes", "memory.swap.current"},
	 GROUP_BYTES,
	 true},
	{{"memory-low", "memory-low"},
	 CGROUP_MEMORY,
	 {"memory.soft_limit_in_bytes", "memory.low"},
	 {NULL, NULL},
	 GROUP_BYTES,
	 false},
	{{NULL, "memory-high"},
	 CGROUP_MEMORY,
	 {NULL, "memory.high"},
	 {NULL, "memory.current"},
	 GROUP_BYTES,
	 true},
	{{"cpus", "cpus"},
	 CGROUP_CPU,
	 {"cpu.cfs_quota_us", "cpu.max"},
	 {NULL, NULL},
	 GROUP_CPUS,
	 true},
	{{"cpu-shares", "cpu-weight"},
	 CGROUP_CPU,
	 {"cpu.shares", "cpu.weight"},
	 {NULL, NULL},
	 GROUP_COUNT,
	 false},
	{{"cpuset-cpus", "cpuset-cpus"},
	 CGROUP_CPUSET,
	 {"cpuset.cpus", "cpuset.cpus"},
	 {NULL, NULL},
	 GROUP_WORD,
	 false},
	{{"cpuset-mems", "cpuset-mems"},
	 CGROUP_CPUSET,
	 {"cpuset.mems", "cpuset.mems"},
	 {NULL, NULL},
	 GROUP_WORD,
	 false},
	{{"pids-limit", "pids-limit"},
	 CGROUP_PIDS,
	 {"pids.max", "pids.max"},
	 {"pids.current", "pids.current"},
	 GROUP_COUNT,
	 true},
	{{NULL, "io-max"}, CGROUP_IO, {NULL, "io.max"}, {NULL, NULL}, GROUP_WORD, false},
	{{"io-rbps", NULL},
	 CGROUP_IO,
	 {"blkio.throttle.read_bps_device", NULL},
	 {NULL, NULL},
	 GROUP_WORD,
	 false},
	{{"io-wbps", NULL},
	 CGROUP_IO,
	 {"blkio.throttle.write_bps_device", NULL},
	 {NULL, NULL},
	 GROUP_WORD,
	 false},
	{{"io-riops", NULL},
	 CGROUP_IO,
	 {"blkio.throttle.read_iops_device", NULL},
	 {NULL, NULL},
	 GROUP_WORD,
	 false},
	{{"io-wiops", NULL},
	 CGROUP_IO,
	 {"blkio.throttle.write_iops_device", NULL},
	 {NULL, NULL},
	 GROUP_WORD,
	 false},
};

static const char *path_in(struct arena *a, const struct cgroup_place *in, const char *dir,
			   size_t len, const char *file)
{
	return arena_printf(a, "%s%s%.*s/%s", in->mount, len ? "/" : "", (int)len, dir, file);
}

/* The text of a file of the group that the first `len` bytes of `dir` name; NULL: none. */
static const char *text_of(struct arena *a, const struct cgroup_place *in, const char *dir,
			   size_t len, const char *file)
{
	char text[1024];
	ssize_t n = read_line_at(AT_FDCWD, path_in(a, in, dir, len, file), text, sizeof(text));

	if (n < 0)
		return NULL;
	for (char *s = text; *s; s++)
		if (*s == '\n')
			*s = ';';
	return arena_strdup(a, text);
}

static uint64_t thousandths(int64_t quota, uint64_t period)
{
	return quota < 0 || !period ? CGROUP_MAX : (uint64_t)quota * 1000 / period;
}

/* Thousandths of a CPU. v1 has quota and period in two files, v2 "QUOTA PERIOD" in one. */
static uint64_t cpus_of(struct arena *a, const struct cgroup_place *in, const char *dir, size_t len,
			const char **kernel)
{
	uint64_t period = 0;
	int64_t quota = -1;

	if (in->version == 1) {
		const char *p = text_of(a, in, dir, len, "cpu.cfs_period_us");

		if (!p)
			return CGROUP_MAX;
		quota = strtoll(*kernel, NULL, 10);
		period = strtoull(p, NULL, 10);
		*kernel = arena_printf(a, "%s %s", *kernel, p);
	} else if (strncmp(*kernel, "max", 3) != 0) {
		sscanf(*kernel, "%" SCNd64 " %" SCNu64, &quota, &period);
	}
	return thousandths(quota, period);
}

static uint64_t number_of(const char *text)
{
	uint64_t v = strtoull(text, NULL, 10);

	/* v1 writes "no limit" as the largest multiple of a page */
	return strncmp(text, "max", 3) == 0 || v >= INT64_MAX - 65536 ? CGROUP_MAX : v;
}

static uint64_t value_of(struct arena *a, const struct source *s, const struct cgroup_place *in,
			 const char *dir, size_t len, const char **kernel)
{
	*kernel = text_of(a, in, dir, len, s->file[in->version - 1]);
	if (!*kernel || s->unit == GROUP_WORD)
		return CGROUP_MAX;
	return s->unit == GROUP_CPUS ? cpus_of(a, in, dir, len, kernel) : number_of(*kernel);
}

const char *group_bytes_text(struct arena *a, uint64_t bytes)
{
	static const char units[] = "KMGTP";
	int unit = -1;
	uint64_t whole = bytes, rest = 0;

	while (whole >= 1024 && unit + 1 < (int)sizeof(units) - 1) {
		rest = (rest > 0) | (whole % 1024 ? whole % 1024 << 1 : 0);
		whole /= 1024;
		unit++;
	}
	if (unit < 0)
		return arena_printf(a, "%" PRIu64, bytes);
	if (!rest)
		return arena_printf(a, "%" PRIu64 "%c", whole, units[unit]);
	return arena_printf(a, "%.1f%c", (double)bytes / (double)(1ULL << (10 * (unit + 1))),
			    units[unit]);
}

static const char *text_for(struct arena *a, const struct source *s, uint64_t value,
			    const char *kernel)
{
	if (s->unit == GROUP_WORD)
		return kernel;
	if (value == CGROUP_MAX)
		return "max";
	if (s->unit == GROUP_BYTES)
		return group_bytes_text(a, value);
	if (s->unit == GROUP_CPUS) {
		const char *t =
			arena_printf(a, "%" PRIu64 ".%03u", value / 1000, (unsigned)(value % 1000));
		size_t len = strlen(t);

		while (t[len - 1] == '0')
			len--;
		return arena_strndup(a, t, t[len - 1] == '.' ? len - 1 : len);
	}
	return arena_printf(a, "%" PRIu64, value);
}

/* The lowest value above the group, if lower than its own. */
static void find_binding(struct arena *a, const struct source *s, const struct cgroup_place *in,
			 struct group_limit *limit)
{
	uint64_t least = limit->value;
	size_t len = strlen(in->dir);

	while (len > 0) {
		const char *kernel;
		uint64_t v;

		while (len > 0 && in->dir[len - 1] != '/')
			len--;
		len -= len > 0;
		v = value_of(a, s, in, in->dir, len, &kernel);
		if (!kernel || v >= least)
			continue;
		least = limit->bound = v;
		limit->bound_by = len ? arena_printf(a, "/%.*s", (int)len, in->dir) : "/";
		limit->bound_text = text_for(a, s, v, kernel);
	}
}

/* A version 2 group whose parent does not give it the controller has no such file, but is held
 * to the limits above it all the same. */
static bool read_above(struct arena *a, const struct source *s, const struct cgroup_place *in,
		       struct group_limit *ret)
{
	if (in->version != 2 || !s->binds)
		return false;
	*ret = (struct group_limit){.name = s->name[1],
				    .file = "",
				    .kernel = "",
				    .text = "max",
				    .unit = s->unit,
				    .value = CGROUP_MAX};
	find_binding(a, s, in, ret);
	return ret->bound_by;
}

static bool read_one(struct arena *a, const struct source *s, const struct cgroup_place *in,
		     struct group_limit *ret)
{
	uint32_t k = in->version - 1;
	const char *kernel, *use;
	uint64_t value;

	if (!s->file[k] || !(in->controllers & CGROUP_BIT(s->controller)))
		return false;
	value = value_of(a, s, in, in->dir, strlen(in->dir), &kernel);
	if (!kernel)
		return read_above(a, s, in, ret);
	if (s->unit == GROUP_WORD && !*kernel)
		return false;
	*ret = (struct group_limit){
		.name = s->name[k],
		.file = path_in(a, in, in->dir, strlen(in->dir), s->file[k]),
		.kernel = kernel,
		.text = text_for(a, s, value, kernel),
		.unit = s->unit,
		.value = value,
	};
	use = s->use[k] ? text_of(a, in, in->dir, strlen(in->dir), s->use[k]) : NULL;
	if (use) {
		ret->has_use = true;
		ret->use = strtoull(use, NULL, 10);
	}
	if (s->binds)
		find_binding(a, s, in, ret);
	return true;
}

int group_limits(struct arena *a, const struct cgroup_plan *found, struct group_limit **ret,
		 size_t *ret_n)
{
	struct group_limit *v = arena_array(a, struct group_limit, ARRAY_SIZE(sources));
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		for (uint32_t k = 0; k < found->n_in; k++)
			if (read_one(a, &sources[i], &found->in[k], &v[n])) {
				n++;
				break;
			}
	*ret = v;
	*ret_n = n;
	return 0;
}

const struct group_limit *group_limit_named(const struct group_limit *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}
