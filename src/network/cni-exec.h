// SPDX-License-Identifier: Apache-2.0
/*
 * Running one plugin of CNI (specification 1.1, section 2): variables of the environment say what
 * to do, the configuration is its standard input, its answer comes by standard output.
 */
#ifndef KOKON_CNI_EXEC_H
#define KOKON_CNI_EXEC_H

#include <stdint.h>
#include "arena.h"
#include "err.h"

struct cni_call {
	const char *command; /* "ADD", "DEL", "CHECK", "STATUS", "GC" */
	const char *container, *netns, *interface, *args; /* NULL: of the network, STATUS and GC */
	const char *path;
	const char *program; /* its file */
	const char *config;  /* what it reads */
	uint32_t timeout;    /* seconds; then it and its children are killed */
	int lock;            /* a descriptor that it keeps open while it runs; -1: none */
};

struct cni_answer {
	int status;                /* as from waitpid(2) */
	const char *output, *said; /* standard output and error, in the arena */
};

/* 0 when it ended by itself, whatever its status; -ETIMEDOUT, or another -errno with the message.
 */
int cni_exec(struct arena *a, const struct cni_call *call, struct cni_answer *ret, struct err *err);

/* The file of a plugin in one of the folders of `path`; NULL: in none. */
const char *cni_program(struct arena *a, const char *path, const char *type);

#endif
