// SPDX-License-Identifier: Apache-2.0
/*
 * events: what a container uses, as one JSON object a line, until the container ends. The keys
 * are those that runc prints.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "cgroup.h"
#include "file.h"
#include "groups.h"
#include "json-write.h"
#include "oci-group.h"
#include "oci-store.h"
#include "oci.h"

struct watch {
	const struct oci *o;
	struct arena a;
	struct oci_container c;
	struct cgroup_plan *group;
	uint64_t oom_kills;
};

static void put_cpu(struct json_writer *w, const struct group_stats *s)
{
	json_put_object(w, "cpu");
	json_put_object(w, "usage");
	json_put_u64(w, "total", s->cpu_us * 1000);
	json_put_u64(w, "kernel", s->system_us * 1000);
	json_put_u64(w, "user", s->user_us * 1000);
	json_put_end(w);
	json_put_object(w, "throttling");
	if (s->has & STAT_THROTTLE) {
		json_put_u64(w, "periods", s->periods);
		json_put_u64(w, "throttledPeriods", s->throttled);
		json_put_u64(w, "throttledTime", s->throttled_us * 1000);
	}
	json_put_end(w);
	json_put_end(w);
}

/* A number of one of the group's files, in whichever hierarchy it is; "max" is the largest. */
static bool number(const struct cgroup_plan *group, const char *file, uint64_t *ret)
{
	for (uint32_t i = 0; i < group->n_in; i++) {
		CLOSE_FD int dir = cgroup_open_place(group, i, NULL);
		char text[64];

		if (dir < 0 || read_line_at(dir, file, text, sizeof(text)) <= 0)
			continue;
		*ret = strcmp(text, "max") == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
		return true;
	}
	return false;
}

static void put_number(struct json_writer *w, const struct cgroup_plan *group, const char *key,
		       const char *v2, const char *v1)
{
	uint64_t value;

	if (number(group, v2, &value) || (v1 && number(group, v1, &value)))
		json_put_u64(w, key, value);
}

static void put_memory(struct json_writer *w, const struct cgroup_plan *group,
		       const struct group_stats *s)
{
	json_put_object(w, "memory");
	json_put_object(w, "usage");
	put_number(w, group, "limit", "memory.max", "memory.limit_in_bytes");
	json_put_u64(w, "usage", s->memory);
	if (s->has & STAT_PEAK)
		json_put_u64(w, "max", s->memory_peak);
	put_number(w, group, "failcnt", "memory.failcnt", NULL);
	json_put_end(w);
	json_put_object(w, "swap");
	put_number(w, group, "limit", "memory.swap.max", "memory.memsw.limit_in_bytes");
	if (s->has & STAT_SWAP)
		json_put_u64(w, "usage", s->swap);
	json_put_end(w);
	json_put_end(w);
}

static void put_stats(struct watch *w, const struct group_stats *s, struct out *o)
{
	struct json_writer j = json_writer_to(o, NULL);

	json_put_object(&j, NULL);
	json_put_string(&j, "type", "stats");
	json_put_string(&j, "id", w->c.id);
	json_put_object(&j, "data");
	put_cpu(&j, s);
	put_memory(&j, w->group, s);
	json_put_object(&j, "pids");
	json_put_u64(&j, "current", s->pids);
	put_number(&j, w->group, "limit", "pids.max", NULL);
	json_put_end(&j);
	json_put_object(&j, "blkio");
	json_put_u64(&j, "readBytes", s->read_bytes);
	json_put_u64(&j, "writtenBytes", s->written_bytes);
	json_put_end(&j);
	json_put_end(&j);
	json_put_end(&j);
	out_puts(o, "\n");
}

static void put_oom(const struct watch *w, struct out *o)
{
	struct json_writer j = json_writer_to(o, NULL);

	json_put_object(&j, NULL);
	json_put_string(&j, "type", "oom");
	json_put_string(&j, "id", w->c.id);
	json_put_end(&j);
	out_puts(o, "\n");
}

static int tell(struct watch *w, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	struct group_stats s;
	int r;

	group_read_stats(w->group, &s);
	if ((s.has & STAT_OOM) && s.oom_kills > w->oom_kills)
		put_oom(w, &o);
	w->oom_kills = s.oom_kills;
	put_stats(w, &s, &o);
	r = out_write(&o, STDOUT_FILENO);
	return r < 0 ? err_set(err, -r, "cannot write to standard output") : 0;
}

int oci_events(const struct oci *o, const char *id, bool once, int64_t interval_ms, struct err *err)
{
	struct watch w = {.o = o, .c = OCI_CONTAINER_NONE};
	int root = oci_store(o->root, false, err), r = root < 0 ? root : arena_init(&w.a);

	if (r == 0)
		r = oci_open(root, id, &w.a, &w.c, err);
	if (r == 0 && w.c.pidfd < 0)
		r = err_set(err, 0, "container with id '%s' is not running", id);
	if (r == 0)
		r = oci_group(&w.a, &w.c.state, &w.group, NULL, err);
	while (r == 0) {
		struct pollfd end = {.fd = w.c.pidfd, .events = POLLIN};

		r = tell(&w, err);
		if (once || (r == 0 && poll(&end, 1, (int)interval_ms) > 0))
			break;
	}
	oci_close(&w.c);
	return r;
}
