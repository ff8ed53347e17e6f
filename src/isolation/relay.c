// SPDX-License-Identifier: Apache-2.0
/*
 * States of a channel:
 *
 *   open ──end of input──► ended, bytes left ──written──► closed
 *     └──────────── nobody reads `to` ──────────────────────►
 *
 * and of the loop: running, until the pidfd is readable; then draining, until every channel out
 * of the container is closed or was silent for DRAIN_MS (a process that outlives the awaited
 * one may hold the other end open).
 */
#include "relay.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include "file.h"
#include "process.h"

enum {
	DRAIN_MS = 100,
	CHUNK = 4096, /* never blocks on a pipe that poll(2) reports as writable (pipe(7)) */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int relay_signals(sigset_t *ret_old, int *ret_fd, struct err *err)
{
	static const int left[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGTRAP,
				   SIGSYS,  SIGABRT, SIGTTIN, SIGTTOU};
	sigset_t set, old;
	int fd;

	sigfillset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		sigdelset(&set, left[i]);
	if (sigprocmask(SIG_BLOCK, &set, &old) < 0)
		return err_errno(err, "cannot block signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0) {
		err_errno(err, "cannot make a descriptor for signals");
		sigprocmask(SIG_SETMASK, &old, NULL);
		return -err->code;
	}
	*ret_old = old;
	*ret_fd = fd;
	return 0;
}

void relay_add(struct relay *r, int from, int to)
{
	struct relay_channel *c = &r->channels[r->channels_count++];

	c->from = from;
	c->to = c->writer = to;
	c->ended = from < 0;
	c->to_terminal = c->close_to = c->own_from = c->broken = false;
	c->start = c->len = 0;
}

void relay_add_terminal(struct relay *r, int in, int out, int master)
{
	r->master = master;
	relay_add(r, in, master);
	r->channels[r->channels_count - 1].to_terminal = true;
	relay_add(r, master, out);
}

/* A descriptor of our own on the same terminal or pipe, so that it can be non-blocking without
 * changing that for every other process that has it. */
static int reopen_for_writing(int fd)
{
	char path[40];
	struct stat st;
	int own;

	if (fd < 0 || fstat(fd, &st) < 0 || !(S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return own < 0 ? fd : own;
}

static bool is_open(const struct relay_channel *c)
{
	return !c->ended || c->len > 0;
}

/* Nobody reads what is written to `to` any more. */
static void close_channel(struct relay_channel *c)
{
	c->ended = true;
	c->len = 0;
	if (c->own_from && c->from >= 0) {
		close(c->from);
		c->from = -1;
	}
}

static void finish_input(struct relay_channel *c)
{
	struct termios modes;
	char eof = 4;

	c->ended = true;
	if (c->to_terminal && c->to >= 0) {
		if (tcgetattr(c->to, &modes) == 0 && modes.c_cc[VEOF])
			eof = (char)modes.c_cc[VEOF];
		if (c->start + c->len < sizeof(c->buffer))
			c->buffer[c->start + c->len++] = eof;
	}
}

static void read_from(struct relay_channel *c)
{
	ssize_t n;

	/* Room for a ^D stays. */
	n = read(c->from, c->buffer, sizeof(c->buffer) - 1);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	c->start = 0;
	c->len = n > 0 ? (size_t)n : 0;
	/* EIO: the terminal hung up, or, of a master, every slave is closed. */
	if (n <= 0)
		finish_input(c);
}

static void write_to(struct relay_channel *c)
{
	ssize_t n = write(c->writer, c->buffer + c->start, MIN(c->len, (size_t)CHUNK));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		c->broken = true;
		close_channel(c);
		return;
	}
	c->start += (size_t)n;
	c->len -= (size_t)n;
}

/* After the last byte: a pipe into the container is closed, which is the end of its input. */
static void settle(struct relay_channel *c)
{
	if (is_open(c) || !c->close_to || c->to < 0)
		return;
	if (c->writer != c->to)
		close(c->writer);
	close(c->to);
	c->to = c->writer = -1;
}

static void watch(const struct relay_channel *c, struct pollfd *p)
{
	*p = (struct pollfd){.fd = -1};
	if (c->len > 0)
		*p = (struct pollfd){.fd = c->writer, .events = POLLOUT};
	else if (!c->ended)
		*p = (struct pollfd){.fd = c->from, .events = POLLIN};
}

/* Returns true if bytes moved. */
static bool serve(struct relay_channel *c, const struct pollfd *p)
{
	if (p->fd < 0 || !p->revents)
		return false;
	if (c->len > 0) {
		if (c->writer < 0 || (p->revents & POLLNVAL))
			close_channel(c);
		else
			write_to(c);
	} else if (p->revents & POLLNVAL) {
		finish_input(c);
	} else {
		read_from(c);
	}
	if (c->to < 0)
		c->len = 0;
	settle(c);
	return true;
}

/* ^Z from outside: stop as any program does, with the terminal as it was. */
static void stop_self(struct relay *r, bool raw, struct err *err)
{
	sigset_t stop;

	if (r->terminal)
		terminal_restore(r->terminal);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	if (raw && r->terminal)
		terminal_raw(r->terminal, err);
}

/* Does the process handle or ignore the signal on purpose? (proc_pid_status(5)) */
static bool is_handled(pid_t pid, int signal)
{
	static const char *const fields[] = {"\nSigCgt:", "\nSigIgn:"};
	FREE_PTR char *text = NULL;
	unsigned long long all = 0;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (read_file_at(AT_FDCWD, path, 1 << 16, &text) < 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *at = strstr(text, fields[i]);

		if (at)
			all |= strtoull(at + strlen(fields[i]), NULL, 16);
	}
	return all >> (signal - 1) & 1;
}

/* Returns true for a signal that asks for the end. */
static bool take_signal(struct relay *r, int signal, bool raw, int64_t *kill_at, struct err *err)
{
	bool asks_end;

	switch (signal) {
	case SIGWINCH:
		if (r->terminal)
			terminal_copy_size(r->terminal, r->master);
		return false;
	case SIGTSTP: stop_self(r, raw, err); return false;
	case SIGCONT:
		/* Whoever continued a stopped program may have changed the terminal. */
		if (raw) {
			terminal_restore(r->terminal);
			terminal_raw(r->terminal, err);
		}
		return false;
	case SIGCHLD:
	case SIGPIPE:
	case SIGURG: return false;
	case SIGHUP:
		if (r->hangup_ms >= 0 && *kill_at < 0)
			*kill_at = now_ms() + r->hangup_ms;
		break;
	}
	asks_end = signal == SIGHUP || signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
	if (asks_end && r->pid1 > 0 && !is_handled(r->pid1, signal)) {
		r->killed_by = signal;
		signal = SIGKILL;
	}
	process_signal(r->pidfd, signal);
	return asks_end;
}

struct loop {
	struct relay *relay;
	bool raw;        /* the user's terminal is to be raw */
	bool ended;      /* the awaited process has ended */
	bool leave;      /* a signal asked for the end of draining */
	int64_t kill_at; /* CLOCK_MONOTONIC in ms; -1: never */
	int64_t expires; /* the same, for timeout_ms */
	int64_t silent_since;
};

static void take_signals(struct loop *l, struct err *err)
{
	struct signalfd_siginfo info;

	while (read(l->relay->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (take_signal(l->relay, (int)info.ssi_signo, l->raw, &l->kill_at, err))
			l->leave = l->ended;
}

/* Is there something of the container's still to be passed on? Input to it no longer matters. */
static bool must_drain(const struct loop *l)
{
	const struct relay *r = l->relay;

	for (size_t i = 0; i < r->channels_count; i++) {
		const struct relay_channel *c = &r->channels[i];

		if (c->to_terminal || c->close_to || !is_open(c))
			continue;
		if (c->len > 0 || now_ms() - l->silent_since < DRAIN_MS)
			return true;
	}
	return false;
}

static int next_timeout(const struct loop *l)
{
	int64_t at = -1, until[] = {l->kill_at, l->expires};

	if (l->ended)
		return DRAIN_MS;
	for (size_t i = 0; i < ARRAY_SIZE(until); i++)
		if (until[i] >= 0 && (at < 0 || until[i] < at))
			at = until[i];
	return at < 0 ? -1 : (int)MIN(MAX(at - now_ms(), (int64_t)0), (int64_t)1 << 30);
}

static void check_time(struct loop *l)
{
	struct relay *r = l->relay;
	int64_t now;

	/* Asking for the time the first time takes three page faults. */
	if (l->kill_at < 0 && l->expires < 0)
		return;
	now = now_ms();
	if (l->kill_at >= 0 && now >= l->kill_at) {
		process_signal(r->pidfd, SIGKILL);
		l->kill_at = -1;
	}
	if (l->expires >= 0 && now >= l->expires) {
		r->timed_out = true;
		process_signal(r->pidfd, SIGKILL);
		l->expires = -1;
	}
}

/* The user's end of the terminal's output is gone: hang up, or the payload would write into a
 * terminal that nobody reads, and block. */
static void hang_up(struct relay *r)
{
	for (size_t i = 0; i < r->channels_count; i++) {
		struct relay_channel *c = &r->channels[i];

		if (c->from != r->master && c->to != r->master)
			continue;
		c->ended = true;
		c->len = 0;
	}
	close(r->master);
	r->master = -1;
}

static int loop_once(struct loop *l, struct err *err)
{
	struct relay *r = l->relay;
	struct pollfd p[3 + RELAY_CHANNELS];
	size_t n = 2 + r->channels_count;

	p[0] = (struct pollfd){.fd = l->ended ? -1 : r->pidfd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = r->signals, .events = POLLIN};
	for (size_t i = 0; i < r->channels_count; i++)
		watch(&r->channels[i], &p[2 + i]);
	p[n] = (struct pollfd){.fd = r->extra > 0 ? r->extra : -1, .events = POLLIN};
	if (poll(p, n + 1, next_timeout(l)) < 0 && errno != EINTR)
		return err_errno(err, "cannot wait for the container");
	if (p[n].revents & POLLIN)
		r->on_extra(r->extra_context);
	check_time(l);
	if (p[1].revents)
		take_signals(l, err);
	for (size_t i = 0; i < r->channels_count; i++)
		if (serve(&r->channels[i], &p[2 + i]) && !r->channels[i].to_terminal)
			l->silent_since = now_ms();
	for (size_t i = 0; i < r->channels_count; i++)
		if (r->channels[i].broken && r->master >= 0 && r->channels[i].from == r->master)
			hang_up(r);
	if (p[0].revents && !l->ended) {
		l->ended = true;
		l->silent_since = r->channels_count ? now_ms() : 0;
	}
	return 0;
}

int relay_run(struct relay *r, struct err *err)
{
	struct loop l = {
		.relay = r,
		.raw = r->master >= 0 && r->terminal && r->channels_count > 0 &&
		       r->terminal->fd == r->channels[0].from,
		.kill_at = -1,
		.expires = r->timeout_ms >= 0 ? now_ms() + r->timeout_ms : -1,
	};
	int result = 0;

	for (size_t i = 0; i < r->channels_count; i++)
		if (!r->channels[i].to_terminal)
			r->channels[i].writer = reopen_for_writing(r->channels[i].to);
	if (r->master >= 0)
		fcntl(r->master, F_SETFL, fcntl(r->master, F_GETFL) | O_NONBLOCK);
	if (l.raw)
		result = terminal_raw(r->terminal, err);
	if (r->terminal)
		terminal_copy_size(r->terminal, r->master);
	while (result >= 0 && !l.leave && (!l.ended || must_drain(&l)))
		result = loop_once(&l, err);
	if (r->terminal)
		terminal_restore(r->terminal);
	for (size_t i = 0; i < r->channels_count; i++)
		if (r->channels[i].writer >= 0 && r->channels[i].writer != r->channels[i].to)
			close(r->channels[i].writer);
	return result;
}
