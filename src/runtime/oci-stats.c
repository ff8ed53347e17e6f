// SPDX-License-Identifier: Apache-2.0
/* Processor, memory and processes; where both versions have a file, version 1 has the controller.
 */
#include "oci-stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "parse.h"

/* --- cpu --- */

enum { NS_PER_S = 1000000000 };

/* "12 34" as a list; nothing at all when there is no number. */
static void put_numbers(struct json_writer *w, const char *key, const char *text)
{
	char *end = NULL;

	text += strspn(text, " \n");
	if (!*text)
		return;
	json_put_list(w, key);
	for (uint64_t value = strtoull(text, &end, 10); end != text;
	     value = strtoull(text, &end, 10)) {
		json_put_u64(w, NULL, value);
		text = end;
	}
	json_put_end(w);
}

/* cpuacct.usage_all: a heading, then "CPU user system" of each. */
static void put_column(struct json_writer *w, const char *key, const char *all, int column)
{
	OUT_CLEANUP struct out values = {0};
	const char *line;
	size_t len;

	while (all && next_field(&all, '\n', &line, &len)) {
		unsigned long long user, system;

		if (sscanf(line, "%*u %llu %llu", &user, &system) == 2)
			out_printf(&values, "%llu ", column == 1 ? user : system);
	}
	put_numbers(w, key, values.text ? values.text : "");
}

static void put_cpu_v1(struct json_writer *w, const struct oci_stats_group *group)
{
	FREE_PTR char *percpu = oci_stats_text(group, 1, "cpuacct.usage_percpu");
	FREE_PTR char *all = oci_stats_text(group, 1, "cpuacct.usage_all");
	FREE_PTR char *split = oci_stats_text(group, 1, "cpuacct.stat");
	uint64_t user = 0, system = 0, tick = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);

	oci_stats_key(split, "user", &user);
	oci_stats_key(split, "system", &system);
	oci_stats_put_some(w, "total", oci_stats_number(group, 1, "cpuacct.usage"));
	put_numbers(w, "percpu", percpu ? percpu : "");
	put_column(w, "percpu_kernel", all, 2);
	put_column(w, "percpu_user", all, 1);
	json_put_u64(w, "kernel", system * tick);
	json_put_u64(w, "user", user * tick);
}

static void put_cpu_v2(struct json_writer *w, const char *stat)
{
	uint64_t total = 0, user = 0, system = 0;

	oci_stats_key(stat, "usage_usec", &total);
	oci_stats_key(stat, "user_usec", &user);
	oci_stats_key(stat, "system_usec", &system);
	oci_stats_put_some(w, "total", total * 1000);
	json_put_u64(w, "kernel", system * 1000);
	json_put_u64(w, "user", user * 1000);
}

static void put_throttling(struct json_writer *w, const char *v1, const char *v2)
{
	const char *text = v1 ? v1 : v2;
	uint64_t periods = 0, throttled = 0, time = 0;

	oci_stats_key(text, "nr_periods", &periods);
	oci_stats_key(text, "nr_throttled", &throttled);
	oci_stats_key(text, v1 ? "throttled_time" : "throttled_usec", &time);
	json_put_object(w, "throttling");
	oci_stats_put_some(w, "periods", periods);
	oci_stats_put_some(w, "throttledPeriods", throttled);
	oci_stats_put_some(w, "throttledTime", v1 ? time : time * 1000);
	json_put_end(w);
}

static void put_cpu(struct json_writer *w, const struct oci_stats_group *group)
{
	FREE_PTR char *usage = oci_stats_text(group, 1, "cpuacct.usage");
	FREE_PTR char *v1 = oci_stats_text(group, 1, "cpu.stat");
	FREE_PTR char *v2 = oci_stats_text(group, 2, "cpu.stat");

	json_put_object(w, "cpu");
	json_put_object(w, "usage");
	if (usage)
		put_cpu_v1(w, group);
	else
		put_cpu_v2(w, v2);
	json_put_end(w);
	put_throttling(w, v1, v2);
	oci_stats_put_pressure(w, group, "cpu.pressure");
	json_put_end(w);
}

/* --- cpuset --- */

/* "0-2,4" -> [0,1,2,4] */
static void put_list(struct json_writer *w, const char *key, const char *text)
{
	const char *part;
	size_t len;

	if (!text || *text < '0' || *text > '9')
		return;
	json_put_list(w, key);
	while (next_field(&text, ',', &part, &len)) {
		char *end;
		unsigned long first = strtoul(part, &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

		for (; first <= last && last <= UINT16_MAX; first++)
			json_put_u64(w, NULL, first);
	}
	json_put_end(w);
}

static void put_cpuset(struct json_writer *w, const struct oci_stats_group *group)
{
	static const char *const flags[] = {"mem_hardwall",       "mem_exclusive",
					    "memory_migrate",     "memory_spread_page",
					    "memory_spread_slab", "memory_pressure",
					    "sched_load_balance", NULL};
	FREE_PTR char *cpus = oci_stats_text(group, 1, "cpuset.cpus");
	FREE_PTR char *mems = oci_stats_text(group, 1, "cpuset.mems");
	FREE_PTR char *level = oci_stats_text(group, 1, "cpuset.sched_relax_domain_level");

	json_put_object(w, "cpuset");
	put_list(w, "cpus", cpus);
	json_put_u64(w, "cpu_exclusive", oci_stats_number(group, 1, "cpuset.cpu_exclusive"));
	put_list(w, "mems", mems);
	for (const char *const *flag = flags; *flag; flag++) {
		char file[48];

		snprintf(file, sizeof(file), "cpuset.%s", *flag);
		json_put_u64(w, *flag, oci_stats_number(group, 1, file));
	}
	json_put_i64(w, "sched_relax_domain_level", level ? strtoll(level, NULL, 10) : 0);
	json_put_end(w);
}

/* --- memory --- */

struct entry {
	uint64_t limit, usage, max, failcnt;
};

static void put_entry(struct json_writer *w, const char *key, const struct entry *e)
{
	json_put_object(w, key);
	json_put_u64(w, "limit", e->limit);
	oci_stats_put_some(w, "usage", e->usage);
	oci_stats_put_some(w, "max", e->max);
	json_put_u64(w, "failcnt", e->failcnt);
	json_put_end(w);
}

/* `part`: "", "memsw.", "kmem.", "kmem.tcp." */
static struct entry entry_v1(const struct oci_stats_group *group, const char *part)
{
	static const char *const words[] = {"limit_in_bytes", "usage_in_bytes",
					    "max_usage_in_bytes", "failcnt"};
	uint64_t value[4];
	char file[64];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		snprintf(file, sizeof(file), "memory.%s%s", part, words[i]);
		value[i] = oci_stats_number(group, 1, file);
	}
	return (struct entry){value[0], value[1], value[2], value[3]};
}

/* Version 1 counts memory and swap together, version 2 swap alone: told as version 1 does. */
static struct entry swap_v2(const struct oci_stats_group *group, const struct entry *memory)
{
	struct entry swap = {.limit = oci_stats_number(group, 2, "memory.swap.max"),
			     .usage = oci_stats_number(group, 2, "memory.swap.current")};

	swap.usage += memory->usage;
	if (swap.limit != UINT64_MAX)
		swap.limit = memory->limit == UINT64_MAX ? UINT64_MAX : swap.limit + memory->limit;
	return swap;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* memory.stat by name; `stat` is cut into its lines. */
static void put_raw(struct json_writer *w, char *stat)
{
	char *lines[512], *save = NULL;
	size_t n = 0;

	for (char *line = strtok_r(stat, "\n", &save); line && n < ARRAY_SIZE(lines);
	     line = strtok_r(NULL, "\n", &save)) {
		char *blank = strchr(line, ' ');

		if (!blank)
			continue;
		*blank = '\0';
		lines[n++] = line;
	}
	if (n == 0)
		return;
	qsort(lines, n, sizeof(*lines), by_name);
	json_put_object(w, "raw");
	for (size_t i = 0; i < n; i++)
		json_put_u64(w, lines[i], strtoull(lines[i] + strlen(lines[i]) + 1, NULL, 10));
	json_put_end(w);
}

static void put_memory_events(struct json_writer *w, const struct oci_stats_group *group)
{
	static const char *const keys[] = {"low", "high", "max", "oom", "oom_kill", NULL};
	FREE_PTR char *text = oci_stats_text(group, 2, "memory.events");

	json_put_object(w, "event_count");
	for (const char *const *key = keys; *key; key++) {
		uint64_t value = 0;

		oci_stats_key(text, *key, &value);
		json_put_u64(w, *key, value);
	}
	json_put_end(w);
}

static void put_memory(struct json_writer *w, const struct oci_stats_group *group)
{
	FREE_PTR char *v1 = oci_stats_text(group, 1, "memory.stat");
	FREE_PTR char *v2 = v1 ? NULL : oci_stats_text(group, 2, "memory.stat");
	struct entry usage, swap, kernel = {0}, tcp = {0};
	uint64_t cache = 0;

	if (v1) {
		usage = entry_v1(group, "");
		swap = entry_v1(group, "memsw.");
		kernel = entry_v1(group, "kmem.");
		tcp = entry_v1(group, "kmem.tcp.");
	} else {
		usage = (struct entry){.limit = oci_stats_number(group, 2, "memory.max"),
				       .usage = oci_stats_number(group, 2, "memory.current"),
				       .max = oci_stats_number(group, 2, "memory.peak")};
		swap = swap_v2(group, &usage);
	}
	json_put_object(w, "memory");
	if (oci_stats_key(v1 ? v1 : v2, v1 ? "cache" : "file", &cache))
		oci_stats_put_some(w, "cache", cache);
	put_entry(w, "usage", &usage);
	put_entry(w, "swap", &swap);
	put_entry(w, "kernel", &kernel);
	put_entry(w, "kernelTCP", &tcp);
	if (v1 || v2)
		put_raw(w, v1 ? v1 : v2);
	oci_stats_put_pressure(w, group, "memory.pressure");
	put_memory_events(w, group);
	json_put_end(w);
}

uint64_t oci_stats_oom_kills(const struct oci_stats_group *group)
{
	FREE_PTR char *v1 = oci_stats_text(group, 1, "memory.oom_control");
	FREE_PTR char *v2 = v1 ? NULL : oci_stats_text(group, 2, "memory.events");
	uint64_t kills = 0;

	oci_stats_key(v1 ? v1 : v2, "oom_kill", &kills);
	return kills;
}

/* --- all --- */

static void put_pids(struct json_writer *w, const struct oci_stats_group *group)
{
	uint64_t current = oci_stats_number(group, 1, "pids.current"),
		 limit = oci_stats_number(group, 1, "pids.max");

	if (!current) {
		current = oci_stats_number(group, 2, "pids.current");
		limit = oci_stats_number(group, 2, "pids.max");
	}
	json_put_object(w, "pids");
	oci_stats_put_some(w, "current", current);
	oci_stats_put_some(w, "limit", limit == UINT64_MAX ? 0 : limit);
	json_put_end(w);
}

void oci_stats_put(const struct oci_stats_from *from, struct json_writer *w)
{
	json_put_object(w, "data");
	put_cpu(w, from->group);
	put_cpuset(w, from->group);
	put_memory(w, from->group);
	put_pids(w, from->group);
	oci_stats_put_blkio(w, from->group);
	oci_stats_put_hugetlb(w, from->group);
	oci_stats_put_rdt(w, from->rdt_root, from->rdt_class);
	oci_stats_put_network(w, from->net_dev);
	json_put_end(w);
}
