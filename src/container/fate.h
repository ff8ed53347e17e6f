// SPDX-License-Identifier: Apache-2.0
/*
 * Fate: what became of a container's first process that ended without a word.
 *
 * Two moments look like others from outside. The socket ends both when the program runs and when
 * the process is killed right before; and a process that execve(2) kills, because it is too late
 * to return an error, looks like a program that was killed.
 */
#ifndef KOKON_FATE_H
#define KOKON_FATE_H

#include "walk.h"

/* The first process ended before the last row, with `status`: name the row and the signal. */
int fate_of_start(struct run *run, int status);
/*
 * The first process has ended and is not reaped yet: did its program ever run? 0: yes, or nobody
 * can tell; else -errno with run->err filled and exit status 126.
 */
int fate_of_program(struct run *run);
/* The container could not start, or its program never ran, and its memory limit has killed. */
int fate_out_of_memory(struct run *run);

/* After the last row: has the kernel also loaded the program? An execve(2) that fails after its
 * point of no return has closed what tells us that it succeeded, and ends in SIGSEGV; the memory
 * limit may end it there as well. 0: it runs (or ran); else the error. */
int fate_of_loading(const struct run *run, const char *name);

#endif
