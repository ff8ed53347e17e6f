// SPDX-License-Identifier: Apache-2.0
/*
 * The payload's environment (environ(7)), put together from options, files and the caller's own.
 */
#ifndef KOKON_ENVIRONMENT_H
#define KOKON_ENVIRONMENT_H

#include <stddef.h>
#include "arena.h"
#include "err.h"

enum { ENVIRONMENT_FILE_MAX = 1 << 20 /* bytes */ };

struct environment {
	struct arena *arena; /* where names and values are kept */
	size_t count, room;
	char **v; /* "NAME=VALUE"; ends with NULL; each name once, in order of first use */
};

void environment_init(struct environment *e, struct arena *a);
/* A later value replaces an earlier one in its place. */
void environment_set(struct environment *e, const char *name, const char *value);
void environment_unset(struct environment *e, const char *name);
/* The value, or NULL. */
const char *environment_get(const struct environment *e, const char *name);

/*
 * One `-e` of podman-run(1): NAME=VALUE; NAME for the caller's own value, nothing if there is
 * none; NAME* for each of the caller's variables that begin so. `own` ends with NULL.
 * Returns 0, or -EINVAL for a name that is empty or holds blanks.
 */
int environment_option(struct environment *e, const char *text, char *const *own, struct err *err);
/* The lines of a file (--env-file), each as above. Blanks in front, lines that begin with '#' and
 * empty lines are passed over; quotes stay as they are; a carriage return at the end does not.
 * `name` is for messages. Returns 0 or -EINVAL. */
int environment_lines(struct environment *e, const char *text, const char *name, char *const *own,
		      struct err *err);
/* Read such a file, of at most ENVIRONMENT_FILE_MAX bytes. Returns 0 or -errno. */
int environment_file(struct environment *e, const char *path, char *const *own, struct err *err);

#endif
