// SPDX-License-Identifier: Apache-2.0
#include "idmap.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include "file.h"
#include "macros.h"
#include "out.h"
#include "parse.h"
#include "process.h"
#include "transaction.h"

extern char **environ;

int idmap_range_parse(const char *text, char separator, struct idmap_range *ret, struct err *err)
{
	uint64_t numbers[3];
	const char *at = text, *field;
	char number[12];
	size_t len;
	int n = 0;

	while (n < 3 && next_field(&at, separator, &field, &len) && len < sizeof(number)) {
		snprintf(number, sizeof(number), "%.*s", (int)len, field);
		if (parse_u64(number, n == 2, UINT32_MAX, &numbers[n]) < 0)
			break;
		n++;
	}
	if (n != 3 || at) {
		err_set(err, 0, "'%s' is no range of ids", text);
		return err_remedy(err, "give INSIDE:OUTSIDE:COUNT as in 0:100000:65536");
	}
	/* 4294967295 is no id, so 0:0:4294967295 is all of them. */
	if (MAX(numbers[0], numbers[1]) + numbers[2] > UINT32_MAX)
		return err_set(err, 0, "'%s' goes beyond the last id, 4294967294", text);
	*ret = (struct idmap_range){(uint32_t)numbers[0], (uint32_t)numbers[1],
				    (uint32_t)numbers[2]};
	return 0;
}

char *idmap_text(struct arena *a, const struct idmap *map)
{
	OUT_CLEANUP struct out o = {0};

	for (uint32_t i = 0; i < map->n; i++)
		out_printf(&o, "%s%u %u %u", i ? "\n" : "", map->ranges[i].inside,
			   map->ranges[i].outside, map->ranges[i].count);
	return arena_strdup(a, o.text ? o.text : "");
}

/* Emit the part of `r` that remains when `inside` and `outside` are taken out. The ids left
 * are paired anew in order, so one id at the end may stay unmapped. */
static uint32_t cut(struct idmap_range r, uint32_t inside, uint32_t outside,
		    struct idmap_range *out)
{
	uint32_t holes[2] = {UINT32_MAX, UINT32_MAX}; /* offsets to skip: inside, outside */
	uint32_t in = 0, from = 0, n = 0;

	if (inside >= r.inside && inside - r.inside < r.count)
		holes[0] = inside - r.inside;
	if (outside >= r.outside && outside - r.outside < r.count)
		holes[1] = outside - r.outside;
	while (in < r.count && from < r.count) {
		uint32_t length;

		in += in == holes[0];
		from += from == holes[1];
		if (in >= r.count || from >= r.count)
			break;
		length = r.count - MAX(in, from);
		if (holes[0] != UINT32_MAX && holes[0] > in)
			length = MIN(length, holes[0] - in);
		if (holes[1] != UINT32_MAX && holes[1] > from)
			length = MIN(length, holes[1] - from);
		out[n++] = (struct idmap_range){r.inside + in, r.outside + from, length};
		in += length;
		from += length;
	}
	return n;
}

void idmap_add_single(struct arena *a, struct idmap *map, uint32_t inside, uint32_t outside)
{
	struct idmap_range *ranges = arena_array(a, struct idmap_range, 1 + 3 * (size_t)map->n);
	uint32_t n = 0;

	ranges[n++] = (struct idmap_range){inside, outside, 1};
	for (uint32_t i = 0; i < map->n; i++)
		n += cut(map->ranges[i], inside, outside, ranges + n);
	*map = (struct idmap){ranges, n};
}

/* The part of a range that one range of the namespace between has; what is in front is not. */
static uint32_t cross(struct idmap_range r, const struct idmap *between, struct idmap_range *ret)
{
	for (uint32_t i = 0; i < between->n; i++) {
		const struct idmap_range *b = &between->ranges[i];

		if (r.outside < b->outside || r.outside - b->outside >= b->count)
			continue;
		ret->inside = r.inside;
		ret->outside = b->inside + (r.outside - b->outside);
		ret->count = MIN(r.count, b->count - (r.outside - b->outside));
		return ret->count;
	}
	return 0;
}

int idmap_through(struct arena *a, const struct idmap *map, const struct idmap *between,
		  struct idmap *ret, struct err *err)
{
	enum { RANGES_MAX = 340 };
	struct idmap_range *ranges = arena_array(a, struct idmap_range, RANGES_MAX);
	uint32_t n = 0;

	for (uint32_t i = 0; i < map->n; i++) {
		struct idmap_range rest = map->ranges[i];

		while (rest.count) {
			uint32_t done = n < RANGES_MAX ? cross(rest, between, &ranges[n++]) : 0;

			if (!done)
				return err_set(err, EINVAL, "the id %u is not mapped there",
					       rest.outside);
			rest = (struct idmap_range){rest.inside + done, rest.outside + done,
						    rest.count - done};
		}
	}
	*ret = (struct idmap){ranges, n};
	return 0;
}

/* newuidmap PID inside outside count … */
static int run_helper(const char *tool, pid_t pid, const struct idmap *map, struct err *err)
{
	enum { RANGES_MAX = 340 }; /* the kernel's own limit of lines */
	static char *argv[3 + 3 * RANGES_MAX];
	static char numbers[3 * RANGES_MAX][11];
	static char pid_text[12]; /* argv points to it */
	size_t n = 0;
	int status, r;
	pid_t child;

	if (map->n > RANGES_MAX)
		return err_set(err, E2BIG, "cannot map %u ranges of ids", map->n);
	snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	argv[n++] = (char *)tool;
	argv[n++] = pid_text;
	for (uint32_t i = 0; i < 3 * map->n; i++) {
		const struct idmap_range *range = &map->ranges[i / 3];
		uint32_t values[3] = {range->inside, range->outside, range->count};

		snprintf(numbers[i], sizeof(numbers[i]), "%u", values[i % 3]);
		argv[n++] = numbers[i];
	}
	argv[n] = NULL;
	child = process_clone(0, SIGCHLD, -1, NULL);
	if (child < 0)
		return err_set(err, -child, "cannot start '%s'", tool);
	if (child == 0) {
		execvpe(tool, argv, environ);
		_exit(errno == ENOENT ? 127 : 126);
	}
	r = process_wait(child, &status);
	if (r < 0)
		return err_set(err, -r, "cannot wait for '%s'", tool);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	err_set(err, 0, "%s could not map the ids", tool);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_remedy(err,
				  "it is not installed: package uidmap (shadow-utils elsewhere)");
	return err_remedy(err, "/etc/subuid and /etc/subgid must grant you these ranges: usermod "
			       "--add-subuids 100000-165535 "
			       "--add-subgids 100000-165535 USER");
}

static int write_map(pid_t pid, const char *file, const char *text, struct err *err)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	r = write_file_at(AT_FDCWD, path, text);
	if (r == 0)
		return 0;
	err_set(err, -r, "cannot write '%s' to '%s'", text, path);
	if (r == -EPERM)
		err_remedy(err, "only ids that you may use can be mapped: your own, or ranges "
				"granted in /etc/subuid and /etc/subgid");
	else if (r == -EINVAL)
		err_remedy(err, "ranges may not overlap, must be in use in the parent namespace, "
				"and at most 340 are possible");
	return r;
}

static int write_one(pid_t pid, uint32_t writer, const struct idmap *map, const char *file,
		     const char *tool, struct err *err)
{
	struct arena a;
	int r;

	if (map->n == 0 || writer == IDMAP_SELF)
		return 0;
	if (writer == IDMAP_HELPER)
		return run_helper(tool, pid, map, err);
	r = arena_init(&a);
	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = write_map(pid, file, idmap_text(&a, map), err);
	arena_free(&a);
	return r;
}

static int write_all_maps(pid_t pid, const struct idmap_plan *plan, struct err *err)
{
	int r = 0;

	if (plan->setgroups == SETGROUPS_DENY && plan->gid_writer != IDMAP_SELF)
		r = write_map(pid, "setgroups", "deny", err);
	if (r == 0)
		r = write_one(pid, plan->gid_writer, &plan->gid, "gid_map", "newgidmap", err);
	if (r == 0)
		r = write_one(pid, plan->uid_writer, &plan->uid, "uid_map", "newuidmap", err);
	return r;
}

/* --- from within the parent user namespace --- */

struct maps {
	pid_t pid;
	const struct idmap_plan *plan;
	int parent;
};

static int write_there(void *arg, struct err *err)
{
	const struct maps *m = arg;

	if (setns(m->parent, CLONE_NEWUSER) < 0)
		return err_errno(err, "cannot enter the user namespace around the container's");
	return write_all_maps(m->pid, m->plan, err);
}

static void nothing(void *arg UNUSED)
{
}

int idmap_write_host(pid_t pid, const struct idmap_plan *plan, struct err *err)
{
	CLOSE_FD int own = -1, parent = -1;

	if (plan->uid_writer != IDMAP_PARENT)
		return write_all_maps(pid, plan, err);
	own = process_namespace(pid, "user");
	parent = own < 0 ? -1 : ioctl(own, NS_GET_PARENT);
	if (parent < 0)
		return err_errno(err, "cannot find the user namespace around the container's");
	return transaction_run(write_there, nothing, &(struct maps){pid, plan, parent}, err);
}
