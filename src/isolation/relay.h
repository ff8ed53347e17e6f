// SPDX-License-Identifier: Apache-2.0
/*
 * The relay: bytes between the user's descriptors and the container's, signals to the container,
 * and the end of the container, in one poll(2) loop.
 *
 * Signals are blocked and read from a signalfd(2), so the loop is the only place where anything
 * happens: the terminal is restored on the one way out, whatever signal asked for it. (Only
 * SIGKILL leaves it raw.) Each direction holds at most RELAY_BUFFER bytes; when its reader is
 * slow, its writer is no longer read and blocks.
 */
#ifndef KOKON_RELAY_H
#define KOKON_RELAY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "err.h"
#include "terminal.h"

enum { RELAY_BUFFER = 16384, RELAY_CHANNELS = 3 };

/* One direction. Fill in `from` and `to`; the rest is the loop's. */
struct relay_channel {
	int from;         /* -1: ended */
	int to;           /* -1: nobody listens */
	bool to_terminal; /* `to` is a pty's master: the end of input is a ^D (VEOF) */
	bool close_to;    /* close `to` at the end of input, for pipes into the container */
	bool own_from;    /* close `from` once nobody listens, so that its writer notices */
	bool ended;       /* no more input */
	bool broken;      /* writing failed */
	size_t start, len;
	int writer; /* `to` opened again without blocking, or `to` itself */
	char buffer[RELAY_BUFFER];
};

struct relay {
	int pidfd;                 /* whose end is awaited, and who gets the signals */
	int signals;               /* from relay_signals() */
	int master;                /* the container's terminal; -1: none. Closed, and then -1, when
				      the user's side of its output is gone */
	struct terminal *terminal; /* the user's; may be NULL */
	int64_t timeout_ms;        /* kill after this time; -1: never */
	int64_t hangup_ms;         /* kill when SIGHUP came and this time has passed; -1: never */
	int extra;                 /* another descriptor to watch; <= 0: none */
	void (*on_extra)(void *context); /* called when it is readable */
	void *extra_context;
	pid_t pid1; /* the process, when it is PID 1 of its namespace, which ignores signals that
		     * it has no handler for (pid_namespaces(7)): those that ask for the end
		     * kill it then; 0: no such care */
	bool timed_out; /* result: killed because of timeout_ms */
	int killed_by;  /* result: the signal that killed PID 1 so; 0: none */
	size_t channels_count;
	struct relay_channel channels[RELAY_CHANNELS]; /* last: most of it is never touched */
};

/*
 * Block the signals that are passed on, and make the descriptor that reads them. To be called
 * before the container is started; the payload must get *ret_old as its mask again (kokon-init
 * is told it in the plan). The descriptor is the caller's. Returns 0 or -errno.
 *
 * All signals but SIGKILL, SIGSTOP, those of faults, and SIGTTIN and SIGTTOU are blocked.
 */
int relay_signals(sigset_t *ret_old, int *ret_fd, struct err *err);

/* Add a direction. */
void relay_add(struct relay *r, int from, int to);
/* The three directions of `-t`: `in` to the master, and the master to `out`. */
void relay_add_terminal(struct relay *r, int in, int out, int master);

/*
 * Run until the process of pidfd has ended and what it wrote is passed on. Raw mode begins and
 * ends here when there is a master and r->terminal is standard input's. SIGTSTP stops this
 * process with the terminal restored; SIGWINCH sets the container's size; SIGHUP, SIGTERM and
 * all others go to the container. After the process's end they end the passing on.
 * The caller collects the status. Returns 0 or -errno.
 */
int relay_run(struct relay *r, struct err *err);

#endif
