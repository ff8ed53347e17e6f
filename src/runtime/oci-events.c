// SPDX-License-Identifier: Apache-2.0
/*
 * events: what a container uses, as one JSON object a line, until the container ends; and a line
 * for each time that the kernel killed for want of memory.
 *
 * The kernel tells of that at once: version 2 by POLLPRI of memory.events, version 1 by an eventfd
 * given to cgroup.event_control (admin-guide/cgroup-v1/memory.rst, 10). Where neither can be had,
 * the count is looked at with every line.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include "file.h"
#include "json-write.h"
#include "oci-group.h"
#include "oci-stats.h"
#include "oci-store.h"
#include "oci.h"

struct watch {
	struct arena a;
	struct oci_container c;
	struct oci_stats_group group;
	struct oci_stats_from from;
	struct pollfd oom; /* fd -1: the kernel does not tell */
	int oom_dir;
	uint64_t oom_kills;
};

static int put_event(const struct watch *w, const char *type, bool stats, struct err *err)
{
	OUT_CLEANUP struct out o = {0};
	struct json_writer j = json_writer_to(&o, NULL);
	int r;

	json_put_object(&j, NULL);
	json_put_string(&j, "type", type);
	json_put_string(&j, "id", w->c.id);
	if (stats)
		oci_stats_put(&w->from, &j);
	json_put_end(&j);
	out_puts(&o, "\n");
	r = out_write(&o, STDOUT_FILENO);
	return r < 0 ? err_set(err, -r, "cannot write to standard output") : 0;
}

/* --- what to watch --- */

static int open_group(struct watch *w, struct err *err)
{
	struct cgroup_plan *plan;
	int r = oci_group(&w->a, &w->c.state, &plan, NULL, err);

	for (uint32_t i = 0; r == 0 && i < plan->n_in; i++) {
		int dir = cgroup_open_place(plan, i, err);

		if (dir < 0)
			return dir;
		w->group.in[w->group.n].version = plan->in[i].version;
		w->group.in[w->group.n++].dir = dir;
	}
	return r;
}

/* An eventfd that counts what the group of version 1 runs out of memory for; -1: none. */
static int oom_eventfd(int dir)
{
	CLOSE_FD int control = openat(dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	CLOSE_FD int counter = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	char text[32];

	snprintf(text, sizeof(text), "%d %d", counter, control);
	if (control < 0 || counter < 0 || write_file_at(dir, "cgroup.event_control", text) < 0)
		return -1;
	return TAKE_FD(counter);
}

static void watch_oom(struct watch *w)
{
	for (uint32_t i = 0; i < w->group.n && w->oom.fd < 0; i++) {
		bool v2 = w->group.in[i].version == 2;
		int dir = w->group.in[i].dir;

		w->oom.fd =
			v2 ? openat(dir, "memory.events", O_RDONLY | O_CLOEXEC) : oom_eventfd(dir);
		w->oom.events = v2 ? POLLPRI : POLLIN;
		w->oom_dir = dir;
	}
}

/* Its own network namespace, and its class of resctrl, by the config that it was made with. */
static void find_more(struct watch *w)
{
	struct spec *spec;
	struct err ignored;

	w->from.group = &w->group;
	if (oci_config(&w->c, &w->a, false, &spec, &ignored) < 0)
		return;
	if (spec_namespace_of(spec, CLONE_NEWNET))
		w->from.net_dev = arena_printf(&w->a, "/proc/%d/net/dev", (int)w->c.state.pid);
	oci_rdt_class(&w->a, spec, w->c.id, &w->from.rdt_root, &w->from.rdt_class);
}

static int begin(struct watch *w, const struct oci *o, const char *id, struct err *err)
{
	int r = oci_open_id(o->root, id, 0, &w->a, &w->c, err);

	if (r < 0)
		return r;
	if (w->c.pidfd < 0)
		return err_set(err, 0, "container with id '%s' is not running", id);
	r = open_group(w, err);
	if (r < 0)
		return r;
	find_more(w);
	w->oom_kills = oci_stats_oom_kills(&w->group);
	return 0;
}

/* --- watching --- */

/* Version 1 tells before it counts the kill, and once more when the group is removed. Version 2
 * tells of whatever memory.events counts. Both are quiet again once they are read. */
static bool ran_out(struct watch *w, short revents)
{
	uint64_t value, before = w->oom_kills;
	char text[512];

	if (w->oom.fd >= 0 && w->oom.events == POLLIN)
		return revents && read(w->oom.fd, &value, sizeof(value)) > 0 &&
		       faccessat(w->oom_dir, "memory.oom_control", F_OK, 0) == 0;
	if (revents && pread(w->oom.fd, text, sizeof(text), 0) < 0)
		return false;
	w->oom_kills = oci_stats_oom_kills(&w->group);
	return w->oom_kills > before;
}

static int tell_oom(struct watch *w, short revents, struct err *err)
{
	return ran_out(w, revents) ? put_event(w, "oom", false, err) : 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until it ends. */
static int watch(struct watch *w, int64_t interval_ms, struct err *err)
{
	int64_t next = now_ms();
	int r = 0;

	watch_oom(w);
	while (r == 0) {
		struct pollfd p[] = {{.fd = w->c.pidfd, .events = POLLIN}, w->oom};
		int64_t left = next - now_ms();

		if (left <= 0) {
			r = tell_oom(w, 0, err);
			if (r == 0)
				r = put_event(w, "stats", true, err);
			next += interval_ms;
			continue;
		}
		if (poll(p, ARRAY_SIZE(p), (int)left) <= 0)
			continue;
		r = tell_oom(w, p[1].revents, err);
		if (p[0].revents)
			break;
	}
	return r;
}

int oci_events(const struct oci *o, const char *id, bool once, int64_t interval_ms, struct err *err)
{
	struct watch w = {.c = OCI_CONTAINER_NONE, .oom = {.fd = -1}};
	int r = begin(&w, o, id, err);

	if (r == 0)
		r = once ? put_event(&w, "stats", true, err) : watch(&w, interval_ms, err);
	oci_close(&w.c);
	for (uint32_t i = 0; i < w.group.n; i++)
		close(w.group.in[i].dir);
	if (w.oom.fd >= 0)
		close(w.oom.fd);
	return r;
}
