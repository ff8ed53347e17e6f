// SPDX-License-Identifier: Apache-2.0
/*
 * The result page: where the container side is, in memory that both sides map.
 *
 * A record on the socket takes a system call, and the last rows may not be able to make one:
 * the seccomp filter is loaded, the process is killed. So the container side notes each row that
 * it begins on this page, and its struct err lives there, too. When the socket ends, the host
 * side reads the page: it knows what failed, or at which row the process was killed. After the
 * last row's execve(2) nobody can write it any more.
 *
 * It is the page behind the plan's arena, the only one that the init maps writable. Who takes
 * the host's side over from another process (start after create) brings a page of its own.
 */
#ifndef KOKON_RESULT_H
#define KOKON_RESULT_H

#include <stdbool.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"

struct result {
	int32_t row;    /* begun last by the container side */
	int32_t failed; /* that row has failed: `err` says how */
	uint32_t host;  /* enum result_bit (futex(2)) */
	int32_t early;  /* small init: how the program's process ended before its execve(2); 0 */
	struct err err;
};

/* What is done: the rows of the host side that the container side does not wait for where they
 * stand, but later. */
enum result_bit {
	RESULT_GUARDED = 1 << 0,  /* the guardian is there */
	RESULT_RECORDED = 1 << 1, /* the first process is on record */
	RESULT_BEGUN = 1 << 2,    /* the first process has run at all */
};

#define RESULT ((struct result *)(ARENA_ADDRESS + ARENA_SIZE))

/* Init: make the arena's own result page writable. 0 or -errno. */
int result_open(void);
/* Init: from now on another page, of the memfd `fd`, which stays the caller's. 0 or -errno. */
int result_replace(int fd);
/* Init: wait until these are done. They nearly always are, and then this is no system call. */
void result_await(uint32_t bits);
/* This is done. */
void result_tell(struct result *page, enum result_bit bit);
/* Host: a page for result_replace(), mapped at *ret. A descriptor or -errno. */
int result_new(struct result **ret);

#endif
