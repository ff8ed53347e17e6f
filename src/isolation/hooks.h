// SPDX-License-Identifier: Apache-2.0
/*
 * Hooks: programs that an OCI bundle asks to be run at points of a container's life
 * (runtime-spec, config.md "POSIX-platform Hooks").
 *
 * Each gets the container's state as JSON on standard input and is one process group, which is
 * killed when its time is over. What it prints is kept for the message when it fails, since
 * standard output and error here are the container's own.
 */
#ifndef KOKON_HOOKS_H
#define KOKON_HOOKS_H

#include <stdint.h>
#include <sys/types.h>
#include "err.h"

struct hook {
	const char *path;        /* absolute */
	const char *const *argv; /* ends with NULL */
	const char *const *envp; /* ends with NULL */
	int64_t timeout;         /* seconds; 0: none */
};

/* Part of a plan: the hooks of one kind, in order. */
struct hooks_plan {
	const char *kind; /* "prestart" …, for messages */
	uint32_t n;
	const struct hook *list;
	/* The state's JSON, but for the pid, which stands between the two. */
	const char *state_head, *state_tail;
};

/*
 * Run them one after the other until one fails; `pid` is the container's first process as the
 * hooks see it, `dir` a directory to start in, or -1. Also for the inside half: makes no use of
 * anything but system calls. Returns 0 or -errno.
 */
int hooks_run(const struct hooks_plan *plan, pid_t pid, int dir, struct err *err);

#endif
