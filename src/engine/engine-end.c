// SPDX-License-Identifier: Apache-2.0
/*
 * Theory of operation
 *
 * Each container is held by two descriptors: its PID 1, which gets the signals, and its owner,
 * the process that started it and removes what it leaves. One poll() waits for all of them.
 *
 *              PID 1 ended                   owner ended
 *   ASKED ----------------------> CLEANING ---------------> DONE
 *     | time is over                 ^
 *     v  SIGKILL                     | PID 1 ended
 *   KILLED --------------------------+
 *
 * An owner that was killed itself is no obstacle: what it leaves is swept at the end.
 */
#include "engine-end.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "living.h"
#include "names.h"
#include "process.h"

/* What the kernel and an owner may take, in milliseconds. */
enum { PATIENCE = 10000 };

enum phase { ASKED, KILLED, CLEANING, DONE };

struct ending {
	struct living c;
	enum phase phase;
	int64_t deadline; /* milliseconds; INT64_MAX: none */
	int64_t since;    /* when the phase began, in microseconds */
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
	return now_us() / 1000;
}

static void trace(const struct end_request *q, const struct ending *e, const char *what)
{
	if (q->trace)
		fprintf(stderr, "%s: %s: %-18s %8lld us\n", q->tool, e->c.state.name, what,
			(long long)(now_us() - e->since));
}

static void enter_phase(struct ending *e, enum phase phase, int64_t patience)
{
	e->phase = phase;
	e->since = now_us();
	e->deadline = patience < 0 ? INT64_MAX : now_ms() + patience;
}

/* --- which --- */

static int names_of(const struct end_request *q, struct arena *a, const char *const **ret,
		    size_t *ret_n, struct err *err)
{
	const char **names;
	int r;

	if (q->all) {
		r = state_list(a, ret, err);
		for (*ret_n = 0; r == 0 && (*ret)[*ret_n];)
			(*ret_n)++;
		return r;
	}
	names = arena_array(a, const char *, q->n + 1);
	for (size_t i = 0; i < q->n; i++)
		names[i] = q->names[i];
	*ret = names;
	*ret_n = q->n;
	return 0;
}

static bool is_among(const struct ending *v, size_t n, const struct living *c)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].c.state.name, c->state.name) == 0)
			return true;
	return false;
}

/* Open those that exist; each other one is reported. Returns their number in *ret_failed. */
static int open_all(const struct end_request *q, struct arena *a, struct ending **ret,
		    size_t *ret_n, int *ret_failed, struct err *err)
{
	const char *const *names;
	struct ending *v;
	size_t n, k = 0;
	int r = names_of(q, a, &names, &n, err);

	if (r < 0)
		return r;
	v = arena_array(a, struct ending, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct err own = {0};

		v[k].c = (struct living)LIVING_NONE;
		r = living_open(names[i], a, &v[k].c, &own);
		if (r < 0 && !((q->ignore || q->all) && (r == -ENOENT || r == -ESRCH))) {
			q->report(q->context, &own);
			(*ret_failed)++;
		} else if (r == 0 && is_among(v, k, &v[k].c)) {
			living_close(&v[k].c); /* named twice */
		} else if (r == 0) {
			k++;
		}
	}
	*ret = v;
	*ret_n = k;
	return 0;
}

/* --- ending --- */

static void fail(const struct end_request *q, struct ending *e, int *failed, const struct err *err)
{
	q->report(q->context, err);
	e->phase = DONE;
	(*failed)++;
}

static void done(const struct end_request *q, struct ending *e)
{
	e->phase = DONE;
	out_printf(q->done, "%s\n", e->c.state.name);
}

static void send_signal(const struct end_request *q, struct ending *e, int number, int *failed)
{
	const char *name = signal_name(number);
	struct err err = {0};
	int r;

	e->since = now_us();
	r = process_signal(e->c.pidfd, number);
	if (r < 0 && r != -ESRCH) {
		err_set(&err, -r, "cannot send a signal to the container '%s'", e->c.state.name);
		fail(q, e, failed, &err);
		return;
	}
	if (q->verbose && !living_hears(&e->c, number))
		fprintf(stderr,
			"kokon %s: note: PID 1 of '%s' has no handler for %s, so the kernel does "
			"not "
			"deliver it\n",
			q->tool, e->c.state.name, name ? name : "that signal");
	/* What is frozen gets no signal before it goes on. */
	if (e->c.frozen && living_thaw(&e->c, &err) < 0) {
		fail(q, e, failed, &err);
		return;
	}
	trace(q, e, name ? name : "signal");
}

static void begin_cleaning(const struct end_request *q, struct ending *e)
{
	trace(q, e, "end");
	if (e->c.owner < 0)
		done(q, e);
	else
		enter_phase(e, CLEANING, PATIENCE);
}

static void out_of_time(const struct end_request *q, struct ending *e, int *failed)
{
	struct err err = {0};

	if (e->phase == ASKED) {
		trace(q, e, "timeout");
		send_signal(q, e, SIGKILL, failed);
		if (e->phase == ASKED)
			enter_phase(e, KILLED, PATIENCE);
		return;
	}
	if (e->phase == KILLED) {
		err_set(&err, 0, "the container '%s' does not end, although it was killed",
			e->c.state.name);
		err_remedy(&err,
			   "process %d waits in the kernel, for a disk or a network file "
			   "system perhaps: cat /proc/%d/stack",
			   (int)e->c.state.pid, (int)e->c.state.pid);
	} else {
		err_set(&err, 0, "the container '%s' has ended, but what it leaves is not removed",
			e->c.state.name);
		err_remedy(&err,
			   "process %d, which answers for it, does not go on: is it stopped? "
			   "kill -CONT %d",
			   (int)e->c.state.owner, (int)e->c.state.owner);
	}
	fail(q, e, failed, &err);
}

static int next_timeout(const struct ending *v, size_t n)
{
	int64_t first = INT64_MAX, now = now_ms();

	for (size_t i = 0; i < n; i++)
		if (v[i].phase != DONE)
			first = MIN(first, v[i].deadline);
	return first == INT64_MAX ? -1 : first <= now ? 0 : (int)MIN(first - now, INT32_MAX);
}

static void wait_for_all(const struct end_request *q, struct arena *a, struct ending *v, size_t n,
			 int *failed)
{
	struct pollfd *fds = arena_array(a, struct pollfd, n + 1);
	size_t left;

	for (;;) {
		left = 0;
		for (size_t i = 0; i < n; i++) {
			fds[i].events = POLLIN;
			fds[i].revents = 0;
			fds[i].fd = v[i].phase == DONE       ? -1
				    : v[i].phase == CLEANING ? v[i].c.owner
							     : v[i].c.pidfd;
			left += v[i].phase != DONE;
		}
		if (left == 0)
			return;
		if (poll(fds, (nfds_t)n, next_timeout(v, n)) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < n; i++) {
			if (v[i].phase == DONE)
				continue;
			if (fds[i].revents && v[i].phase == CLEANING) {
				trace(q, &v[i], "clean");
				done(q, &v[i]);
			} else if (fds[i].revents) {
				begin_cleaning(q, &v[i]);
			} else if (v[i].deadline <= now_ms()) {
				out_of_time(q, &v[i], failed);
			}
		}
	}
}

static int end_all(const struct end_request *q, bool stop, struct err *err)
{
	struct arena a;
	struct ending *v;
	size_t n;
	int failed = 0, r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = open_all(q, &a, &v, &n, &failed, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		int64_t seconds =
			q->timeout == STOP_TIMEOUT_OWN ? v[i].c.state.stop_timeout : q->timeout;
		int number = q->signal ? q->signal : (int)v[i].c.state.stop_signal;

		v[i].phase = ASKED;
		send_signal(q, &v[i], number, &failed);
		if (v[i].phase == DONE)
			continue;
		if (number == SIGKILL)
			enter_phase(&v[i], KILLED, PATIENCE);
		else if (stop)
			enter_phase(&v[i], ASKED, seconds < 0 ? -1 : seconds * 1000);
		else
			done(q, &v[i]);
	}
	if (r == 0) {
		wait_for_all(q, &a, v, n, &failed);
		state_sweep();
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		living_close(&v[i].c);
	arena_free(&a);
	return r < 0 ? r : failed;
}

int engine_stop(const struct end_request *q, struct err *err)
{
	return end_all(q, true, err);
}

int engine_kill(const struct end_request *q, struct err *err)
{
	return end_all(q, false, err);
}

/* --- explaining --- */

static void explain_thaw(const struct ending *e, struct out *o)
{
	if (!e->c.frozen)
		return;
	out_printf(o,
		   "# it is frozen, and gets no signal before it goes on\n"
		   "cd %s\n"
		   "echo 0 > cgroup.freeze || echo THAWED > freezer.state\n",
		   e->c.frozen);
}

static void explain_cleaning(const struct ending *e, struct out *o)
{
	out_printf(o,
		   "# the process that answers for it removes what it leaves\n"
		   "tail --pid=%d -f /dev/null\n",
		   (int)e->c.state.owner);
}

/* "SIGTERM" -> "TERM", as kill(1) takes it everywhere. */
static const char *short_name(int number, char *buf, size_t size)
{
	const char *name = signal_name(number);

	if (name)
		return name + 3;
	snprintf(buf, size, "%d", number);
	return buf;
}

static void explain_one(const struct end_request *q, bool stop, const struct ending *e,
			struct out *o)
{
	int number = q->signal ? q->signal : (int)e->c.state.stop_signal;
	int64_t seconds = q->timeout == STOP_TIMEOUT_OWN ? e->c.state.stop_timeout : q->timeout;
	int pid = (int)e->c.state.pid;
	char buf[16];

	out_printf(
		o,
		"# the signal goes to the first process of '%s', by a descriptor that cannot come "
		"to mean another one\n"
		"kill -s %s %d\n",
		e->c.state.name, short_name(number, buf, sizeof(buf)), pid);
	explain_thaw(e, o);
	if (stop && number != SIGKILL && seconds >= 0)
		out_printf(o,
			   "# it has %lld seconds to end by itself\n"
			   "timeout %lld tail --pid=%d -f /dev/null || kill -s KILL %d\n",
			   (long long)seconds, (long long)seconds, pid, pid);
	else if (stop && number != SIGKILL)
		out_printf(o,
			   "# it has all the time to end by itself\n"
			   "tail --pid=%d -f /dev/null\n",
			   pid);
	if (stop || number == SIGKILL)
		explain_cleaning(e, o);
}

static int explain_all(const struct end_request *q, bool stop, struct out *o, struct err *err)
{
	struct arena a;
	struct ending *v;
	size_t n;
	int failed = 0, r = arena_init(&a);

	if (r < 0)
		return err_set(err, -r, "cannot allocate memory");
	r = open_all(q, &a, &v, &n, &failed, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		explain_one(q, stop, &v[i], o);
		living_close(&v[i].c);
	}
	arena_free(&a);
	return r < 0 ? r : failed;
}

int engine_stop_explain(const struct end_request *q, struct out *o, struct err *err)
{
	return explain_all(q, true, o, err);
}

int engine_kill_explain(const struct end_request *q, struct out *o, struct err *err)
{
	return explain_all(q, false, o, err);
}
