// SPDX-License-Identifier: Apache-2.0
/*
 * The walk: one table of steps, two walkers.
 *
 * The host side and the container side walk the same table (steps.def), row by row. A row
 * belongs to one side; the other waits for it only where the next active row is its own, or
 * where the row hands descriptors over. So there are no hand-written synchronisation points,
 * and each outcome is one record: the row, an error or none, its duration.
 */
#ifndef KOKON_WALK_H
#define KOKON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "err.h"
#include "message.h"
#include "plan.h"
#include "result.h"

enum side { HOST, CONTAINER };

enum row {
#define STEP(id, ...) ROW_##id,
#include "steps.def"
#undef STEP
	ROWS,
};

/* What a walker has at hand. */
struct live;

struct run {
	const struct plan *plan;
	enum side side;
	int sock;                     /* to the other walker; -1: there is none */
	int handles[MESSAGE_FDS_MAX]; /* opened by the host side, in the plan's order */
	pid_t pid;                    /* host: the container side's process */
	int pidfd;                    /* host: the same; -1 unknown */
	int root;                     /* container: the mount of the new root; -1 */
	int gate;                     /* container: readable at the end of stage 1; -1 */
	int terminal;                 /* container: the slave; host: the master; -1 */
	int label;                    /* container: where the label is written; -1 */
	pid_t outside;                /* in place: the process that walks the host's rows */
	/* Takes over the descriptors that the other side's record hands over. */
	void (*take)(struct run *run, int row, int32_t pid, int *fds);
	void (*trace)(const struct run *run, int row, uint64_t nanoseconds); /* NULL: no trace */
	struct err *err;
	struct live *live;     /* host: what has come to be of a container */
	struct result *result; /* where the container side is; NULL: it does not say */
	bool peer_ended;       /* the other side ended without a record */
	int failed_row;        /* where a walk ended */
	int last_row;          /* host: go no further than this row; 0: to the end */
};

/* The part of the table that both programs share. */
struct step {
	const char *name;
	enum side side;
	bool (*when)(const struct plan *);    /* is the row active? */
	size_t (*gives)(const struct plan *); /* descriptors that its record hands over */
	const char *why;
};
extern const struct step steps[ROWS];

/* What a side does at each of its rows; NULL at the other side's.
 * Returns 0, WALK_REPORTED when it sent the row's record itself, or -errno. */
typedef int (*step_function)(struct run *);
enum { WALK_REPORTED = 1 };

/* One outcome. `start` reads it from an init that an earlier kokon may have left waiting, so it
 * never changes its layout; a newer one needs another START_PROTOCOL. */
enum { START_PROTOCOL = 1 };
struct record {
	int32_t row;
	int32_t pid;       /* ROW_fork: the process that goes on */
	uint64_t duration; /* nanoseconds; 0 unless traced */
	struct err err;
};

/* What `start` sends to the init that waits for it, with a result page. The init uses the page only
 * if its rows are numbered alike. */
struct start_hello {
	uint32_t protocol; /* START_PROTOCOL */
	uint32_t rows;     /* ROWS */
	uint64_t build;    /* PLAN_BUILD */
};

/* The first message from the host side, with the arena and the handles as descriptors. */
struct hello {
	uint64_t build;
	int32_t outside; /* pid of the process that walks the host's rows; 0: none */
	uint32_t n_handles;
};

/* Walk all rows. 0, or -errno with run->err filled by whichever side failed. */
int walk(struct run *run, const step_function *functions);
/* Host: the socket has ended before the last row. -errno with run->err filled. */
int walk_ended(struct run *run);
/* Host: the socket has ended after the last row was due. 0: it is done, as far as one can tell
 * here; or -errno with run->err filled. */
int walk_last_row(struct run *run);
/* Receive a record, as message_receive(). Whatever the other side has put there (it may be of
 * another build, or taken over by who may trace it), the texts end and the row is one of ours. */
int walk_receive(int sock, struct record *ret, int *fds, size_t n);
/* Send a record for `row`, with n descriptors. */
int walk_report(struct run *run, int row, int32_t pid, const int *fds, size_t n);

#endif
