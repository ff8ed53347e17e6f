// SPDX-License-Identifier: Apache-2.0
/* kokon cgroup list, show, tree, stats. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cgroup-options.h"
#include "groups.h"
#include "parse.h"
#include "target.h"

static int set_watch(void *request, const struct option_def *def UNUSED, const char *value,
		     struct err *err)
{
	struct cgroup_options *o = request;
	int64_t ns = 1000000000;

	if (value && (parse_seconds(value, &ns) < 0 || ns < 10000000)) {
		err_set(err, 0, "'%s' is no time", value);
		return err_remedy(err, "accepted: seconds from 0.01 up");
	}
	o->watch = 1;
	o->interval_ms = (uint64_t)ns / 1000000;
	return 0;
}

static const struct option_def look_options[] = {CGROUP_JSON, OPTION_HELP, OPTION_VERSION,
						 OPTIONS_END};
static const struct option_def stats_options[] = {
	{.name = "watch",
	 .arg = ARG_OPTIONAL,
	 .metavar = "SECONDS",
	 .help = "a line every second (or as given) until the group is gone",
	 .set = set_watch},
	CGROUP_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTIONS_END,
};

/* "pid:N" and "container:NAME" name a process; everything else is a group's name. */
static int group_named(struct cgroup_session *s, const char *word, struct group *ret,
		       struct err *err)
{
	TARGET_CLEANUP struct target target = TARGET_NONE;
	struct cgroup_plan *found;
	int r;

	if (strncmp(word, "pid:", 4) == 0 || strncmp(word, "container:", 10) == 0) {
		r = target_resolve(word, &target, err);
		return r < 0 ? r : group_of_process(&s->arena, s->layout, target.pid, ret, err);
	}
	r = cgroup_find(&s->arena, s->layout, word, &found, err);
	if (r < 0)
		return r;
	*ret = (struct group){found->path, 0, found};
	return 0;
}

static int look(const struct command *self, char **argv,
		int (*print)(struct cgroup_session *, const struct cgroup_options *, const char *,
			     struct err *),
		size_t least)
{
	struct cgroup_options o = {0};
	struct cgroup_session s;
	struct err err = {0};
	size_t rest;
	int status = cgroup_parse(self, &o, OPTIONS_ANYWHERE, argv, least, 1, &rest);

	if (status < 0)
		status = cgroup_begin(self, &o, &s);
	if (status >= 0)
		return status;
	status = print(&s, &o, rest ? argv[1] : "/", &err) < 0 ? command_fail(self, &err, 1) : 0;
	return cgroup_end(self, &s, status);
}

static int print_list(struct cgroup_session *s, const struct cgroup_options *o, const char *path,
		      struct err *err)
{
	struct group *v;
	size_t n;
	int r = groups_collect(&s->arena, s->layout, path, &v, &n, err);

	return r < 0 ? r : groups_print_list(v, n, o->json, &s->out, err);
}

static int run_list(const struct command *self, char **argv)
{
	return look(self, argv, print_list, 0);
}

static int print_tree(struct cgroup_session *s, const struct cgroup_options *o, const char *path,
		      struct err *err)
{
	struct group *v;
	size_t n;
	int r = groups_collect(&s->arena, s->layout, path, &v, &n, err);

	return r < 0 ? r : groups_print_tree(&s->arena, v, n, o->json, &s->out, err);
}

static int run_tree(const struct command *self, char **argv)
{
	return look(self, argv, print_tree, 0);
}

static int print_show(struct cgroup_session *s, const struct cgroup_options *o, const char *path,
		      struct err *err)
{
	struct group g;
	int r = group_named(s, path, &g, err);

	return r < 0 ? r : group_print_show(&s->arena, &g, o->json, &s->out, err);
}

static int run_show(const struct command *self, char **argv)
{
	return look(self, argv, print_show, 1);
}

/* ---- stats ------------------------------------------------------------------------------ */

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int watch(struct cgroup_session *s, const struct cgroup_options *o, struct group g)
{
	struct group_stats before, now;
	uint64_t then = now_us();
	int r = 0;

	group_read_stats(g.found, &before);
	if (!o->json)
		group_print_watch_heading(&s->out);
	while (r == 0) {
		struct timespec t = {(time_t)(o->interval_ms / 1000),
				     (long)(o->interval_ms % 1000) * 1000000};
		size_t mark = s->arena.used;
		uint64_t at;

		r = out_write(&s->out, STDOUT_FILENO);
		s->out.len = 0;
		if (r < 0)
			break;
		nanosleep(&t, NULL);
		group_read_stats(g.found, &now);
		at = now_us();
		if (!now.has)
			break; /* the group is gone */
		if (o->json)
			group_print_stats(&s->arena, &g, &now, true, &s->out);
		else
			group_print_watch(&s->arena, &before, &now, at - then, &s->out);
		before = now;
		then = at;
		memset(s->arena.base + mark, 0, s->arena.used - mark);
		s->arena.used = mark;
	}
	s->out.len = 0;
	return 0;
}

static int print_stats(struct cgroup_session *s, const struct cgroup_options *o, const char *path,
		       struct err *err)
{
	struct group_stats stats;
	struct group g;
	int r = group_named(s, path, &g, err);

	if (r < 0)
		return r;
	if (o->watch)
		return watch(s, o, g);
	group_read_stats(g.found, &stats);
	group_print_stats(&s->arena, &g, &stats, o->json, &s->out);
	return 0;
}

static int run_stats(const struct command *self, char **argv)
{
	return look(self, argv, print_stats, 1);
}

#define COMMAND(word, synopsis_, summary_, options_)                                               \
	const struct command cgroup_##word##_command = {                                           \
		.name = "cgroup " #word,                                                           \
		.synopsis = synopsis_,                                                             \
		.summary = summary_,                                                               \
		.options = options_,                                                               \
		.run = run_##word,                                                                 \
		.usage_status = 2,                                                                 \
	}

COMMAND(list, "[OPTIONS] [PATH]", "List groups with the hierarchies they are in", look_options);
COMMAND(show, "[OPTIONS] PATH|pid:N", "Show one group: processes, limits, whose limit binds",
	look_options);
COMMAND(tree, "[OPTIONS] [PATH]", "Draw groups with their processes, limits and use", look_options);
COMMAND(stats, "[OPTIONS] PATH|pid:N", "Show what a group uses", stats_options);
