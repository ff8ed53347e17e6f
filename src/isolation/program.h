// SPDX-License-Identifier: Apache-2.0
/*
 * The program that runs at the end: look-up in PATH, execve(2), and why it failed.
 */
#ifndef KOKON_PROGRAM_H
#define KOKON_PROGRAM_H

#include <stdint.h>
#include "err.h"

enum { MAX_ENVIRONMENT = 8192 };

struct program_plan {
	const char *file;        /* a path, or a name for PATH */
	const char *const *argv; /* ends with NULL */
	const char *const *envp; /* ends with NULL */
	const char *path;        /* directories to look in; NULL: /bin:/usr/bin as execvp(3) */
	uint32_t want_home;      /* HOME is to be added; then envp has at most MAX_ENVIRONMENT */
	uint32_t clean;          /* envp is not what the caller had */
	uint32_t shell_fallback; /* a text without "#!" is given to /bin/sh, as execvp(3) does */
};

/*
 * Inside half: replaces the process. Returns only on failure, with err->exit 127 (not found)
 * or 126 (cannot run), and the cause read from the file itself: a missing interpreter or "#!"
 * line, another architecture, a mode, a mount option.
 */
int program_exec(const struct program_plan *plan, struct err *err);
/* The same look-up without running it: is there something that may be executed? The message is
 * that of program_exec(). */
int program_find(const struct program_plan *plan, struct err *err);

#endif
