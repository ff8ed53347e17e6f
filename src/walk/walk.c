// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include "uapi.h"

static_assert(sizeof(struct record) == 1048 && offsetof(struct record, err) == 16,
	      "START_PROTOCOL must change");

/* --- conditions --- */

/* Is a namespace of one of these types entered? */
static bool joins(const struct plan *plan, uint64_t types)
{
	for (uint32_t i = 0; i < plan->namespaces.n_joins; i++)
		if (namespace_infos[plan->namespaces.joins[i].type].flag & types)
			return true;
	return false;
}

static bool maps_outside(const struct plan *plan)
{
	return (plan->ids.uid.n && plan->ids.uid_writer != IDMAP_SELF) ||
	       (plan->ids.gid.n && plan->ids.gid_writer != IDMAP_SELF);
}

static bool maps_self(const struct plan *plan)
{
	return (plan->ids.uid.n && plan->ids.uid_writer == IDMAP_SELF) ||
	       (plan->ids.gid.n && plan->ids.gid_writer == IDMAP_SELF) ||
	       plan->ids.setgroups != SETGROUPS_UNCHANGED;
}

static bool changes_identity(const struct identity_plan *p)
{
	return p->set_uid || p->set_gid || p->set_groups || p->accounts || p->keep_caps;
}

/* Is a handle left for the container side to open? */
static bool opens_inside(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->n_handles; i++)
		if (plan->handles[i].inside)
			return true;
	return plan->container.devices.bind;
}

static bool labels(const struct plan *plan)
{
	return plan->container.labels.apparmor || plan->container.labels.selinux;
}

static bool schedules(const struct plan *plan)
{
	const struct scheduler_plan *s = &plan->container.scheduler;
	const struct memory_policy_plan *m = &plan->container.memory;

	return s->set_policy || s->set_io || s->cpus_size || m->set || m->change_persona;
}

/* Is there a network namespace of its own to be wired? */
static bool wires(const struct plan *plan)
{
	const struct network_plan *n = &plan->container.network;

	return n->n > 0 || n->pasta || n->resolver;
}

static bool finishes_cgroup(const struct plan *plan)
{
	return plan->spawn == SPAWN_CHILD && plan->container.cgroup &&
	       plan->container.cgroup->n_late;
}

#define STEP(id, name_, side_, handed_, condition_, why_)                                          \
	static bool when_##id(const struct plan *plan UNUSED)                                      \
	{                                                                                          \
		return condition_;                                                                 \
	}                                                                                          \
	static size_t gives_##id(const struct plan *plan UNUSED)                                   \
	{                                                                                          \
		return handed_;                                                                    \
	}
#include "steps.def"
#undef STEP

const struct step steps[ROWS] = {
#define STEP(id, name_, side_, handed_, condition_, why_)                                          \
	{name_, side_, when_##id, gives_##id, why_},
#include "steps.def"
#undef STEP
};

/* --- the walker --- */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool host_row_after(const struct plan *plan, int row)
{
	while (++row < ROWS)
		if (steps[row].side == HOST && steps[row].when(plan))
			return true;
	return false;
}

/* Nobody waits for these where they stand (result.h). */
static bool is_awaited_later(int row)
{
	return row == ROW_guardian || row == ROW_guardian_last || row == ROW_record_pid ||
	       row == ROW_record_pid_last;
}

/* Does the other side wait for this row's record? In place, the process that walks the host's
 * rows ends with the last of them. */
static bool hands_over(const struct plan *plan, int row)
{
	if (plan->spawn == SPAWN_IN_PLACE && steps[row].side == CONTAINER &&
	    !host_row_after(plan, row))
		return false;
	/* What is done before there is a container side arrives there as the hello; that the
	 * program runs is told by the socket's end. */
	if (row <= ROW_spawn || row == ROW_exec)
		return false;
	if (is_awaited_later(row))
		return false;
	/* The one that starts it is not the one that made it. */
	if (row > ROW_wait_start && plan->container.wait)
		return false;
	if (row == ROW_wait_start)
		return plan->container.wait || plan->trace;
	if (plan->trace || steps[row].gives(plan))
		return true;
	/* The container side does not wait for it here, but at the row "wired". */
	if (row == ROW_wire)
		return false;
	for (int next = row + 1; next < ROWS; next++)
		if (!is_awaited_later(next) && steps[next].when(plan))
			return steps[next].side != steps[row].side;
	return steps[row].side == HOST;
}

static int send_record(struct run *run, const struct record *record, const int *fds, size_t n)
{
	int r;

	if (run->sock < 0)
		return 0;
	/* Not before stage 1 has sent its record and ended: records arrive in the table's order. */
	if (run->gate >= 0) {
		char nothing;

		while (read(run->gate, &nothing, 1) < 0 && errno == EINTR)
			;
		close(TAKE_FD(run->gate));
	}
	r = message_send(run->sock, record, sizeof(*record), fds, n);
	return r < 0 ? err_set(run->err, -r, "the other side is gone after the step '%s'",
			       steps[record->row].name)
		     : 0;
}

int walk_report(struct run *run, int row, int32_t pid, const int *fds, size_t n)
{
	return send_record(run, &(struct record){.row = row, .pid = pid}, fds, n);
}

static int own_row(struct run *run, int row, step_function function)
{
	struct record record = {.row = row};
	uint64_t start = run->plan->trace ? now() : 0;
	int r;

	if (run->side == CONTAINER && run->result) {
		run->err->text[0] = '\0';
		run->result->row = row;
	}
	r = function(run);
	if (r < 0) {
		if (run->side == CONTAINER && run->result)
			run->result->failed = 1;
		record.err = *run->err;
		/* The peer may be gone already; what failed here is what is worth telling. */
		send_record(run, &record, NULL, 0);
		*run->err = record.err;
		return r;
	}
	if (run->plan->trace) {
		record.duration = now() - start + 1;
		if (run->trace)
			run->trace(run, row, record.duration);
	}
	return r == WALK_REPORTED || !hands_over(run->plan, row)
		       ? 0
		       : send_record(run, &record, NULL, 0);
}

/* The last row finds out why it failed under a filter that may end it. */
static int walk_result(struct run *run)
{
	const struct result *p = run->result;

	if (!p || p->row < 0 || p->row >= ROWS)
		return 0;
	run->failed_row = p->row;
	if (!p->failed && !(p->row == ROW_exec && p->err.text[0]))
		return 0;
	*run->err = p->err;
	run->err->text[sizeof(p->err.text) - 1] = '\0';
	run->err->remedy[sizeof(p->err.remedy) - 1] = '\0';
	return run->err->code ? -run->err->code : -EINVAL;
}

int walk_ended(struct run *run)
{
	int r = run->side == HOST ? walk_result(run) : 0;

	if (r < 0)
		return r;
	run->peer_ended = true;
	return err_set(run->err, 0, "the other side ended during the step '%s'",
		       steps[run->failed_row].name);
}

int walk_last_row(struct run *run)
{
	run->failed_row = ROW_exec;
	return run->result && run->result->row != ROW_exec ? walk_ended(run) : walk_result(run);
}

int walk_receive(int sock, struct record *ret, int *fds, size_t n)
{
	int r = message_receive(sock, ret, sizeof(*ret), fds, n);

	if (r < 0)
		return r;
	ret->err.text[sizeof(ret->err.text) - 1] = '\0';
	ret->err.remedy[sizeof(ret->err.remedy) - 1] = '\0';
	if (ret->row < 0 || ret->row >= ROWS)
		ret->row = ROW_exec;
	return 0;
}

static int other_row(struct run *run, int row)
{
	int fds[MESSAGE_FDS_MAX];
	size_t n = steps[row].gives(run->plan);
	struct record record;
	int r = walk_receive(run->sock, &record, fds, n);

	if (r == -ECONNRESET)
		return walk_ended(run);
	if (r < 0)
		return err_set(run->err, -r, "cannot hear of the step '%s'", steps[row].name);
	if (record.err.text[0]) {
		*run->err = record.err;
		run->failed_row = record.row;
		return record.err.code ? -record.err.code : -EINVAL;
	}
	if (record.row != row)
		return err_set(run->err, EPROTO, "the other side is at step %d, expected '%s'",
			       record.row, steps[row].name);
	if (run->trace && record.duration)
		run->trace(run, row, record.duration);
	if (n > 0 && fds[0] < 0)
		return err_set(run->err, EPROTO, "step '%s' handed nothing over", steps[row].name);
	if (n > 0)
		run->take(run, row, record.pid, fds);
	if (run->err->text[0])
		return run->err->code ? -run->err->code : -EINVAL;
	return 0;
}

int walk(struct run *run, const step_function *functions)
{
	for (int row = 0; row < ROWS; row++) {
		int r = 0;

		if (!steps[row].when(run->plan))
			continue;
		run->failed_row = row;
		if (steps[row].side == run->side)
			r = own_row(run, row, functions[row]);
		else if (hands_over(run->plan, row))
			r = other_row(run, row);
		if (r < 0)
			return r;
		if (run->last_row && row == run->last_row)
			break;
	}
	return 0;
}
