// SPDX-License-Identifier: Apache-2.0
/* Groups as people and scripts read them: list, tree, show. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "groups.h"
#include "table.h"

static const char *shown(const struct group *g)
{
	return *g->path ? g->path : "/";
}

/* "v2,memory,pids": the hierarchies that have the group. */
static const char *hierarchies(struct out *o, const struct cgroup_plan *found)
{
	o->len = 0;
	for (uint32_t i = 0; i < found->n_in; i++)
		out_printf(o, "%s%s", i ? "," : "", found->in[i].label);
	return o->text;
}

static void style_for(struct table_style *style, bool json)
{
	*style = (struct table_style){
		.format = json ? TABLE_JSON : TABLE_ALIGNED,
		.ascii = locale_is_ascii(),
		.width = json ? 0 : terminal_width(STDOUT_FILENO),
		.name = "groups",
	};
}

int groups_print_list(const struct group *v, size_t n, bool json, struct out *o, struct err *err)
{
	static const struct table_column columns[] = {
		{"GROUP", 0, 0, TABLE_STRING},
		{"PROCESSES", COLUMN_RIGHT, 0, TABLE_NUMBER},
		{"HIERARCHIES", COLUMN_TRUNCATE, 0, TABLE_STRING},
	};
	TABLE_CLEANUP struct table t;
	OUT_CLEANUP struct out words = {0};
	struct table_style style;
	struct arena a;

	if (arena_init(&a) < 0)
		return err_set(err, ENOMEM, "cannot list groups");
	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++) {
		size_t row, count = 0;
		pid_t *pids;

		if (group_processes(&a, v[i].found, false, &pids, &count, NULL) < 0)
			count = 0;
		row = table_add_row(&t, TABLE_NO_PARENT);
		table_set(&t, row, 0, shown(&v[i]));
		table_setf(&t, row, 1, "%zu", count);
		table_set(&t, row, 2, hierarchies(&words, v[i].found));
	}
	style_for(&style, json);
	table_print(&t, &style, o);
	arena_free(&a);
	return 0;
}

/* ---- tree ------------------------------------------------------------------------------- */

/* "1.2M of 64M", and by whom when a group above has less. */
static const char *cell(struct arena *a, const struct group_limit *v, size_t n, const char *name)
{
	const struct group_limit *l = group_limit_named(v, n, name);
	const char *use, *limit;

	if (!l)
		return "-";
	use = !l->has_use              ? NULL
	      : l->unit == GROUP_BYTES ? group_bytes_text(a, l->use)
				       : arena_printf(a, "%" PRIu64, l->use);
	limit = l->bound_by ? arena_printf(a, "%s by %s", l->bound_text, l->bound_by) : l->text;
	if (!use)
		return limit;
	return strcmp(limit, "max") == 0 ? use : arena_printf(a, "%s of %s", use, limit);
}

enum { COLUMN_GROUP, COLUMN_PROCESSES, COLUMN_MEMORY, COLUMN_PIDS, COLUMN_CPUS, COLUMN_STATE };

static void group_row(struct arena *a, struct table *t, size_t row, const struct group *g,
		      size_t count)
{
	const char *slash = strrchr(g->path, '/'), *type = group_type(a, g->found);
	struct group_limit *v;
	size_t n;

	group_limits(a, g->found, &v, &n);
	table_set(t, row, COLUMN_GROUP, g->depth && slash ? slash + 1 : shown(g));
	table_setf(t, row, COLUMN_PROCESSES, "%zu", count);
	table_set(t, row, COLUMN_MEMORY, cell(a, v, n, "memory"));
	table_set(t, row, COLUMN_PIDS, cell(a, v, n, "pids-limit"));
	table_set(t, row, COLUMN_CPUS, cell(a, v, n, "cpus"));
	table_set(t, row, COLUMN_STATE, group_is_frozen(g->found) == 1 ? "frozen" : type);
}

static void process_rows(struct arena *a, struct table *t, size_t parent, const pid_t *pids,
			 size_t n)
{
	for (size_t i = 0; i < n; i++)
		table_set(t, table_add_row(t, parent), COLUMN_GROUP,
			  group_process_text(a, pids[i]));
}

int groups_print_tree(struct arena *a, const struct group *v, size_t n, bool json, struct out *o,
		      struct err *err)
{
	static const struct table_column columns[] = {
		[COLUMN_GROUP] = {"GROUP", COLUMN_TREE | COLUMN_TRUNCATE, 0, TABLE_STRING},
		[COLUMN_PROCESSES] = {"PROCESSES", COLUMN_RIGHT, 0, TABLE_NUMBER},
		[COLUMN_MEMORY] = {"MEMORY", 0, 0, TABLE_STRING},
		[COLUMN_PIDS] = {"PIDS", 0, 0, TABLE_STRING},
		[COLUMN_CPUS] = {"CPUS", 0, 0, TABLE_STRING},
		[COLUMN_STATE] = {"STATE", 0, 0, TABLE_STRING},
	};
	TABLE_CLEANUP struct table t;
	struct table_style style;
	size_t row_at[66] = {0};

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++) {
		uint32_t depth = MIN(v[i].depth, 64U);
		size_t row = table_add_row(&t, depth ? row_at[depth - 1] : TABLE_NO_PARENT), count;
		pid_t *pids;

		if (group_processes(a, v[i].found, false, &pids, &count, err) < 0)
			count = 0;
		row_at[depth] = row;
		group_row(a, &t, row, &v[i], count);
		/* the top holds everything that is in no group: not drawn */
		if (*v[i].path)
			process_rows(a, &t, row, pids, count);
	}
	style_for(&style, json);
	table_print(&t, &style, o);
	return 0;
}

/* ---- show ------------------------------------------------------------------------------- */

static void show_limits(struct arena *a, const struct group_limit *v, size_t n, struct out *o)
{
	static const struct table_column columns[] = {
		{"LIMIT", 0, 0, TABLE_STRING},  {"VALUE", 0, 0, TABLE_STRING},
		{"USE", 0, 0, TABLE_STRING},    {"BINDING", 0, 0, TABLE_STRING},
		{"KERNEL", 0, 0, TABLE_STRING}, {"FILE", 0, 0, TABLE_STRING},
	};
	TABLE_CLEANUP struct table t;
	struct table_style style = {.ascii = locale_is_ascii()};

	table_init(&t, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < n; i++) {
		size_t row = table_add_row(&t, TABLE_NO_PARENT);

		table_set(&t, row, 0, v[i].name);
		table_set(&t, row, 1, v[i].text);
		table_set(&t, row, 2,
			  !v[i].has_use              ? "-"
			  : v[i].unit == GROUP_BYTES ? group_bytes_text(a, v[i].use)
						     : arena_printf(a, "%" PRIu64, v[i].use));
		if (v[i].bound_by)
			table_setf(&t, row, 3, "%s by %s", v[i].bound_text, v[i].bound_by);
		else
			table_set(&t, row, 3, v[i].value == CGROUP_MAX ? "-" : "its own");
		table_set(&t, row, 4, v[i].kernel);
		table_set(&t, row, 5, v[i].file);
	}
	table_print(&t, &style, o);
}

static void json_value(struct out *o, const struct group_limit *l, uint64_t value, const char *text)
{
	if (l->unit == GROUP_WORD || value == CGROUP_MAX)
		out_json_string(o, text);
	else if (l->unit == GROUP_CPUS)
		out_puts(o, text);
	else
		out_printf(o, "%" PRIu64, value);
}

static void json_limit(struct out *o, const struct group_limit *l)
{
	out_puts(o, "    {\"name\": ");
	out_json_string(o, l->name);
	out_puts(o, ", \"value\": ");
	json_value(o, l, l->value, l->text);
	out_puts(o, ", \"kernel\": ");
	out_json_string(o, l->kernel);
	if (l->has_use)
		out_printf(o, ", \"use\": %" PRIu64, l->use);
	if (l->bound_by) {
		out_puts(o, ", \"bound-by\": ");
		out_json_string(o, l->bound_by);
		out_puts(o, ", \"bound\": ");
		json_value(o, l, l->bound, l->bound_text);
	}
	out_puts(o, ", \"file\": ");
	out_json_string(o, l->file);
	out_puts(o, "}");
}

static void show_json(const struct group *g, const pid_t *pids, size_t count,
		      const struct group_limit *v, size_t n, struct out *o)
{
	int frozen = group_is_frozen(g->found);

	out_puts(o, "{\n  \"group\": ");
	out_json_string(o, shown(g));
	out_puts(o, ",\n  \"hierarchies\": [");
	for (uint32_t i = 0; i < g->found->n_in; i++) {
		const struct cgroup_place *in = &g->found->in[i];

		out_printf(o, "%s\n    {\"version\": %u, \"name\": ", i ? "," : "", in->version);
		out_json_string(o, in->label);
		out_puts(o, ", \"mount\": ");
		out_json_string(o, in->mount);
		out_puts(o, ", \"path\": ");
		out_json_string(o, in->dir);
		out_puts(o, "}");
	}
	out_puts(o, "\n  ],\n  \"processes\": [");
	for (size_t i = 0; i < count; i++)
		out_printf(o, "%s%d", i ? ", " : "", (int)pids[i]);
	out_printf(o, "],\n  \"frozen\": %s,\n  \"limits\": [",
		   frozen < 0 ? "null"
		   : frozen   ? "true"
			      : "false");
	for (size_t i = 0; i < n; i++) {
		out_puts(o, i ? ",\n" : "\n");
		json_limit(o, &v[i]);
	}
	out_puts(o, "\n  ]\n}\n");
}

int group_print_show(struct arena *a, const struct group *g, bool json, struct out *o,
		     struct err *err)
{
	const char *type = group_type(a, g->found);
	struct group_limit *v;
	size_t n, count;
	pid_t *pids;
	int r = group_processes(a, g->found, false, &pids, &count, err);

	if (r < 0)
		return r;
	group_limits(a, g->found, &v, &n);
	if (json) {
		show_json(g, pids, count, v, n, o);
		return 0;
	}
	out_printf(o, "group      %s%s%s\n", shown(g), type ? ", " : "", type ? type : "");
	for (uint32_t i = 0; i < g->found->n_in; i++)
		out_printf(o, "%-10s %s: %s%s%s\n", i ? "" : "in", g->found->in[i].label,
			   g->found->in[i].mount, *g->found->in[i].dir ? "/" : "",
			   g->found->in[i].dir);
	if (group_is_frozen(g->found) >= 0)
		out_printf(o, "state      %s\n", group_is_frozen(g->found) ? "frozen" : "running");
	out_printf(o, "processes  %zu\n", count);
	for (size_t i = 0; *g->path && i < count; i++) {
		out_puts(o, "           ");
		out_safe_text(o, group_process_text(a, pids[i]), locale_is_ascii());
		out_puts(o, "\n");
	}
	if (n) {
		out_puts(o, "\n");
		show_limits(a, v, n, o);
	}
	return 0;
}

/* ---- stats ------------------------------------------------------------------------------ */

static void seconds(struct out *o, uint64_t us)
{
	out_printf(o, "%" PRIu64 ".%03us", us / 1000000, (unsigned)(us / 1000 % 1000));
}

static void stats_json(const struct group *g, const struct group_stats *s, struct out *o)
{
	const struct {
		uint32_t bit;
		const char *name;
		uint64_t value;
	} rows[] = {
		{STAT_CPU, "cpu-usec", s->cpu_us},
		{STAT_CPU_SPLIT, "user-usec", s->user_us},
		{STAT_CPU_SPLIT, "system-usec", s->system_us},
		{STAT_THROTTLE, "periods", s->periods},
		{STAT_THROTTLE, "throttled", s->throttled},
		{STAT_THROTTLE, "throttled-usec", s->throttled_us},
		{STAT_MEMORY, "memory", s->memory},
		{STAT_PEAK, "memory-peak", s->memory_peak},
		{STAT_SWAP, "swap", s->swap},
		{STAT_OOM, "oom-kills", s->oom_kills},
		{STAT_PIDS, "pids", s->pids},
		{STAT_IO, "read-bytes", s->read_bytes},
		{STAT_IO, "written-bytes", s->written_bytes},
		{STAT_IO, "reads", s->reads},
		{STAT_IO, "writes", s->writes},
	};

	out_puts(o, "{\"group\": ");
	out_json_string(o, shown(g));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (s->has & rows[i].bit)
			out_printf(o, ", \"%s\": %" PRIu64, rows[i].name, rows[i].value);
	out_puts(o, "}\n");
}

static void stats_memory(struct arena *a, const struct group_stats *s, struct out *o)
{
	out_printf(o, "memory     %s", group_bytes_text(a, s->memory));
	if (s->has & STAT_PEAK)
		out_printf(o, ", at most %s", group_bytes_text(a, s->memory_peak));
	if (s->has & STAT_SWAP)
		out_printf(o, ", swap %s", group_bytes_text(a, s->swap));
	if (s->has & STAT_OOM)
		out_printf(o, ", killed at the limit %" PRIu64, s->oom_kills);
	out_puts(o, "\n");
}

void group_print_stats(struct arena *a, const struct group *g, const struct group_stats *s,
		       bool json, struct out *o)
{
	if (json) {
		stats_json(g, s, o);
		return;
	}
	out_printf(o, "group      %s\n", shown(g));
	if (s->has & STAT_CPU) {
		out_puts(o, "cpu        ");
		seconds(o, s->cpu_us);
		if (s->has & STAT_CPU_SPLIT) {
			out_puts(o, " (user ");
			seconds(o, s->user_us);
			out_puts(o, ", system ");
			seconds(o, s->system_us);
			out_puts(o, ")");
		}
		out_puts(o, "\n");
	}
	if (s->has & STAT_THROTTLE) {
		out_printf(o, "throttled  %" PRIu64 " of %" PRIu64 " periods, ", s->throttled,
			   s->periods);
		seconds(o, s->throttled_us);
		out_puts(o, "\n");
	}
	if (s->has & STAT_MEMORY)
		stats_memory(a, s, o);
	if (s->has & STAT_PIDS)
		out_printf(o, "pids       %" PRIu64 "\n", s->pids);
	if (s->has & STAT_IO)
		out_printf(o, "io         read %s in %" PRIu64 ", written %s in %" PRIu64 "\n",
			   group_bytes_text(a, s->read_bytes), s->reads,
			   group_bytes_text(a, s->written_bytes), s->writes);
	if (s->has & STAT_PRESSURE)
		out_printf(o,
			   "waiting    cpu %u.%02u%%, memory %u.%02u%%, io %u.%02u%% of the last "
			   "10 s\n",
			   (unsigned)(s->pressure_cpu / 100), (unsigned)(s->pressure_cpu % 100),
			   (unsigned)(s->pressure_memory / 100),
			   (unsigned)(s->pressure_memory % 100), (unsigned)(s->pressure_io / 100),
			   (unsigned)(s->pressure_io % 100));
}

void group_print_watch_heading(struct out *o)
{
	out_printf(o, "%8s %10s %10s %8s %10s %10s\n", "CPU", "THROTTLED", "MEMORY", "PIDS",
		   "READ/s", "WRITTEN/s");
}

static const char *if_has(bool has, const char *text)
{
	return has ? text : "-";
}

void group_print_watch(struct arena *a, const struct group_stats *b, const struct group_stats *n,
		       uint64_t us, struct out *o)
{
	double part = us ? 100.0 / (double)us : 0;
	uint64_t read = (n->read_bytes - b->read_bytes) * 1000000 / (us ? us : 1);
	uint64_t written = (n->written_bytes - b->written_bytes) * 1000000 / (us ? us : 1);

	out_printf(o, "%8s %10s %10s %8s %10s %10s\n",
		   if_has(n->has & STAT_CPU,
			  arena_printf(a, "%.1f%%", (double)(n->cpu_us - b->cpu_us) * part)),
		   if_has(n->has & STAT_THROTTLE,
			  arena_printf(a, "%.1f%%",
				       (double)(n->throttled_us - b->throttled_us) * part)),
		   if_has(n->has & STAT_MEMORY, group_bytes_text(a, n->memory)),
		   if_has(n->has & STAT_PIDS, arena_printf(a, "%" PRIu64, n->pids)),
		   if_has(n->has & STAT_IO, group_bytes_text(a, read)),
		   if_has(n->has & STAT_IO, group_bytes_text(a, written)));
}
