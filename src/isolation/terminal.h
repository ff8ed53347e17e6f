// SPDX-License-Identifier: Apache-2.0
/*
 * Terminals: a pseudoterminal of the container's own (pty(7)) for the payload, and the user's
 * terminal made raw while kokon passes bytes between the two (relay.h).
 *
 * The pty comes from the container's devpts, found by descriptor: its number, owner and mount
 * are then the container's, and no path of the container is believed.
 */
#ifndef KOKON_TERMINAL_H
#define KOKON_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>
#include "err.h"

/* --- the host's half: the user's terminal --- */

struct terminal {
	int fd;   /* borrowed; -1: none */
	bool raw; /* changed, and to be restored */
	struct termios saved;
};

/* The user's terminal among two descriptors (standard input first): t->fd is -1 if neither is
 * one. Only standard input can be made raw. */
void terminal_find(struct terminal *t, int in, int out);
/* Raw mode: keys, ^C and ^Z among them, reach the container as bytes. Does nothing without a
 * terminal, or if it is raw already. A process in the background is stopped by this (SIGTTOU)
 * until it is in the foreground. Returns 0 or -errno. */
int terminal_raw(struct terminal *t, struct err *err);
/* Undo terminal_raw(); safe to call at any time, any number of times. */
void terminal_restore(struct terminal *t);
/* Rows and columns; 0 and 0 if there is no terminal or it does not say. */
void terminal_size(const struct terminal *t, uint16_t *ret_rows, uint16_t *ret_columns);
/* Give the size of the user's terminal to a pty's master. The kernel sends SIGWINCH inside. */
void terminal_copy_size(const struct terminal *t, int master);

/* --- the inside half --- */

/* Part of a plan. In the OCI config: process.terminal, process.consoleSize. */
struct terminal_plan {
	uint32_t wanted;
	uint16_t rows, columns; /* 0: as the kernel makes it */
};

/*
 * Allocate a pty. `devpts` is a descriptor (O_PATH will do) of a devpts mount's root; anything
 * else is refused. Both descriptors are the caller's. Returns 0 or -errno.
 */
int terminal_allocate(const struct terminal_plan *plan, int devpts, int *ret_master, int *ret_slave,
		      struct err *err);
/* Put the slave on dev/console by a bind mount, where `dev` is a descriptor of the container's
 * /dev. What is there already is replaced unless it is a directory. Returns 0 or -errno. */
int terminal_console(int slave, int dev, struct err *err);
/* The slave's owner becomes `uid` (its group stays as devpts gives it). Returns 0 or -errno. */
int terminal_chown(int slave, uint32_t uid, struct err *err);
/* A new session with the slave as controlling terminal and as descriptors 0, 1 and 2. A slave
 * of -1 gives a new session without a terminal and leaves the descriptors. 0 or -errno. */
int terminal_adopt(int slave, struct err *err);

#endif
