// SPDX-License-Identifier: Apache-2.0
/*
 * Exec: another process in a running container.
 */
#ifndef KOKON_ENGINE_EXEC_H
#define KOKON_ENGINE_EXEC_H

#include "plan-exec.h"

/* What still has to be looked up: words as given, lists end with NULL. */
struct exec_words {
	const char *name; /* of the container */
	const char *const *env;
	const char *const *env_files;
};

/*
 * Complete the request from the container's record, plan, and explain or run. Explanations go to
 * standard output, notes to standard error. Returns the exit status, or -errno with the cause.
 */
int engine_exec(struct exec_request *request, const struct exec_words *words, struct err *err);

#endif
